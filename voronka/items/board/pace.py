"""How fast cards leave the stages, and where they pile up (F13, AN-2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count
from django.utils import timezone

from voronka.items.board.reach import Reach
from voronka.items.models import StageVisit
from voronka.pipelines.models import Pipeline, Stage

WINDOW = 28  # full days looked back: four weeks, so that weekends weigh alike
LEAST_DAYS = 7  # of history, before anything is called a pile-up
LEAST_CARDS = 5  # fewer are no pile
TIMES = 2  # a pile-up needs twice the stage's norm to clear
USUAL_NORM = 14.0  # calendar days, for a stage without a deadline
WORK_DAY = 8 * 60  # minutes
_REMEMBERED = 600  # seconds


@dataclass(frozen=True, slots=True)
class Pace:
    """How many cards left each stage in the last full days.

    Attributes:
        left: (stage id, owner id) -> cards that left, whichever way.
        days: how many days that were; fewer than WINDOW in a young pipeline.
    """

    left: Mapping[tuple[int, int], int]
    days: int

    def within(self, reach: Reach) -> Mapping[int, float] | None:
        """Return stage id -> cards a day that left, of owners within reach.

        None while the history is too short to judge.
        """
        if self.days < LEAST_DAYS:
            return None
        totals: dict[int, int] = defaultdict(int)
        for (stage_id, owner_id), count in self.left.items():
            if reach.holds(owner_id):
                totals[stage_id] += count
        return {stage_id: count / self.days for stage_id, count in totals.items()}


def pace_of(pipeline: Pipeline, *, at: datetime | None = None) -> Pace:
    """Return the pace of a pipeline up to the last midnight. Two SQL queries, then remembered.

    It is about full days that are over, so each web process keeps it for ten minutes.
    """
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    key = f"pace:{pipeline.pk}:{midnight.isoformat()}"
    known: Pace | None = cache.get(key)
    if known is None:
        known = _read(pipeline, midnight)
        cache.set(key, known, _REMEMBERED)
    return known


def _read(pipeline: Pipeline, until: datetime) -> Pace:
    visits = StageVisit.objects.filter(pipeline_id=pipeline.pk)
    first = visits.order_by("entered_at").values_list("entered_at", flat=True).first()
    days = min(WINDOW, (until - first).days) if first else 0
    if days < LEAST_DAYS:
        return Pace({}, max(0, days))
    rows = (
        visits.filter(
            jump=False,
            left_at__isnull=False,
            left_at__gte=until - timedelta(days=days),
            left_at__lt=until,
        )
        .values_list("stage_id", "owner_id")
        .annotate(Count("pk"))
        .order_by()
    )
    return Pace({(stage_id, owner_id): count for stage_id, owner_id, count in rows}, days)


def days_to_clear(cards: int, a_day: float) -> float | None:
    """Return how many calendar days the cards of a stage need to leave it; None: they do not."""
    return cards / a_day if a_day else None


def norm(stage: Stage) -> float:
    """Return how long a card may stand in a stage, in calendar days."""
    if stage.deadline_minutes is None:
        return USUAL_NORM
    minutes = stage.deadline_minutes
    days = minutes / WORK_DAY * 7 / 5 if stage.deadline_working else minutes / (24 * 60)
    return max(1.0, days)


def is_pile_up(stage: Stage, cards: int, clears_in: float | None) -> bool:
    """Whether more cards stand here than the flow explains (F13).

    By Little's law the days to clear are how long a card stands here on the average; twice the
    norm is a pile-up, and so are cards in a stage that nothing has left.
    """
    if cards < LEAST_CARDS:
        return False
    return clears_in is None or clears_in > TIMES * norm(stage)
