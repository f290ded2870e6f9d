"""Count, sum and share past the deadline of each column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Count, Q, QuerySet, Sum
from django.db.models.functions import Cast, Extract
from django.utils import timezone

from voronka.items.board.reach import Reach
from voronka.items.models import ItemQuerySet, Tally
from voronka.kernel.prepared_rows import PreparedRows
from voronka.pipelines.models import Stage

# the months that have begun are kept added up; what the page's own month adds or takes is counted
_CLOSED = """
SELECT stage_id, sum(cards)::bigint, sum(amount) FROM (
    SELECT stage_id, owner_id, cards, amount FROM items_closedtally
    WHERE pipeline_id = %(pipeline)s AND month >= %(month)s
    UNION ALL
    SELECT stage_id, owner_id, %(sign)s, %(sign)s * amount FROM items_item
    WHERE stage_id = ANY(%(stages)s::bigint[]) AND deleted_at IS NULL
        AND closed_at >= %(early)s AND closed_at < %(late)s
) AS line
WHERE stage_id = ANY(%(stages)s::bigint[])
    AND (%(owners)s::bigint[] IS NULL OR owner_id = ANY(%(owners)s::bigint[]))
GROUP BY stage_id
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What stands in a column.

    Attributes:
        amount: sum in the company currency.
        late: cards that have stood here longer than the stage allows.
        lost_time: how long they have, added up; calendar time (FS-11).
    """

    cards: int = 0
    amount: Decimal = Decimal(0)
    late: int = 0
    lost_time: timedelta = timedelta()

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.cards + other.cards,
            self.amount + other.amount,
            self.late + other.late,
            self.lost_time + other.lost_time,
        )

    @property
    def late_share(self) -> float:
        """The share past the deadline, 0..1."""
        return self.late / self.cards if self.cards else 0.0


def open_figures(reach: Reach, *, at: datetime | None = None) -> dict[int, Figures]:
    """Return stage id -> figures of the open cards within reach; stages without cards are absent.

    One SQL query on the running tally, whatever the number of cards.
    """
    at = at or timezone.now()
    if reach.owners is None:
        rows = _EVERYBODYS.all(reach.pipeline_id, at)
    else:
        rows = _SOMEBODYS.all(reach.pipeline_id, at, sorted(reach.owners))
    found = {pk: _figures(at, *sums) for pk, *sums in rows}
    for card in reach.followed:
        if card.is_open:
            late = at - card.stalls_at if card.stalls_at and card.stalls_at <= at else None
            one = Figures(1, card.amount, int(late is not None), late or timedelta())
            found[card.stage_id] = found.get(card.stage_id, Figures()) + one
    return {pk: figures for pk, figures in found.items() if figures.cards}


def figures_of(cards: ItemQuerySet, *, at: datetime | None = None) -> dict[int, Figures]:
    """Return stage id -> figures of the open ones among `cards`. One SQL query; reads them all."""
    at = at or timezone.now()
    late = Q(stalls_at__lte=at)
    seconds = Cast(Extract("stalls_at", "epoch", tzinfo=UTC), BigIntegerField())
    rows = (
        cards.open()
        .values_list("stage_id")
        .annotate(
            n=Count("pk"),
            total=Sum("amount"),
            late=Count("pk", filter=late),
            moments=Sum(seconds, filter=late),
        )
    )
    return {pk: _figures(at, *sums) for pk, *sums in rows.order_by()}


def closed_figures(
    cards: ItemQuerySet, stages: Iterable[Stage], *, since: datetime
) -> dict[int, Figures]:
    """Return stage id -> count and sum of cards closed since a moment. One SQL query."""
    ids = [stage.pk for stage in stages if not stage.is_open]
    rows = cards.filter(stage_id__in=ids, closed_at__isnull=False, closed_at__gte=since)
    sums = rows.values_list("stage_id").annotate(Count("pk"), Sum("amount")).order_by()
    return {pk: Figures(count, amount) for pk, count, amount in sums}


def closed_in_month(
    reach: Reach, stages: Iterable[Stage], *, since: datetime
) -> dict[int, Figures]:
    """Return what `closed_figures` does of all cards within reach, from the first of a month on.

    One SQL query on the running tally of closed cards. It counts by months of UTC, so the hours
    by which the page's month begins earlier or later are counted card by card.

    Args:
        since: the beginning of a month where the person is.
    """
    ends = [stage for stage in stages if not stage.is_open]
    if reach.followed:
        return closed_figures(reach.cards(ends), ends, since=since)
    month = datetime(since.year, since.month, 1, tzinfo=UTC)
    earlier = since < month
    asked: dict[str, Any] = {
        "pipeline": reach.pipeline_id,
        "stages": [stage.pk for stage in ends],
        "owners": None if reach.owners is None else sorted(reach.owners),
        "month": month.date(),
        "early": since if earlier else month,
        "late": month if earlier else since,
        "sign": 1 if earlier else -1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED, asked)
        return {pk: Figures(count, amount) for pk, count, amount in cursor.fetchall() if count}


def _figures(at: datetime, cards: Any, amount: Any, late: Any, moments: Any) -> Figures:
    late, moments = late or 0, int(moments or 0)
    lost = timedelta(seconds=max(0, late * int(at.timestamp()) - moments)) if late else timedelta()
    return Figures(cards, amount or Decimal(0), late, lost)


def _sums(lines: QuerySet[Tally]) -> QuerySet[Tally, Any]:
    sums = (Sum("cards"), Sum("amount"), Sum("stalled"), Sum("moments"))
    return lines.values_list("stage_id").annotate(*sums).order_by()


_EVERYBODYS = PreparedRows(
    lambda pk, at: _sums(Tally.objects.filter(pipeline_id=pk, counts_from__lte=at)), int, datetime
)
_SOMEBODYS = PreparedRows(
    lambda pk, at, owners: _sums(
        Tally.objects.filter(pipeline_id=pk, counts_from__lte=at, owner_id__among=owners)
    ),
    int,
    datetime,
    list,
)
