"""A robot begins to work on cards that are there already: at once, or spread over days (RB-7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from voronka.automation import registry
from voronka.automation.commands.robots import begin_with
from voronka.automation.commands.waking import call_worker, moments, timer_run
from voronka.automation.models import Robot, RobotRun
from voronka.automation.rules import in_scope
from voronka.items.models import Item, ItemQuerySet
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people.schedules import company_schedule, schedule_of
from voronka.pipelines.commands.writing import note

JOB = "automation.publish"
CHUNK = 1000  # cards in one transaction
LONGEST = 60  # working days to spread over


@dataclass(frozen=True, slots=True)
class Publishing:
    """How a robot begins with the cards that are there.

    Attributes:
        starts_at: the first moment at which it may act on them (aware).
        days: working days over which they are spread; 0: all at the start.
        late: timers that should have fired already fire too; else only those still to come.
    """

    starts_at: datetime
    days: int = 0
    late: bool = False


@transaction.atomic
def publish_robot(robot_id: int, how: Publishing, *, by: Actor) -> Robot:
    """Let a robot act on the cards that stand where it is bound to; a job works them off.

    Only robots that fire on coming to a stage or by the clock have such cards; for all others
    what has happened is past. Doing it again reaches only cards that it has not reached.
    Records `robot.published`.

    Raises:
        InvalidInput: it is switched off, fires on something else, or the days are odd.
        NoSuchRobot, Forbidden: it, or the right to set up.
    """
    row = begin_with(robot_id, by=by)
    trigger = registry.trigger(row.trigger)
    if not row.enabled:
        raise InvalidInput(_("Switch the robot on first."))
    if trigger is None or not reaches_present(row):
        raise InvalidInput(_("What wakes this robot is past for the cards that are here."))
    if not 0 <= how.days <= LONGEST:
        raise InvalidInput(
            _("Spread it over at most %(days)d working days.") % {"days": LONGEST},
            fields={"days": _("Choose another number.")},
        )
    note(row, "published", by=by, pipeline_id=row.pipeline_id, code=row.code, days=how.days)
    _defer(row.pk, how, after=0, placed=0)
    return row


def reaches_present(robot: Robot) -> bool:
    """Whether there can be cards now on which a robot may act without a new event."""
    trigger = registry.trigger(robot.trigger)
    return trigger is not None and (trigger.is_timer or robot.trigger == "stage_entered")


def standing(robot: Robot) -> ItemQuerySet:
    """Return the open cards that stand where a robot is bound to."""
    cards = Item.objects.open().filter(pipeline__item_type_id=robot.item_type_id)
    if robot.pipeline_id is not None:
        cards = cards.filter(pipeline_id=robot.pipeline_id)
    if robot.stage_id is not None:
        return cards.filter(stage_id=robot.stage_id)
    named = robot.settings.get("stages") if robot.trigger == "stage_entered" else None
    if named:
        own = robot.pipeline.code if robot.pipeline else ""
        wanted = Q(pk__in=[])
        for path in named:
            pipeline, _slash, code = path.rpartition("/")
            wanted |= Q(stage__code=code, pipeline__code=pipeline or own)
        cards = cards.filter(wanted)
    return cards


def publish_chunk(
    robot_id: int, how: Publishing, *, after: int, placed: int, total: int | None = None
) -> bool:
    """Place the next cards and defer the rest; return whether there is more to come.

    Args:
        after: the id of the last card that was looked at.
        placed: how many have been placed before; total: how many there were at the beginning.
    """
    with transaction.atomic():
        robot = (
            Robot.objects.working()
            .select_related("item_type", "pipeline", "stage")
            .filter(pk=robot_id)
            .first()
        )
        if robot is None:
            return False
        total = standing(robot).count() if total is None else total
        cards = standing(robot).filter(pk__gt=after).order_by("pk")
        found = list(cards.select_related("stage", "pipeline__item_type")[:CHUNK])
        if not found:
            return False
        RobotRun.objects.bulk_create(
            _runs(robot, found, how, placed, max(total, 1)), ignore_conflicts=True
        )
        call_worker()
        if len(found) == CHUNK:
            _defer(robot_id, how, after=found[-1].pk, placed=placed + CHUNK, total=total)
            return True
    return False


@transaction.atomic
def begin_on(cards: Sequence[Item], codes: Collection[str], *, now: datetime) -> int:
    """Let some robots act on some cards that are there, as if published for these alone.

    For the demo company: what its robots did in the last days they do when the worker starts.
    Timers that should have fired already fire. Returns how many runs are due.

    Args:
        cards: open ones.
        codes: of robots that fire on coming to a stage or by the clock.
    """
    robots = Robot.objects.working().select_related("item_type", "pipeline", "stage")
    how = Publishing(now, late=True)
    runs: list[RobotRun] = []
    for robot in robots.filter(code__in=codes):
        if reaches_present(robot):
            rows = standing(robot).filter(pk__in=[card.pk for card in cards]).order_by("pk")
            found = list(rows.select_related("stage", "pipeline__item_type"))
            runs += [r for r in _runs(robot, found, how, 0, max(len(found), 1)) if r.due_at <= now]
    return len(RobotRun.objects.bulk_create(runs, batch_size=2000, ignore_conflicts=True))


def _runs(
    robot: Robot, cards: list[Item], how: Publishing, placed: int, total: int
) -> list[RobotRun]:
    now = timezone.now()
    schedule = cache(schedule_of)
    spread = _Spread(how, total)
    trigger = registry.trigger(robot.trigger)
    timer = trigger is not None and trigger.is_timer
    runs: list[RobotRun] = []
    for index, item in enumerate(cards, start=placed):
        at = spread.moment(index)
        if not timer:
            runs.append(
                RobotRun(
                    robot=robot,
                    item=item,
                    key=f"now-{item.stage_entered_at.timestamp():.6f}",
                    due_at=at,
                    created_at=now,
                    stay=item.stage_entered_at,
                )
            )
            continue
        for moment in moments(robot, item, now=now, schedule=schedule):
            if moment.at > now:
                runs.append(timer_run(robot, item, moment, now=now))
            elif how.late:
                run = timer_run(robot, item, moment, now=now)
                run.due_at = at
                runs.append(run)
    return runs


class _Spread:
    """Where the n-th of so many cards comes in the working time of some days."""

    def __init__(self, how: Publishing, total: int) -> None:
        self.start = how.starts_at
        self.step = timedelta(hours=8) * how.days / total
        self.schedule = company_schedule() if how.days else None
        self.known = (0, how.starts_at)

    def moment(self, index: int) -> datetime:
        """Return when card number `index` (from 0, rising) comes."""
        if self.schedule is None:
            return self.start
        last, at = self.known
        at = self.schedule.add(at, self.step * (index - last))
        self.known = (index, at)
        return at


@transaction.atomic
def arm_timers(item_type_ids: list[int], *, now: datetime | None = None) -> int:
    """Set the timers of all robots for the open cards of some types, those still to come only.

    For loads of history (imports, the demo company): what is past stays past. Returns how many.
    """
    moment = now or timezone.now()
    schedule = cache(schedule_of)
    robots = [
        robot
        for robot in Robot.objects.working().select_related("item_type", "pipeline", "stage")
        if robot.item_type_id in item_type_ids and _is_timer(robot)
    ]
    cards = Item.objects.open().filter(pipeline__item_type_id__in=item_type_ids)
    runs: list[RobotRun] = []
    for item in cards.select_related("stage", "pipeline__item_type").iterator(chunk_size=1000):
        for robot in robots:
            if in_scope(
                robot, item_type_id=item.pipeline.item_type_id, pipeline_id=item.pipeline_id
            ):
                runs += [
                    timer_run(robot, item, found, now=moment)
                    for found in moments(robot, item, now=moment, schedule=schedule)
                    if found.at > moment
                ]
    return len(RobotRun.objects.bulk_create(runs, batch_size=2000, ignore_conflicts=True))


def _is_timer(robot: Robot) -> bool:
    trigger = registry.trigger(robot.trigger)
    return trigger is not None and trigger.is_timer


def _defer(
    robot_id: int, how: Publishing, *, after: int, placed: int, total: int | None = None
) -> None:
    job = app.configure_task(JOB, queue="outside", allow_unknown=True)
    job.defer(
        robot_id=robot_id,
        starts_at=how.starts_at.isoformat(),
        days=how.days,
        late=how.late,
        after=after,
        placed=placed,
        total=total,
    )
