"""Clients alone: the list's text filter, and fields that search while one types."""

from __future__ import annotations

from django.db.models import Q

from voronka.clients.listing import OneOf
from voronka.clients.models import (
    NAME_FRAGMENTS,
    VALUE_FRAGMENTS,
    Client,
    ClientQuerySet,
    ContactPoint,
)
from voronka.kernel.fragments import FragmentQuery, Holds
from voronka.people.models import User
from voronka.search import rules
from voronka.search.queries import ClientHit, Typed, ranked_clients

_AT_MOST = 5000  # clients that a list's text picks; a fragment that common asks for more letters


def clients_with(text: str, visible: ClientQuerySet) -> Q:
    """Return the condition of clients whose name, taxpayer number or contacts hold a text.

    The words are understood as in the search, with their endings off only when nobody holds them
    as typed. Of a very common fragment, some thousands count. Two SQL queries, or five.
    """
    typed = Typed(text.strip()[: rules.LONGEST])
    if not typed:
        return Q()
    ids = _holders(visible, typed.plain, typed.piece)
    if not ids and typed.wide is not None:
        ids = _holders(visible, typed.wide, None)
    return Q(OneOf("pk", ids))


def _holders(
    visible: ClientQuerySet, query: FragmentQuery, piece: FragmentQuery | None
) -> set[int]:
    named = visible.filter(Holds(NAME_FRAGMENTS, query)).order_by().values_list("pk", flat=True)
    points = ContactPoint.objects.filter(Holds(VALUE_FRAGMENTS, piece or query))
    reached = points.filter(client__in=visible).order_by().values_list("client_id", flat=True)
    return {*named[:_AT_MOST], *reached[:_AT_MOST]}


def find_clients(user: User, text: str, *, kind: str = "", limit: int = 20) -> list[ClientHit]:
    """Return clients by a piece of a name, number or contact, best first. Three SQL queries or six.

    Args:
        kind: "person" or "company"; both when empty.
    """
    typed = Typed(text.strip()[: rules.LONGEST])
    if not typed:
        return []
    visible = Client.objects.visible_to(user)
    if kind:
        visible = visible.filter(kind=kind)
    return ranked_clients(visible, typed, limit)
