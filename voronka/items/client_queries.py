"""Reads of the cards of clients: what is open, what was bought, when somebody last worked on it.

A card counts for its contact and for its company alike. Everything is within the rights of the
person who asks. Source: docs/domain/clients.md, "what a client is worth" (R4).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Sum

from voronka.clients.models import Client
from voronka.items.models import Item, ItemQuerySet, allowed
from voronka.people.models import User
from voronka.pipelines.models import Stage

_OPEN = Q(closed_at=None)
_REVENUE = Q(pipeline__item_type__counts_in_revenue=True)  # S5: only deals are revenue
_WON = Q(stage__kind=Stage.Kind.WON) & _REVENUE


@dataclass(frozen=True, slots=True)
class ClientTotals:
    """The cards of one client in figures; amounts in the company currency."""

    open_cards: int = 0
    open_amount: Decimal = Decimal(0)  # of open deals
    won_cards: int = 0  # won deals
    won_amount: Decimal = Decimal(0)  # lifetime value: all that was ever bought
    first_won_at: datetime | None = None
    last_won_at: datetime | None = None
    last_touch_at: datetime | None = None  # last work of a person on one of the cards
    cards: int = 0

    @property
    def average(self) -> Decimal | None:
        """The average won deal; None before the first one."""
        return self.won_amount / self.won_cards if self.won_cards else None


NOTHING = ClientTotals()


def client_totals(client_ids: Collection[int], user: User) -> dict[int, ClientTotals]:
    """Return the figures of clients that have cards. Two SQL queries, and those of the rights."""
    if not client_ids:
        return {}
    cards = Item.objects.alive().filter(allowed(user))
    found: dict[int, ClientTotals] = {}
    for column in ("contact_id", "company_id"):  # a person is never a company: no id comes twice
        rows = cards.filter(**{f"{column}__in": client_ids}).values(column)
        for row in rows.annotate(**_figures()).order_by():
            pk = row.pop(column)
            found[pk] = ClientTotals(
                **{name: figure or _zero(name) for name, figure in row.items()}
            )
    return found


def _figures() -> dict[str, Any]:
    return {
        "open_cards": Count("pk", filter=_OPEN),
        "open_amount": Sum("amount", filter=_OPEN & _REVENUE),
        "won_cards": Count("pk", filter=_WON),
        "won_amount": Sum("amount", filter=_WON),
        "first_won_at": Min("closed_at", filter=_WON),
        "last_won_at": Max("closed_at", filter=_WON),
        "last_touch_at": Max("last_touch_at"),
        "cards": Count("pk"),
    }


def _zero(figure: str) -> Any:
    return getattr(NOTHING, figure)


def cards_of(client: Client, user: User) -> ItemQuerySet:
    """Return the cards of a client that `user` may see: open ones first, then the newest."""
    mine = Q(company_id=client.pk) if client.is_company else Q(contact_id=client.pk)
    cards = Item.objects.visible_to(user).filter(mine)
    return cards.order_by(F("closed_at").desc(nulls_first=True), "-created_at", "-pk")


def with_open_cards(user: User) -> Q:
    """Return the condition of clients who have an open card that `user` may see."""
    cards = Item.objects.open().filter(allowed(user))
    return Q(Exists(cards.filter(contact_id=OuterRef("pk")))) | Q(
        Exists(cards.filter(company_id=OuterRef("pk")))
    )
