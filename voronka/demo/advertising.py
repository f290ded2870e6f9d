"""What the sources of the demo company cost, month by month (IN-16)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.utils import timezone

from voronka.demo.calendar import Days
from voronka.items.commands.sources import Cost, save_costs
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.people.models import User

_SEED = 811
_MARKETER = "marketing"
_AN_ENQUIRY = {"quiz": 620, "direct": 1150, "avito": 340, "vk": 480}  # rubles, on the average
_A_MONTH = {"site": 28_000, "phone": 9_500, "cold": 14_000}  # search, call tracking, the base
_A_FAIR = 64_000  # in a month with enquiries from one


def spend(days: Days, users: dict[str, int]) -> None:
    """Note what advertising has cost since the history begins, as the marketer would."""
    marketer = User.objects.select_related("role").get(pk=users[_MARKETER])
    save_costs(_costs(days), by=Actor.user(marketer))


def _costs(days: Days) -> Iterator[Cost]:
    dice = Random(_SEED)  # noqa: S311 - a story, not a secret
    today = timezone.localdate(days.now)
    rows = (
        Item.objects.exclude(source=None)
        .filter(parent_links=None, created_at__lte=days.now)
        .annotate(month=TruncMonth("created_at"))
        .values_list("month", "source__code")
        .annotate(count=Count("pk"))
        .order_by("month", "source__code")
    )
    for month, source, count in rows:
        first = timezone.localdate(month)
        last = min(today, _end(first))
        amount = _AN_ENQUIRY.get(source, 0) * count + _share(source, first, last)
        if amount:
            spent = Decimal(round(amount * dice.uniform(0.85, 1.2), -1))
            yield Cost(source, first, last, spent)


def _share(source: str, first: date, last: date) -> float:
    """Return what is paid by the month, or for a part of it."""
    whole = _A_FAIR if source == "expo" else _A_MONTH.get(source, 0)
    return whole * (last - first + timedelta(days=1)) / (_end(first) - first + timedelta(days=1))


def _end(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
