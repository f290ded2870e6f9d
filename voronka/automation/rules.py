"""Pure decisions about robots: where they apply, when they keep still, whether they go in circles.

Source: docs/domain/robots.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from voronka.automation.registry import Effect

if TYPE_CHECKING:
    from voronka.automation.models import Robot
    from voronka.items.models import Item

MAX_DEPTH = 8  # robots that wake each other in a row
CARD_RATE = 60  # runs of all robots on one card …
CARD_RATE_PER = timedelta(minutes=10)  # … in this time; more is a circle that nobody foresaw
MAX_ACTIONS = 20
MAX_ROBOTS = 500  # switched on at the same time
ATTEMPTS = 6  # of a run that the database refused, before it is given up
DAY = timedelta(days=1)


def applies(robot: Robot, item: Item) -> bool:
    """Whether a card stands where a robot is bound to."""
    if robot.item_type_id != item.pipeline.item_type_id:
        return False
    if robot.pipeline_id is not None and robot.pipeline_id != item.pipeline_id:
        return False
    return robot.stage_id is None or robot.stage_id == item.stage_id


def in_scope(robot: Robot, *, item_type_id: int, pipeline_id: int) -> bool:
    """Whether a robot works in a funnel, on whatever stage."""
    if robot.item_type_id != item_type_id:
        return False
    return robot.pipeline_id in (None, pipeline_id)


def end_of_quiet(
    now: datetime, since: time | None, until: time | None, zone: ZoneInfo
) -> datetime | None:
    """Return when the quiet hours that `now` falls into end; None when it is not quiet."""
    if since is None or until is None or since == until:
        return None
    local = now.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    if since < until:
        if not since <= clock < until:
            return None
        day = local.date()
    elif clock >= since:
        day = local.date() + timedelta(days=1)
    elif clock < until:
        day = local.date()
    else:
        return None
    return datetime.combine(day, until, zone)


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts: 1 s, 4 s, 16 s … at most an hour."""
    return min(timedelta(seconds=4 ** max(0, attempts - 1)), timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Loopable:
    """What matters of a robot for finding circles.

    Attributes:
        certain: acts at once and without conditions.
        wakes: what wakes it; `causes`: what it does. Effects name the funnel when it is not `any`.
        stage: "pipeline/stage" it is bound to, or "".
    """

    code: str
    name: str
    item_type: str
    pipeline: str
    stage: str
    certain: bool
    wakes: Sequence[Effect]
    causes: Sequence[Effect]


def find_circle(
    robot: Loopable, others: Iterable[Loopable], types: Mapping[str, str]
) -> list[str] | None:
    """Return the names along a circle that `robot` closes, or None.

    Only robots that act at once and without conditions count: a delay or a condition ends a
    circle, or at least lets the guards at run time end it.

    Args:
        types: funnel code -> item type code.
    """
    if not robot.certain:
        return None
    known = [robot, *(other for other in others if other.certain and other.code != robot.code)]
    paths: list[list[Loopable]] = [[robot]]
    seen: set[str] = set()
    while paths:
        path = paths.pop()
        for after in known:
            if not _wakes(path[-1], after, types):
                continue
            if after.code == robot.code:
                return [step.name for step in path]
            if after.code not in seen:
                seen.add(after.code)
                paths.append([*path, after])
    return None


def _wakes(first: Loopable, second: Loopable, types: Mapping[str, str]) -> bool:
    return any(
        _meets(first, effect, second, wake, types)
        for effect in first.causes
        for wake in second.wakes
    )


def _meets(
    first: Loopable, effect: Effect, second: Loopable, wake: Effect, types: Mapping[str, str]
) -> bool:
    if effect.kind != wake.kind:
        return False
    if effect.what and wake.what and effect.what != wake.what:
        return False
    if effect.kind == "entered" and effect.what and second.stage and second.stage != effect.what:
        return False
    where = effect.pipeline or first.pipeline
    kind = types.get(where, first.item_type) if where else first.item_type
    if kind != second.item_type:
        return False
    return not where or not second.pipeline or where == second.pipeline
