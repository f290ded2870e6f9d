"""Deleted clients, the latest first (AC-7)."""

from __future__ import annotations

from dataclasses import dataclass

from voronka.clients.models import Client
from voronka.kernel.places import behind, place_of, read_place
from voronka.people.access import CLIENTS
from voronka.people.models import User

PAGE = 50


@dataclass(frozen=True, slots=True)
class BinPage:
    """Clients of the bin; `after` leads to the next page and is empty on the last."""

    clients: list[Client]
    after: str


def binned(user: User, *, text: str = "", after: str = "", limit: int = PAGE) -> BinPage:
    """Return deleted clients, of those that `user` could see before. One SQL query.

    Args:
        text: a part of the name.
    """
    found = Client.objects.filter(deleted_at__isnull=False, merged_into=None)
    owners = user.access.owners(user.access.scope("see", CLIENTS))
    if owners is not None:
        found = found.filter(owner_id__in=owners)
    if text:
        found = found.filter(name__icontains=text)
    if place := read_place(after):
        found = found.filter(behind("deleted_at", *place))
    clients = list(found.select_related("owner").order_by("-deleted_at", "-pk")[: limit + 1])
    more = len(clients) > limit
    clients = clients[:limit]
    return BinPage(clients, place_of(clients[-1].deleted_at, clients[-1].pk) if more else "")
