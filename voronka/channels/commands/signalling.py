"""Another system tells something of a card that is here: an order was paid (AP-3).

Source: docs/webhooks-in.md.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from voronka.channels.commands.drafting import keep_files, values_for
from voronka.channels.contract import Incoming
from voronka.channels.errors import NoCard
from voronka.channels.models import Channel, Enquiry
from voronka.channels.queries import card_by_key
from voronka.channels.tidying import StoredFiles
from voronka.items.commands.card import note_event
from voronka.items.commands.editing import edit_item
from voronka.items.models import Item
from voronka.journal.actors import Actor

HEARD = "item.hook_received"


def card_meant(incoming: Incoming) -> Item | None:
    """Return the card that a signal is about; None when there is none and that may be.

    Raises:
        NoCard: there is none, and the event is to wait for it.
    """
    key = incoming.key
    card = card_by_key(key) if key is not None and key.value else None
    if card is None and key is not None and key.missing == "wait":
        raise NoCard(_("There is no card for “%(value)s” yet.") % {"value": key.value[:100]})
    return card


def tell_card(
    card: Item, enquiry: Enquiry, channel: Channel, incoming: Incoming, files: StoredFiles
) -> None:
    """Write the card's fields that came along and record `item.hook_received` for the robots.

    What a field does not take is told with the event, and stays in the ledger.

    Raises:
        DomainError: the card refuses a value that its stage needs otherwise.
    """
    by = Actor.system(channel.name)
    taken, strange = values_for(card.pipeline.item_type, incoming)
    changes: dict[str, Any] = dict(taken)
    if incoming.amount and card.pipeline.item_type.has_amount:
        changes["amount"] = incoming.amount
    if changes:
        edit_item(card.pk, changes, by=by)
    keep_files(files, item_id=card.pk)
    note_event(
        HEARD,
        card,
        by=by,
        enquiry=enquiry.pk,
        channel=channel.pk,
        name=channel.name,
        values={**incoming.told, **strange},
    )
