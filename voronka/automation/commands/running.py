"""What is due is done: claimed in batches, judged, acted on, explained, in one transaction.

Exactly once inside the database: the effects and the run's own state commit together, so a worker
that dies at any moment leaves either all of them or none (docs/adr/0006).
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import get_language

from voronka.automation import causes, chains, registry
from voronka.automation.commands.acting import Acting, Doing, read_all_again
from voronka.automation.commands.guarding import Guards, tell_of_trouble
from voronka.automation.commands.waking import moments
from voronka.automation.judging import changes_of, judge_card
from voronka.automation.models import Robot, RobotRun
from voronka.automation.naming import RobotNames
from voronka.automation.registry import Wait
from voronka.automation.rules import ATTEMPTS, applies, backoff, end_of_quiet
from voronka.items.models import Item
from voronka.journal.commands import together
from voronka.journal.models import Event
from voronka.kernel import conditions
from voronka.kernel.errors import DomainError
from voronka.kernel.remembering import remembering
from voronka.people.schedules import schedule_of

BATCH = 60  # runs in one transaction, if they are quick
LONGEST = 0.25  # seconds; then a batch lets its cards go, so that people can work
FRESH = timedelta(seconds=10)  # what became due just now does not stand behind a heap of old ones
_SOON = timedelta(seconds=2)  # until another worker is done with the same client
LOCK_TIMEOUT = "800ms"  # below PostgreSQL's deadlock_timeout: a robot gives way, never a person
State = RobotRun.State

logger = logging.getLogger(__name__)


def run_due(*, limit: int = BATCH, now: datetime | None = None) -> int:
    """Do the next due runs; return how many were looked at.

    Any number of workers may do so at once. If the database refuses a batch (a deadlock, a lock
    held too long), each of its runs is tried alone, and put off when it is refused again.
    """
    taken: list[int] = []
    try:
        with remembering():
            return _run_batch(limit, now, taken)
    except DatabaseError:
        logger.info("A batch of robots was refused; trying one by one", exc_info=True)
    for pk in taken:
        _run_alone(pk, now)
    return len(taken)


@transaction.atomic
def _run_batch(limit: int, now: datetime | None, taken: list[int]) -> int:
    moment = now or timezone.now()
    runs = _claim(limit, moment)
    taken.extend(run.pk for run in runs)
    return _Batch(runs, moment).perform_all() if runs else 0


def _run_alone(pk: int, now: datetime | None) -> None:
    try:
        with transaction.atomic():
            moment = now or timezone.now()
            if runs := _claim(1, moment, only=pk):
                _Batch(runs, moment).perform_all()
    except DatabaseError as error:
        logger.warning("Robot run %s was refused by the database: %s", pk, error)
        _put_off(pk, str(error))


@transaction.atomic
def _put_off(pk: int, why: str) -> None:
    run = RobotRun.objects.select_for_update().filter(pk=pk, state=State.PENDING).first()
    if run is None:
        return
    run.attempts += 1
    run.due_at = timezone.now() + backoff(run.attempts)
    if run.attempts >= ATTEMPTS:
        run.state, run.ended_at = State.FAILED, timezone.now()
        run.explanation = {**run.explanation, "why": "database", "detail": why[:300]}
    run.save(update_fields=["attempts", "due_at", "state", "ended_at", "explanation"])


def _claim(limit: int, now: datetime, only: int | None = None) -> list[RobotRun]:
    """Lock due runs together with their cards, passing over whatever anybody else holds.

    Half of a batch goes to what became due within the last seconds, so that a heap of late runs
    does not hold up the fresh ones.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    due = (
        RobotRun.objects.select_for_update(skip_locked=True, of=("self", "item"))
        .select_related("item__stage", "item__pipeline__item_type")
        .filter(state=State.PENDING, due_at__lte=now)
    )
    if only is not None:
        return list(due.filter(pk=only))
    fresh = list(due.filter(due_at__gt=now - FRESH).order_by("due_at", "pk")[: limit // 2])
    known = [run.pk for run in fresh]
    late = due.exclude(pk__in=known) if known else due
    found = fresh + list(late.order_by("due_at", "pk")[: limit - len(fresh)])
    found.sort(key=lambda run: (run.due_at, run.pk))
    return found


class _Batch:
    """Some runs that are done together: robots, events and calendars are read once for all."""

    def __init__(self, runs: Sequence[RobotRun], now: datetime) -> None:
        self.now = now
        self.until = monotonic() + LONGEST
        robots = Robot.objects.select_related("item_type", "pipeline", "stage")
        self.robots = robots.in_bulk({run.robot_id for run in runs})
        self.steps = {pk: chains.steps(robot.actions) for pk, robot in self.robots.items()}
        self.events = Event.objects.in_bulk({run.event_id for run in runs if run.event_id})
        self.runs = runs
        self.schedule = cache(schedule_of)
        self.guards = Guards(runs, now, self.save)
        self.acting = Acting(now, self.schedule, self.names)
        self.ended: list[RobotRun] = []
        self._names: dict[tuple[int, str], RobotNames] = {}
        self._conditions: dict[int, conditions.Condition] = {}

    def perform_all(self) -> int:
        """Do the runs in rounds, of each card one; return how many were looked at.

        What they leave behind is written together. When the time is up, the rest stays due:
        nobody waits long for a card that a batch holds.
        """
        looked = 0
        with together() as heap:
            for number, due in enumerate(_rounds(self.runs)):
                if number:
                    heap.write()  # these may ask what those before have done
                    self.save()
                    fresh = read_all_again([run.item_id for run in due])
                    for run in due:
                        run.item = fresh[run.item_id]
                many = [run for run in due if self._goes_in_heaps(run)]
                self._perform(many)
                looked += len(many)
                for run in [run for run in due if run not in many]:
                    self._perform([run])
                    looked += 1
                    if monotonic() > self.until:
                        break
                if monotonic() > self.until:
                    break
            self.save()
        return looked

    def _goes_in_heaps(self, run: RobotRun) -> bool:
        """Whether a run's next action can do several cards at once, and nothing is counted."""
        robot = self.robots[run.robot_id]
        caps = (robot.per_card, robot.per_day, robot.per_client)
        steps = self.steps[robot.pk]
        if run.step >= len(steps) or any(cap is not None for cap in caps):
            return False
        all_known = [registry.action(step.action) for step in steps]
        if any(action is not None and action.reaches_client for action in all_known):
            return False
        next_one = all_known[run.step]
        return next_one is not None and next_one.run_many is not None

    def _perform(self, runs: Sequence[RobotRun]) -> None:
        """Judge some runs of different cards, and let act those that may."""
        allowed: list[Doing] = []
        for run in runs:
            robot = self.robots[run.robot_id]
            event = self.events.get(run.event_id or 0)
            with causes.acting(run.pk, run.depth):
                if self._may_act(run, robot, run.item, event):
                    told = list(run.explanation.get("actions", ()))
                    steps = self.steps[robot.pk]
                    allowed.append(Doing(run, robot, steps, run.item, event, run.step, told))
        self.acting.act(allowed)
        for one in allowed:
            self._keep(one)

    def _may_act(self, run: RobotRun, robot: Robot, item: Item, event: Event | None) -> bool:
        """Whether a run may act now; keeps what became of it when it may not."""
        trigger = registry.trigger(robot.trigger)
        if why := self._why_not(run, robot, item):
            if trigger is not None and trigger.is_timer and not run.step:
                run.delete()  # the clock was set for a card that is elsewhere now
            else:
                self._end(run, State.CANCELLED, why=why)
            return False
        if trigger is not None and trigger.is_timer and run.step == 0:
            wanted = {m.key: m for m in self._moments(robot, item)}
            moment = wanted.get(run.key)
            if moment is None:
                run.delete()  # what it waited for is gone: a next step was planned, for example
                return False
            if moment.at > self.now:
                _put_to(run, moment.at)
                return False
        quiet = end_of_quiet(
            self.now, robot.quiet_from, robot.quiet_until, ZoneInfo(settings.TIME_ZONE)
        )
        if quiet is not None:
            _put_to(run, quiet)
            return False
        if self.guards.is_busy(robot, item):
            _put_to(run, self.now + _SOON)
            return False
        if trouble := self.guards.refusal(run, robot, item):
            self._end(run, State.CANCELLED, why=trouble)
            if trouble in ("depth", "rate"):
                self.save()
                tell_of_trouble(robot, item, trouble, now=self.now)
            return False
        if not self._conditions_hold(run, robot, item, event):
            self._end(run, State.SKIPPED)
            return False
        return True

    def save(self) -> None:
        """Write how the runs have ended that are not written yet."""
        ended, self.ended = self.ended, []
        if ended:
            rows = zip(*map(_end_of, ended), strict=True)
            with connection.cursor() as cursor:
                cursor.execute(_END, [list(column) for column in rows])

    def names(self, item: Item) -> RobotNames:
        """Return the names of a card's facts, read once for each language."""
        key = (item.pipeline_id, get_language() or "")
        if key not in self._names:
            self._names[key] = RobotNames(item.pipeline.item_type, item.pipeline)
        return self._names[key]

    def _moments(self, robot: Robot, item: Item) -> list[registry.Moment]:
        return moments(robot, item, now=self.now, schedule=self.schedule)

    def _why_not(self, run: RobotRun, robot: Robot, item: Item) -> str:
        """Return why a run no longer makes sense, as a code; "" when it does."""
        if item.deleted_at is not None:
            return "deleted"
        if robot.removed_at is not None:
            return "removed"
        if not robot.enabled:
            return "off"
        trigger = registry.trigger(robot.trigger)
        if trigger is None:
            return "unknown_trigger"
        if robot.on_leave == Robot.OnLeave.CANCEL:
            if trigger.binds(robot) and item.stage_entered_at != run.stay:
                return "left"
            if item.closed_at is not None and item.closed_at > run.created_at:
                return "closed"
        if not trigger.own_stage and robot.on_leave == Robot.OnLeave.CANCEL:
            return "" if applies(robot, item) else "left"
        return "" if robot.item_type_id == item.pipeline.item_type_id else "left"

    def _conditions_hold(
        self, run: RobotRun, robot: Robot, item: Item, event: Event | None
    ) -> bool:
        if not robot.conditions or run.step:
            return True
        condition = self._conditions.get(robot.pk)
        if condition is None:
            try:
                condition = self._conditions[robot.pk] = conditions.parse(robot.conditions)
            except DomainError:
                run.explanation = {**run.explanation, "why": "unreadable"}
                return False
        judged = judge_card(condition, item, now=self.now, changes=changes_of(event))
        run.explanation = {**run.explanation, "conditions": judged.as_json()}
        return judged.holds

    def _keep(self, one: Doing) -> None:
        """Keep what became of a run that has acted."""
        run, refused = one.run, one.refused
        run.explanation = {**run.explanation, "actions": one.told}
        if any(line.get("reached") for line in one.told):
            run.client_id = one.item.company_id or one.item.contact_id
        if one.wait is not None:
            _sleep(run, one.wait, step=one.step)
            return
        run.step = len(one.steps)
        self.guards.note(one.item)
        self._end(run, State.FAILED if refused else State.DONE)

    def _end(self, run: RobotRun, state: str, *, why: str = "") -> None:
        run.state, run.ended_at = state, timezone.now()
        if why:
            run.explanation = {**run.explanation, "why": why}
        self.ended.append(run)


_END = """
UPDATE automation_robotrun r
SET state = e.state, ended_at = e.ended_at, explanation = e.explanation, step = e.step,
    client_id = e.client_id
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::jsonb[], %s::int[], %s::bigint[])
    AS e (id, state, ended_at, explanation, step, client_id)
WHERE r.id = e.id"""


def _end_of(run: RobotRun) -> tuple[Any, ...]:
    said = json.dumps(run.explanation)
    return (run.pk, run.state, run.ended_at, said, run.step, run.client_id)


def _rounds(runs: Sequence[RobotRun]) -> list[list[RobotRun]]:
    """Share runs out so that a card stands in each round once at most, in the order of its runs."""
    rounds: list[list[RobotRun]] = []
    seen: Counter[int] = Counter()
    for run in runs:
        number = seen[run.item_id]
        seen[run.item_id] += 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(run)
    return rounds


def _put_to(run: RobotRun, moment: datetime) -> None:
    run.due_at = moment
    run.save(update_fields=["due_at"])


def _sleep(run: RobotRun, wait: Wait, *, step: int) -> None:
    run.step, run.due_at, run.waits_for = step, wait.until, list(wait.verbs)
    run.state = State.WAITING if wait.verbs else State.PENDING
    run.save(update_fields=["step", "due_at", "waits_for", "state", "explanation", "client_id"])


@transaction.atomic
def end_waits(*, now: datetime | None = None, limit: int = 500) -> int:
    """Let runs go on whose wait for an event has been long enough; return how many."""
    moment = now or timezone.now()
    late = (
        RobotRun.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(state=State.WAITING, due_at__lte=moment)
        .values_list("pk", flat=True)[:limit]
    )
    return RobotRun.objects.filter(pk__in=list(late)).update(
        state=State.PENDING, due_at=moment, waits_for=[]
    )
