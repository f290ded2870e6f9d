"""Figures of a sales report from kept totals: what a report costs does not grow with the cards.

Closed cards come from the tally of whole months (docs/adr/0004-totals-of-the-board.md); only the
days at the ends of a period are counted. Open cards come from the board's tally, or are counted
when the report asks for what that does not know. Cards that a person merely watches, outside of
the role's reach, are counted one by one: they are few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    BigIntegerField,
    Count,
    DecimalField,
    DurationField,
    F,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Cast

from voronka.items.models import ClosedTally, Item, Tally, allowed_by_scope
from voronka.people.models import User
from voronka.pipelines.models import LossReason, Pipeline, Source, Stage

COLUMNS = {  # dimension -> the column of cards and of totals
    "stage": "stage_id",
    "agent": "owner_id",
    "pipeline": "pipeline_id",
    "source": "source_id",
    "reason": "loss_reason_id",
}
_OF_BOARD = {"stage", "agent", "pipeline"}  # what the tally of open cards knows
_ROWS: dict[str, tuple[QuerySet[Any], tuple[str, ...]]] = {
    # dimension -> what it names, and what lines are told apart and put in order by
    "stage": (
        Stage.objects.all(),
        ("pipeline__position", "pipeline__name", "position", "name", "id"),
    ),
    "agent": (User.objects.all(), ("name", "id")),
    "pipeline": (Pipeline.objects.all(), ("position", "name")),
    "source": (Source.objects.all(), ("position", "name")),
    "reason": (LossReason.objects.all(), ("position", "name")),
}
Key = tuple[int, ...]  # an id for each dimension, 0 where a card has none


@dataclass(slots=True)
class Figures:
    """Sums of one line, while they are being added up."""

    cards: int = 0
    open: int = 0
    won: int = 0
    lost: int = 0
    won_sum: Decimal = Decimal(0)
    open_sum: Decimal = Decimal(0)
    cycle: timedelta = field(default_factory=timedelta)  # of all won cards together
    cycles: int = 0

    def add(self, part: Mapping[str, Any], kind: str) -> None:
        """Add what was read of cards at a stage of this kind."""
        self.cards += part["n"]
        self.open += part["n_open"]
        self.open_sum += part["s_open"] or 0
        if kind == Stage.Kind.WON:
            self.won += part["n"]
            self.won_sum += part["s"] or 0
            self.cycle += part["cycles"] or timedelta()
            self.cycles += part["n"] - part["n_open"]
        elif kind == Stage.Kind.LOST:
            self.lost += part["n"]


def figures_by(
    by: Sequence[str],
    pipelines: Sequence[Pipeline],
    *,
    user: User | None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[tuple[tuple[Any, ...], Figures]]:
    """Return (the values of the dimensions, sums) in order. At most five SQL queries.

    Args:
        by: of COLUMNS. The values of each are those that its line is told apart by.
        pipelines: with item_type; only their cards count.
        user, since, until: as in `sales_report`.
    """
    reach, watched = allowed_by_scope(user, "see", pipelines) if user else (~Q(pk__in=[]), [])
    reach &= Q(pipeline_id__in=[pipeline.pk for pipeline in pipelines])
    columns = [COLUMNS[name] for name in by]
    kept = set(by) <= _OF_BOARD
    parts = _closed(columns, reach, since, until) + _open(columns, reach, since, until, kept=kept)
    if watched:
        seen = Item.objects.alive().filter(pk__in=watched, pipeline__in=pipelines).exclude(reach)
        parts.append(_counted(columns, seen.filter(_in_period(since, until))))
    read = list(
        parts[0].union(*parts[1:], all=True)
    )  # one statement: a card closed now counts once
    kinds = dict(Stage.objects.filter(pipeline__in=pipelines).values_list("pk", "kind"))
    sums: dict[Key, Figures] = {}
    for part in read:
        key = tuple(part[column] or 0 for column in columns)
        sums.setdefault(key, Figures()).add(part, kinds.get(part["stage_id"], ""))
    return _told(by, {key: line for key, line in sums.items() if line.cards})


def _closed(
    columns: Sequence[str], reach: Q, since: datetime | None, until: datetime | None
) -> list[QuerySet[Any, Any]]:
    """Return sums of closed cards: of whole months as kept, of the ends as counted."""
    first = _month_after(since) if since else None
    last = _month_of(until) if until else None
    closed = Item.objects.alive().filter(reach, closed_at__isnull=False)
    if first and last and first > last:  # within one month
        return [_counted(columns, closed.filter(closed_at__gte=since, closed_at__lt=until))]
    lines = ClosedTally.objects.filter(reach)
    ends = []
    if first:
        lines = lines.filter(month__gte=first.date())
        ends += [closed.filter(closed_at__gte=since, closed_at__lt=first)] * (since != first)
    if last:
        lines = lines.filter(month__lt=last.date())
        ends += [closed.filter(closed_at__gte=last, closed_at__lt=until)] * (until != last)
    whole = _grouped(columns, lines).annotate(
        n=Sum("cards"), n_open=_NONE, s=Sum("amount"), s_open=_NOTHING, cycles=Sum("cycle")
    )
    return [whole, *(_counted(columns, cards) for cards in ends)]


def _open(
    columns: Sequence[str],
    reach: Q,
    since: datetime | None,
    until: datetime | None,
    *,
    kept: bool,
) -> list[QuerySet[Any, Any]]:
    """Return sums of open cards; from the board's tally where it knows all (`kept`)."""
    if not kept or since or until:
        return [_counted(columns, Item.objects.open().filter(reach, _in_period(since, until)))]
    lines = _grouped(columns, Tally.objects.filter(reach))
    return [
        lines.annotate(
            n=Sum("cards"),
            n_open=Sum("cards"),
            s=Sum("amount"),
            s_open=Sum("amount"),
            cycles=Cast(Value(None), DurationField()),
        )
    ]


def _counted(columns: Sequence[str], cards: QuerySet[Item]) -> QuerySet[Any, Any]:
    opened = Q(closed_at=None)
    groups = _grouped(columns, cards)
    sums: QuerySet[Any, Any] = groups.annotate(
        n=Count("pk"),
        n_open=Count("pk", filter=opened),
        s=Sum("amount"),
        s_open=Sum("amount", filter=opened),
        cycles=Sum(F("closed_at") - F("created_at")),
    )
    return sums


def _grouped(columns: Sequence[str], rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    groups: QuerySet[Any, Any] = rows.order_by().values(*dict.fromkeys([*columns, "stage_id"]))
    return groups


_NONE = Cast(Value(0), BigIntegerField())
_NOTHING = Cast(Value(0), DecimalField(max_digits=20, decimal_places=2))


def _in_period(since: datetime | None, until: datetime | None) -> Q:
    """Return the condition of cards closed in a period, or created in it while they are open."""
    inside = ~Q(pk__in=[])
    if since:
        inside &= Q(closed_at__gte=since) | Q(closed_at=None, created_at__gte=since)
    if until:
        inside &= Q(closed_at__lt=until) | Q(closed_at=None, created_at__lt=until)
    return inside


def _month_of(moment: datetime) -> datetime:
    """Return the beginning of the UTC month that a moment lies in."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _month_after(moment: datetime) -> datetime:
    """Return the beginning of the first UTC month that does not begin before a moment."""
    begin = _month_of(moment)
    return begin if begin == moment else _month_of(begin + timedelta(days=32))


def _told(by: Sequence[str], sums: Mapping[Key, Figures]) -> list[tuple[tuple[Any, ...], Figures]]:
    """Name the lines and put them in the database's own order; ids of one name are one line."""
    places: list[dict[int, tuple[int, tuple[Any, ...]]]] = []
    for number, name in enumerate(by):
        rows, values = _ROWS[name]
        found = rows.filter(pk__in={key[number] for key in sums}).order_by(*values)
        order: dict[Any, int] = {}
        places.append({0: (len(sums) + 1, (None,) * len(values))})
        for pk, *said in found.values_list("pk", *values):
            places[-1][pk] = order.setdefault(tuple(said), len(order)), tuple(said)
    lines: dict[Key, tuple[tuple[Any, ...], Figures]] = {}
    for key, line in sums.items():
        at = tuple(places[n][pk] for n, pk in enumerate(key))
        here = tuple(one[0] for one in at)
        known = lines.get(here)
        lines[here] = tuple(one[1] for one in at), _together(known[1], line) if known else line
    return [lines[here] for here in sorted(lines)]


def _together(one: Figures, other: Figures) -> Figures:
    return Figures(
        one.cards + other.cards,
        one.open + other.open,
        one.won + other.won,
        one.lost + other.lost,
        one.won_sum + other.won_sum,
        one.open_sum + other.open_sum,
        one.cycle + other.cycle,
        one.cycles + other.cycles,
    )
