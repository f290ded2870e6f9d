"""Reads of the price list. Everybody who is signed in may read it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from voronka.products.models import Product


def products(text: str = "", *, archived: bool = False) -> QuerySet[Product]:
    """Products by group and article; those whose article, name or group holds every word.

    Args:
        archived: those put away instead of those on offer.
    """
    rows = Product.objects.filter(archived=archived)
    for word in text.split()[:8]:
        rows = rows.filter(
            Q(code__icontains=word)
            | Q(name__ru__icontains=word)
            | Q(name__en__icontains=word)
            | Q(group__icontains=word)
        )
    return rows


@dataclass(frozen=True, slots=True)
class PricePage:
    """A page of the price list, and where the next one begins ("" at the end)."""

    rows: list[Product]
    after: str


def price_page(
    text: str = "", *, group: str = "", archived: bool = False, after: str = "", limit: int = 50
) -> PricePage:
    """Return a page of the price list by group and article. One SQL query, or two.

    Args:
        group: only this one; "" for all.
        after: the cursor of the last row seen; anything unknown begins at the top.
    """
    rows = products(text, archived=archived)
    if group:
        rows = rows.filter(group=group)
    last = Product.objects.filter(pk=int(after)).first() if _is_id(after) else None
    if last is not None:
        rows = rows.filter(Q(group__gt=last.group) | Q(group=last.group, code__gt=last.code))
    found = list(rows.order_by("group", "code")[: limit + 1])
    more = len(found) > limit
    return PricePage(found[:limit], str(found[limit - 1].pk) if more else "")


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def groups() -> list[str]:
    """Names of the groups in use, for suggestions."""
    rows = Product.objects.exclude(group="").order_by("group")
    return list(rows.values_list("group", flat=True).distinct())
