"""Clients alone: the list's text filter, and fields that search while one types."""

from __future__ import annotations

from django.db.models import Q

from voronka.clients.listing import OneOf
from voronka.clients.models import (
    NAME_FRAGMENTS,
    Client,
    ClientQuerySet,
    ContactPoint,
)
from voronka.kernel.fragments import Holds
from voronka.people.models import User
from voronka.search import rules
from voronka.search.queries import ClientHit, Typed, ranked_clients
from voronka.search.reach import SearchReach, holding

_AT_MOST = 5000  # clients that a list's text picks; a fragment that common asks for more letters


def clients_with(text: str, visible: ClientQuerySet) -> Q:
    """Return the condition of clients whose name, taxpayer number or contacts hold a text.

    The words are understood as in the search, with their endings off only when nobody holds them
    as typed. Of a very common fragment, some thousands count. Two SQL queries, or four.
    """
    typed = Typed(text.strip()[: rules.LONGEST])
    if not typed:
        return Q()
    named = visible.filter(Holds(NAME_FRAGMENTS, typed.plain)).order_by()
    points = ContactPoint.objects.filter(holding(typed.text, typed.piece or typed.plain))
    reached = points.filter(client__in=visible).order_by().values_list("client_id", flat=True)
    ids = {*named.values_list("pk", flat=True)[:_AT_MOST], *reached[:_AT_MOST]}
    if not ids and typed.wide is not None:
        rows = visible.filter(Holds(NAME_FRAGMENTS, typed.wide)).order_by()
        alike = rows.values_list("pk", "name", "patronymic")[:_AT_MOST]
        ids = {pk for pk, *names in alike if rules.begins(" ".join(names), typed.wide)}
    return Q(OneOf("pk", ids))


def find_clients(user: User, text: str, *, kind: str = "", limit: int = 20) -> list[ClientHit]:
    """Return clients by a piece of a name, number or contact, best first. Three to five queries.

    Args:
        kind: "person" or "company"; both when empty.
    """
    typed = Typed(text.strip()[: rules.LONGEST])
    if not typed:
        return []
    visible = Client.objects.visible_to(user)
    if kind:
        visible = visible.filter(kind=kind)
    return ranked_clients(SearchReach(clients=visible), typed, limit)
