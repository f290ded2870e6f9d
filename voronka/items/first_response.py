"""Reads of the five-minute clock: who waits now, which steps are due, how fast we answer.

Source: docs/domain/first_response.md (Q1, IN-14).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, F, FloatField, Q, Value
from django.db.models.functions import ExtractHour

from voronka.items import rules
from voronka.items.commands.answering import schedule
from voronka.items.models import Item, ResponseClock, allowed_by_scope
from voronka.people.models import User
from voronka.people.schedules import company_schedule

MOST_WAITING = 500  # cards that are looked at for due steps, the longest waiting first
BY = {
    "source": "source_id",
    "owner": "owner_id",
    "channel": "channel_id",
    "pipeline": "pipeline_id",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A card whose client waits for the first answer. Spans are working time; `left` may be < 0."""

    item: Item
    waited: timedelta
    left: timedelta

    @property
    def is_late(self) -> bool:
        """Whether the norm has passed."""
        return self.left < timedelta()


def waiting(user: User | None, *, at: datetime, limit: int = 50) -> list[Waiting]:
    """Return the cards that wait now, the most urgent first. Two or three SQL queries.

    Args:
        user: only cards they may see; everybody's when None (robots).
    """
    cards = Item.objects.alive() if user is None else Item.objects.visible_to(user)
    cards = cards.filter(clock_due_at__isnull=False).order_by("clock_due_at", "pk")
    found = cards.select_related("owner", "stage", "source", "pipeline__calendar")[:limit]
    return [row for item in found for row in _waiting(item, at)]


def _waiting(item: Item, at: datetime) -> Iterator[Waiting]:
    if item.clock_started_at is not None:
        waited = schedule(item).between(item.clock_started_at, at)
        yield Waiting(item, waited, rules.RESPONSE_NORM - waited)


def step_at(item: Item, minutes: int) -> datetime | None:
    """Return when a running clock reaches so many working minutes; None when none runs.

    Robots plan their steps (rules.RESPONSE_STEPS) by it, and look again before they act.
    """
    if item.clock_started_at is None:
        return None
    return schedule(item).add(item.clock_started_at, timedelta(minutes=minutes))


def due_clocks(minutes: int, *, at: datetime, limit: int = MOST_WAITING) -> list[Item]:
    """Return cards whose client has waited for so many working minutes, the longest first.

    Working time never runs faster than the calendar, so what began later is not looked at.
    """
    began = at - timedelta(minutes=minutes)
    cards = Item.objects.alive().filter(clock_due_at__isnull=False, clock_started_at__lte=began)
    cards = cards.select_related("owner", "pipeline__calendar").order_by("clock_due_at", "pk")
    wanted = timedelta(minutes=minutes)
    return [i for i in cards[:limit] if schedule(i).between(i.clock_started_at or at, at) >= wanted]


class Median(Aggregate):
    """The middle value; PostgreSQL's percentile_cont."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()
    allow_distinct = False


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast enquiries of one kind were answered. `key` is an id, an hour 0–23, or None.

    `in_norm` is the share of `clocks`, 0..1; `median` is working time of the answered ones; both
    are None when there is nothing to count.
    """

    key: int | None
    clocks: int
    answered: int
    unanswered: int  # closed without a word, or late and still waiting
    in_norm: float | None
    median: timedelta | None


def speed(
    by: str,
    *,
    since: datetime,
    until: datetime,
    at: datetime,
    user: User | None = None,
) -> list[Speed]:
    """Return median and share in norm of the clocks that began in a period. One SQL query.

    A clock that still runs counts once it is late; non-target enquiries never do.

    Args:
        by: "source", "owner", "channel", "pipeline", "hour" (local, of the company's calendar: one
            more query), or "" for the total.
        until: exclusive.
        user: who asks: what they may see by funnel and by who was responsible when the clock began,
            as in the sales report; None: all.
    """
    rows = ResponseClock.objects.counted(at=at).filter(
        started_at__gte=since, started_at__lt=until, item__deleted_at=None
    )
    if user is not None:
        rows = rows.filter(allowed_by_scope(user)[0])
    key: Any = F(BY[by]) if by in BY else Value(0)
    if by == "hour":
        key = ExtractHour("started_at", tzinfo=company_schedule().zone)
    answered = Q(outcome=ResponseClock.Outcome.ANSWERED)
    told = (
        rows.annotate(key=key)
        .values("key")
        .annotate(
            clocks=Count("pk"),
            answered=Count("pk", filter=answered),
            in_time=Count("pk", filter=answered & Q(seconds__lte=F("norm_seconds"))),
            median=Median("seconds", filter=answered),
        )
        .order_by("key")
    )
    return [
        Speed(
            key=row["key"] if by else None,
            clocks=row["clocks"],
            answered=row["answered"],
            unanswered=row["clocks"] - row["answered"],
            in_norm=row["in_time"] / row["clocks"],
            median=None if row["median"] is None else timedelta(seconds=row["median"]),
        )
        for row in told
        if row["clocks"]  # of nothing the total is one row of zeros
    ]
