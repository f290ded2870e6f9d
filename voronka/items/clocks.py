"""The two clocks of a card: time on the stage, and silence (FS-9).

Source: docs/domain/robots.md, "Two clocks".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from voronka.items import rules
from voronka.items.models import ClockChange, Item
from voronka.kernel.worktime import WorkSchedule
from voronka.people.schedules import schedule_of


@dataclass(frozen=True, slots=True)
class Clocks:
    """What both clocks of a card show.

    Attributes:
        on_stage: time on the stage, by the stage's measure; pauses don't count.
        allowed: the norm with what it was prolonged by; None without a norm.
        share: how much of it has passed, 0..; 1 and more is overdue.
        silence: working time of the responsible person since the last work on the card.
        changes: prolongations and pauses of this stay, the newest first.
    """

    on_stage: timedelta
    allowed: timedelta | None
    share: float | None
    stalls_at: datetime | None
    silence: timedelta
    paused_at: datetime | None
    changes: list[ClockChange]

    @property
    def prolonged(self) -> int:
        """How often the stay was prolonged."""
        return sum(c.kind == ClockChange.Kind.PROLONGED for c in self.changes)


def clocks(item: Item, *, now: datetime | None = None) -> Clocks:
    """Read both clocks of a card (with its stage). Three SQL queries at most."""
    moment = now or timezone.now()
    schedule = schedule_of(item.owner_id, calendar_id=item.pipeline.calendar_id)
    changes = list(
        ClockChange.objects.filter(item_id=item.pk, stay=item.stage_entered_at).order_by("-at")
    )
    until = item.closed_at or item.paused_at or moment
    measure = _measure(item, schedule)
    paused = _sum(c.amount for c in changes if c.kind == ClockChange.Kind.PAUSED)
    on_stage = max(timedelta(), measure(item.stage_entered_at, until) - paused)
    allowed = None
    if item.stage.deadline is not None:
        allowed = item.stage.deadline + _sum(
            c.amount for c in changes if c.kind == ClockChange.Kind.PROLONGED
        )
    touched = item.last_touch_at or item.created_at
    return Clocks(
        on_stage=on_stage,
        allowed=allowed,
        share=on_stage / allowed if allowed else None,
        stalls_at=item.stalls_at,
        silence=schedule.between(touched, item.closed_at or moment),
        paused_at=item.paused_at,
        changes=changes,
    )


def moment_of_share(
    item: Item, share: float, schedule: Callable[[], WorkSchedule]
) -> datetime | None:
    """Return when this share of the stage's deadline has passed; None without one, or paused."""
    if item.paused_at is not None or item.stalls_at is None:
        return None
    if share == 1:
        return item.stalls_at
    return rules.stalls_at(
        item.stage, item.stage_entered_at, schedule, extra=item.stall_extra, share=share
    )


def _measure(item: Item, schedule: WorkSchedule) -> Callable[[datetime, datetime], timedelta]:
    if item.stage.deadline_working:
        return schedule.between
    return lambda since, until: max(until - since, timedelta())


def _sum(amounts: Iterable[timedelta]) -> timedelta:
    return sum(amounts, timedelta())
