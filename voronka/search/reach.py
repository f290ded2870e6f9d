"""What a search asks the database: ids and texts that one person may see.

For those who may see everything, which is most of a small company, the SQL is written once (ADR 8).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet

from voronka.clients.models import (
    NAME_FRAGMENTS,
    VALUE_FRAGMENTS,
    Client,
    ClientQuerySet,
    ContactPoint,
)
from voronka.items.models import Item, ItemQuerySet, allowed
from voronka.kernel import masking, phones
from voronka.kernel.fragments import FragmentQuery, Holds
from voronka.kernel.prepared_rows import PreparedRows
from voronka.people.models import User
from voronka.search.models import CardText

NEWEST = 1000  # open cards that are looked through before the index of all cards is asked
AT_MOST = 5000  # cards with the fragment that are looked at
CLIENTS = 200
_FEW = 16  # cards of found clients: as many as a short list asks for

_Rows = QuerySet[Any, Any]


@dataclass(frozen=True, slots=True)
class SearchReach:
    """The clients and cards a search may find. None: all that are not deleted."""

    clients: ClientQuerySet | None = None
    cards: ItemQuerySet | None = None

    @classmethod
    def of(cls, user: User) -> SearchReach:
        """Return what the person may see."""
        if user.access.everything and user.access.active:
            return cls()
        return cls(Client.objects.visible_to(user), Item.objects.alive().filter(allowed(user)))

    def named(self, query: FragmentQuery) -> Iterable[tuple[Any, ...]]:
        """Return clients whose name or taxpayer number holds the query. One SQL query."""
        if self.clients is None:
            return _NAMED.all(query.tsquery)
        return _named(self.clients, query)

    def reached(self, query: FragmentQuery) -> Iterable[tuple[Any, ...]]:
        """Return contact points that hold the query, with their clients' ids. One SQL query."""
        if self.clients is None:
            return _REACHED.all(query.tsquery)
        return _reached(self.clients, query)

    def whole(self, text: str) -> Iterable[tuple[Any, ...]]:
        """Return contact points that are what was typed, as `reached` does. One SQL query."""
        clients = Client.objects.alive() if self.clients is None else self.clients
        return _points(clients, ContactPoint.objects.filter(whole(text)))

    def linked(self, clients: list[int], number: int | None, most: int) -> list[int]:
        """Return ids of cards of some clients, or of this number: open and new ones first.

        One SQL query, none when there is nothing to look for.
        """
        if not clients and number is None:
            return []
        if self.cards is None and most <= _FEW:
            return [pk for (pk,) in _LINKED.all(clients, -1 if number is None else number)][:most]
        asked = Q(contact_id__in=clients) | Q(company_id__in=clients)
        if number is not None:
            asked |= Q(pk=number)
        cards = Item.objects.alive() if self.cards is None else self.cards
        return [pk for (pk,) in _linked(cards, asked)[:most]]

    def newest_open(self, query: FragmentQuery) -> list[int]:
        """Return ids of the newest open cards whose title or key holds the query, newest first.

        A common fragment is met among them at once. One SQL query.
        """
        if self.cards is None:
            found = _NEWEST_OPEN.all(query.tsquery)
        else:
            found = list(_newest_open(self.cards, query))
        return sorted((pk for (pk,) in found), reverse=True)

    def titled(self, query: FragmentQuery, *, limit: int, at_once: int) -> list[int]:
        """Return ids of cards whose title or key holds the query, the newest first.

        One to three SQL queries. Of a fragment that thousands of cards hold, some thousands are
        looked at; `at_once` of them, the newest, are asked first whether they may be seen.
        """
        some = sorted((pk for (pk,) in _TITLED.all(query.tsquery)), reverse=True)
        if not some:
            return []
        found = self._seen(some[:at_once])
        if len(found) <= limit and len(some) > at_once and self.cards is not None:
            rest = _titled(query).filter(item__in=self.cards.values("pk"))
            found = sorted({*found, *(pk for (pk,) in rest)}, reverse=True)
        return found

    def _seen(self, ids: list[int]) -> list[int]:
        if self.cards is None:
            rows = _ALIVE.all(ids)
        else:
            rows = list(self.cards.filter(pk__in=ids).order_by().values_list("pk"))
        return sorted((pk for (pk,) in rows), reverse=True)


def _named(clients: ClientQuerySet, query: FragmentQuery | str) -> _Rows:
    columns = ("pk", "name", "inn", "last_name", "first_name", "patronymic")
    return clients.filter(Holds(NAME_FRAGMENTS, query)).values_list(*columns)[:CLIENTS]


def whole(text: str) -> Q:
    """Return the condition of contact points that are just what was typed: a phone, an address."""
    phone = phones.parse(text, country=settings.COUNTRY)
    typed = text.strip().lower()
    return Q(value__in={typed, typed.lstrip("@"), phone.e164 if phone else typed})


def holding(text: str, query: FragmentQuery) -> Q:
    """Return the condition of contact points by which this reader may find their clients."""
    return whole(text) if masking.hidden() else Q(Holds(VALUE_FRAGMENTS, query))


def _reached(clients: ClientQuerySet, query: FragmentQuery | str) -> _Rows:
    return _points(clients, ContactPoint.objects.filter(Holds(VALUE_FRAGMENTS, query)))


def _points(clients: ClientQuerySet, points: QuerySet[ContactPoint]) -> _Rows:
    points = points.filter(client__in=clients)
    # without an order: else all of them would be sorted
    return points.order_by().values_list("client_id", "kind", "value")[:CLIENTS]


def _linked(cards: ItemQuerySet, asked: Q) -> _Rows:
    order = (F("closed_at").desc(nulls_first=True), "-pk")
    return cards.filter(asked).order_by(*order).values_list("pk")


def _newest_open(cards: ItemQuerySet, query: FragmentQuery | str) -> _Rows:
    newest = cards.filter(closed_at=None).order_by("-pk").values("pk")[:NEWEST]
    # no order and no limit here: they would tempt the planner to walk through all texts
    return _titled(query).filter(item__in=newest)


def _titled(query: FragmentQuery | str) -> _Rows:
    return CardText.objects.filter(Holds(F("vector"), query)).values_list("pk")


_NAMED = PreparedRows(lambda query: _named(Client.objects.alive(), query), str)
_REACHED = PreparedRows(lambda query: _reached(Client.objects.alive(), query), str)
_LINKED = PreparedRows(
    lambda clients, number: _linked(
        Item.objects.alive(),
        Q(contact_id__among=clients) | Q(company_id__among=clients) | Q(pk=number),
    )[:_FEW],
    list,
    int,
)
_NEWEST_OPEN = PreparedRows(lambda query: _newest_open(Item.objects.alive(), query), str)
_TITLED = PreparedRows(lambda query: _titled(query)[:AT_MOST], str)
_ALIVE = PreparedRows(
    lambda ids: Item.objects.alive().filter(pk__among=ids).order_by().values_list("pk"), list
)
