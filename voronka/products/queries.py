"""Reads of the price list. Everybody who is signed in may read it."""

from __future__ import annotations

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


def groups() -> list[str]:
    """Names of the groups in use, for suggestions."""
    rows = Product.objects.exclude(group="").order_by("group")
    return list(rows.values_list("group", flat=True).distinct())
