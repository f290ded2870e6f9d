"""From an understood event to its card: who it is, where it belongs, one transaction (I2, I5).

Source: docs/domain/intake.md.
"""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from voronka.channels.commands.destinations import (
    Destination,
    choose_destination,
    choose_owner,
)
from voronka.channels.commands.placing import Intake, Plan, finish
from voronka.channels.commands.recognising import (
    known_client,
    lock_identities,
)
from voronka.channels.commands.signalling import card_meant, tell_card
from voronka.channels.contract import Incoming, Kind
from voronka.channels.models import Channel, Enquiry
from voronka.channels.tidying import StoredFiles
from voronka.clients.commands import count_stopped
from voronka.clients.queries import find_exclusion
from voronka.routing.queries import routing_rules
from voronka.timeline.commands.sending import note_delivery

_NO_CARD = (Kind.NOTHING, Kind.STATUS, Kind.SPAM, Kind.BOUNCE)


def make_plan(enquiry: Enquiry, incoming: Incoming) -> Plan:
    """Choose the destination, and take a turn for the card that will probably be made.

    A turn holds the row of its group, and thereby everybody who wants one: it is taken in a
    transaction of its own. It is lost when the card turns out not to be needed; that is rare.

    Raises:
        NoDestination: there is no funnel.
    """
    if incoming.kind not in (Kind.MESSAGE, Kind.SPAM):
        return Plan()
    rules = routing_rules()
    asks = bool(rules) or enquiry.channel.distribution_id is not None
    client = known_client(incoming) if asks and not enquiry.test else None
    destination = choose_destination(
        enquiry.channel, incoming, client, rules, at=incoming.at or enquiry.happened_at
    )
    if not _takes_turns(destination):
        return Plan(destination)
    in_thread = bool(incoming.thread_key or incoming.reply_to)
    if client is not None or in_thread or enquiry.test or incoming.kind == Kind.SPAM:
        return Plan(destination)
    return Plan(destination, choose_owner(destination, None))


def _takes_turns(destination: Destination) -> bool:
    way = destination.route
    group = way.distribution is not None or destination.channel.distribution_id is not None
    return group and way.owner is None


def settle(
    enquiry: Enquiry,
    channel: Channel,
    incoming: Incoming,
    files: StoredFiles,
    plan: Plan,
    *,
    stranger: bool = False,
) -> None:
    """Do with a locked event what it asks for, and write its state; in the caller's transaction.

    Args:
        stranger: the identities are locked, and neither a client nor an exclusion has one.
    """
    at = incoming.at or enquiry.happened_at
    enquiry.kind, enquiry.error, enquiry.next_try_at = incoming.kind, "", None
    enquiry.happened_at = min(at, enquiry.received_at)
    for news in incoming.news:
        moment = news.at or enquiry.received_at
        note_delivery(channel.pk, news.external_id, news.state, at=moment, error=news.error)
    pardoned = "pardoned" in enquiry.decision
    if incoming.kind in _NO_CARD and not (pardoned and incoming.kind == Kind.SPAM):
        finish(enquiry, Enquiry.State.IGNORED, {"what": "nothing", "why": incoming.why})
        return
    if incoming.kind == Kind.SIGNAL:
        card = card_meant(incoming)
        if card is not None and not enquiry.test:
            tell_card(card, enquiry, channel, incoming, files)
            enquiry.item = card
            finish(enquiry, Enquiry.State.CARDED, {"what": "told", "why": "told"})
            return
        if incoming.key is None or incoming.key.missing != "card":
            finish(enquiry, Enquiry.State.IGNORED, {"what": "nothing", "why": _("No such card.")})
            return
        incoming = replace(incoming, kind=Kind.MESSAGE)
    if not stranger:
        lock_identities(list(incoming.identities))
    if not stranger and not pardoned and incoming.kind == Kind.MESSAGE:
        exclusion = find_exclusion(incoming.identities, at=enquiry.received_at)
        if exclusion is not None:
            count_stopped(exclusion.pk, at=enquiry.received_at)
            enquiry.exclusion = exclusion
            finish(enquiry, Enquiry.State.EXCLUDED, {"what": "stopped", "why": exclusion.reason})
            return
    intake = Intake(enquiry, channel, incoming, files, plan, stranger)
    if incoming.kind in (Kind.AUTO_REPLY, Kind.OWN):
        intake.append_to_thread()
    else:
        intake.card()
