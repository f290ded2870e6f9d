"""What lies in the recycle bin, the latest first (AC-7)."""

from __future__ import annotations

from dataclasses import dataclass

from voronka.items.models import Item, MassDeletion, allowed
from voronka.kernel.places import behind, place_of, read_place
from voronka.people.models import User

PAGE = 50


@dataclass(frozen=True, slots=True)
class BinPage:
    """Cards of the bin; `after` leads to the next page and is empty on the last."""

    items: list[Item]
    after: str


def binned(user: User, *, text: str = "", after: str = "", limit: int = PAGE) -> BinPage:
    """Return deleted cards, of those that `user` could see before. Two or three SQL queries.

    Args:
        text: a part of the title.
    """
    found = Item.objects.filter(allowed(user), deleted_at__isnull=False)
    found = found.select_related("pipeline__item_type", "stage", "owner")
    if text:
        found = found.filter(title__icontains=text)
    if place := read_place(after):
        found = found.filter(behind("deleted_at", *place))
    items = list(found.order_by("-deleted_at", "-pk")[: limit + 1])
    more = len(items) > limit
    items = items[:limit]
    return BinPage(items, place_of(items[-1].deleted_at, items[-1].pk) if more else "")


def waiting_deletions() -> list[MassDeletion]:
    """Return the requests to delete many cards that nobody has decided yet. One query."""
    return list(MassDeletion.objects.filter(decided_at=None))
