"""Count, sum and share past the deadline of each column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Count, Q, Sum
from django.db.models.functions import Cast, Extract
from django.utils import timezone

from voronka.items.board.reach import Reach
from voronka.items.models import ItemQuerySet, Tally
from voronka.pipelines.models import Stage


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
    lines = Tally.objects.filter(pipeline_id=reach.pipeline_id, counts_from__lte=at)
    if reach.owners is not None:
        lines = lines.filter(owner_id__in=sorted(reach.owners))
    rows = lines.values_list("stage_id").annotate(
        Sum("cards"), Sum("amount"), Sum("stalled"), Sum("moments")
    )
    found = {pk: _figures(at, *sums) for pk, *sums in rows.order_by()}
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


def _figures(at: datetime, cards: Any, amount: Any, late: Any, moments: Any) -> Figures:
    late, moments = late or 0, int(moments or 0)
    lost = timedelta(seconds=max(0, late * int(at.timestamp()) - moments)) if late else timedelta()
    return Figures(cards, amount or Decimal(0), late, lost)
