"""Is every door open: the self-test of a channel, and how long it is usually silent (IN-19).

Source: docs/domain/intake.md, "every door is tried".
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.channels import rules
from voronka.channels.commands.ledger import receive
from voronka.channels.commands.setup import note_problem
from voronka.channels.contract import BadEvent, RawEvent
from voronka.channels.facts import facts_of
from voronka.channels.models import Channel, Enquiry
from voronka.channels.registry import provider_of
from voronka.clients.commands import delete_client
from voronka.items.commands import delete_item
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import InvalidInput, NotFound, Sentence
from voronka.people import access
from voronka.people.models import User
from voronka.people.schedules import company_schedule

_LOOK_BACK = timedelta(days=30)
_GAPS = 40  # the longest ones by the calendar, of which one is the longest in working time

_LONGEST_GAPS = """
SELECT before, after FROM (
    SELECT lag(received_at) OVER (ORDER BY received_at) AS before, received_at AS after
    FROM channels_enquiry WHERE channel_id = %s AND received_at >= %s AND NOT test
) AS gaps
WHERE before IS NOT NULL ORDER BY after - before DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a self-test: how long from the event to the card, whose it was, or why not."""

    ok: bool
    took: timedelta | None = None
    owner: User | None = None
    problem: Sentence = ""
    enquiry_id: int | None = None


def try_channel(channel_id: int, *, by: Actor) -> Trial:
    """Try a channel's connection, then its whole intake with a marked enquiry.

    Records `channel.tested`.

    The card and client it makes go to the recycle bin at once, and count nowhere.

    Raises:
        NotFound: no such channel.
        Forbidden: neither the right "setup" nor "control".
        InvalidInput: this kind of channel has no test event.
    """
    if (rights := access.of_actor(by)) is not None and not rights.has("control"):
        access.require_right(by, "setup")
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise NotFound(_("There is no such channel."))
    provider = provider_of(channel.provider)
    try:
        facts = facts_of(channel)
        if problem := provider.check(facts):
            note_problem(channel.pk, str(problem))
            return Trial(False, problem=problem)
        event = provider.sample(facts, mark=secrets.token_hex(6))
    except BadEvent as error:
        return Trial(False, problem=str(error))
    if event is None:
        raise InvalidInput(_("This channel can only be tried from outside: write to it."))
    started = timezone.now()
    enquiry = receive(
        channel,
        RawEvent(
            event.external_id, event.body, event.content_type, event.headers, started, test=True
        ),
    )
    took = timezone.now() - started
    item = Item.objects.select_related("owner").filter(pk=enquiry.item_id or 0).first()
    ok = enquiry.state == Enquiry.State.CARDED and item is not None
    with transaction.atomic():
        if ok:
            Channel.objects.filter(pk=channel.pk).update(tested_at=started, test_took=took)
        seconds = round(took.total_seconds(), 3)
        record("channel.tested", channel, by=by, name=channel.name, ok=ok, seconds=seconds)
        if item is not None:
            delete_item(item.pk, by=Actor.system())
            if item.contact_id is not None:
                delete_client(item.contact_id, by=Actor.system())
    owner = item.owner if item is not None else None
    problem = "" if ok else enquiry.error or _("No card was made.")
    return Trial(ok, took if ok else None, owner, problem, enquiry.pk)


def learn_pauses(*, at: datetime | None = None) -> int:
    """Learn each channel's usual pause from its last 30 days; return how many were learned."""
    now = at or timezone.now()
    schedule = company_schedule()
    learned = 0
    for channel in Channel.objects.active():
        with connection.cursor() as cursor:
            cursor.execute(_LONGEST_GAPS, [channel.pk, now - _LOOK_BACK, _GAPS])
            gaps = [schedule.between(before, after) for before, after in cursor.fetchall()]
        pause = rules.learned_pause(max(gaps)) if gaps else None
        Channel.objects.filter(pk=channel.pk).update(learned_pause=pause)
        learned += pause is not None
    return learned
