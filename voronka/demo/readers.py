"""Who has opened which cards of the demo lately, so that “who read whom” has something to tell."""

from __future__ import annotations

from datetime import datetime, timedelta

from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.commands import note_reading
from voronka.people.models import User
from voronka.people.queries import head_of

OPENED = 5  # newest open cards of each seller
_PAUSE = timedelta(minutes=11)


def open_cards(*, now: datetime) -> None:
    """Let sellers open their newest cards and clients, and heads of sales the very newest."""
    opened: list[tuple[User, Item]] = []
    for seller in User.objects.filter(role__code="manager").order_by("pk"):
        cards = Item.objects.alive().open().filter(owner=seller).select_related("contact")
        newest = cards.order_by("-created_at", "-pk")[:OPENED]
        opened += [(seller, card) for card in newest]
        if newest and (head := head_of(seller.pk)) is not None:
            opened.append((head, newest[0]))
    at = now - _PAUSE * len(opened)
    for number, (reader, card) in enumerate(opened):  # the newest last, as it would have been
        moment = at + _PAUSE * number
        by = Actor.user(reader)
        note_reading(card, by=by, pipeline_id=card.pipeline_id, at=moment)
        if card.contact is not None and card.owner_id == reader.pk:
            note_reading(card.contact, by=by, at=moment)
