"""What a person has had in hands lately: what the palette offers before anything is typed."""

from __future__ import annotations

from voronka.items.models import Item
from voronka.journal.models import Event
from voronka.people.models import User

_LOOKED_THROUGH = 200  # newest events of the person


def recent_cards(user: User, *, limit: int = 6) -> list[Item]:
    """Return the cards that `user` read or changed last, the latest first.

    Only those that may still be seen. Two SQL queries, and those of the rights.
    """
    events = Event.objects.filter(actor_user_id=user.pk).order_by("-pk")
    newest = events.values_list("subject_type", "subject_id")[:_LOOKED_THROUGH]
    ids = list(dict.fromkeys(pk for kind, pk in newest if kind == Item.journal_type))
    cards = Item.objects.visible_to(user).select_related(
        "stage", "pipeline__item_type", "owner", "contact", "company"
    )
    found = cards.in_bulk(ids[: limit * 3])
    return [found[pk] for pk in ids if pk in found][:limit]
