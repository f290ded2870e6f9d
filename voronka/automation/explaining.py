"""Why did, and didn't, robots act on a card: in plain words, also months later (RB-7, RB-9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.automation import registry
from voronka.automation.facts import gather
from voronka.automation.models import Robot, RobotRun
from voronka.automation.naming import RobotNames
from voronka.automation.rules import applies, in_scope
from voronka.automation.words import RobotSentence, RunStory, say, tell
from voronka.items.models import Item
from voronka.kernel import conditions
from voronka.kernel.errors import DomainError
from voronka.kernel.prepared import Prepared
from voronka.people.models import User

PAGE = 30


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run on a card with its story."""

    run: RobotRun  # with robot
    sentence: RobotSentence  # of the robot as it is today
    story: RunStory


@dataclass(frozen=True, slots=True)
class Silent:
    """A robot that has never acted on a card, and what it waits for."""

    robot: Robot
    sentence: RobotSentence
    why: str
    conditions: list[conditions.Line]  # how they would be judged now


@dataclass(frozen=True, slots=True)
class CardRobots:
    """All that robots have to do with a card. `next_before`: cursor of earlier runs."""

    due: list[RunLine]
    past: list[RunLine]
    silent: list[Silent]
    next_before: int | None


def card_robots(
    item: Item, *, reader: User | None = None, before: int | None = None, limit: int = PAGE
) -> CardRobots:
    """Return what robots have done, have to do, and have not done on a card.

    Some 8 SQL queries and those for the names and facts that conditions speak of. The caller has
    checked that the person may see the card.

    Args:
        item: with stage and pipeline__item_type.
        reader: who reads, to name clients and cards that conditions speak of.
        before: cursor: only earlier runs; then neither `due` nor `silent` is read.
    """
    names = RobotNames(item.pipeline.item_type, item.pipeline, reader=reader)
    runs = RobotRun.objects.filter(item=item).select_related("robot")
    over = runs.exclude(state__in=[RobotRun.State.PENDING, RobotRun.State.WAITING])
    if before is not None:
        over = over.filter(pk__lt=before)
    past = list(over.order_by("-pk")[: limit + 1])
    cursor = past[limit - 1].pk if len(past) > limit else None
    lines = [_line(run, names) for run in past[:limit]]
    if before is not None:
        return CardRobots([], lines, [], cursor)
    open_runs = runs.filter(state__in=[RobotRun.State.PENDING, RobotRun.State.WAITING])
    due = [_line(run, names) for run in open_runs.order_by("due_at")[:limit]]
    return CardRobots(due, lines, _silent(item, names), cursor)


def last_run(item: Item, robot: Robot, *, after: int) -> RunLine | None:
    """Return the newest run of a robot on a card, of those later than the run `after`.

    Args:
        item: with pipeline__item_type.
        after: id of a run; 0 for any.
    """
    runs = RobotRun.objects.filter(item=item, robot=robot, pk__gt=after).select_related("robot")
    run = runs.order_by("-pk").first()
    return None if run is None else _line(run, RobotNames(item.pipeline.item_type, item.pipeline))


def _line(run: RobotRun, names: RobotNames) -> RunLine:
    return RunLine(run, say(run.robot, names), tell(run, names))


def _silent(item: Item, names: RobotNames) -> list[Silent]:
    touched = RobotRun.objects.filter(item=item).values("robot_id")
    robots = Robot.objects.alive().filter(item_type_id=item.pipeline.item_type_id)
    rows = robots.exclude(pk__in=touched).select_related("pipeline", "stage")
    wanted = [
        robot
        for robot in rows
        if in_scope(robot, item_type_id=item.pipeline.item_type_id, pipeline_id=item.pipeline_id)
    ]
    now = timezone.now()
    return [
        Silent(
            robot,
            say(robot, names),
            _why_silent(robot, item),
            judge_now(robot, item, now=now, names=names),
        )
        for robot in wanted
    ]


def _why_silent(robot: Robot, item: Item) -> str:
    if not robot.enabled:
        return _("It is switched off.")
    if robot.stage is not None and robot.stage_id != item.stage_id:
        return _("It works on the stage “%(stage)s”, and the card stands elsewhere.") % {
            "stage": robot.stage
        }
    trigger = registry.trigger(robot.trigger)
    if trigger is None:
        return _("Its trigger is not known here any more.")
    if robot.changed_at > item.stage_entered_at and trigger.of_stage:
        return _("It was set up after the card came here. Publish it to reach such cards.")
    if not applies(robot, item):
        return _("The card stands elsewhere.")
    if item.is_closed and trigger.is_timer:
        return _("The card is closed: its clocks stand still.")
    return _("What wakes it has not happened to this card.")


def judge_now(
    robot: Robot, item: Item, *, now: datetime, names: RobotNames
) -> list[conditions.Line]:
    """Return how a robot's conditions would be judged for a card now; nothing without them."""
    if not robot.conditions:
        return []
    try:
        condition = conditions.parse(robot.conditions)
    except DomainError:
        return []
    facts = gather(item, conditions.facts_of(condition), now=now)
    judged = conditions.judge(condition, facts, now=timezone.localtime(now))
    return conditions.explain(judged.as_json(), names)


def buttons(item: Item) -> Sequence[Robot]:
    """Return the robots whose button stands on a card, in order. One query."""
    rows = _BUTTONS.all(item.pipeline.item_type_id)
    return [robot for robot in rows if applies(robot, item)]


_BUTTONS = Prepared(
    lambda pk: Robot.objects.working().filter(trigger="button", item_type_id=pk), int, model=Robot
)
