"""What is due is done: claimed in batches, judged, acted on, explained, in one transaction.

Exactly once inside the database: the effects and the run's own state commit together, so a worker
that dies at any moment leaves either all of them or none (docs/adr/0004).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from voronka.automation import causes, registry
from voronka.automation.checking import read
from voronka.automation.commands.guarding import Guards, tell_of_trouble
from voronka.automation.commands.waking import moments
from voronka.automation.facts import gather
from voronka.automation.models import Robot, RobotRun
from voronka.automation.registry import Context, Done, Nothing, Wait
from voronka.automation.rules import ATTEMPTS, applies, backoff, end_of_quiet
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel import conditions
from voronka.kernel.errors import DomainError, Sentence
from voronka.kernel.locking import lock_row
from voronka.kernel.texts import LANGUAGES
from voronka.people.schedules import schedule_of

BATCH = 20  # runs in one transaction: long enough to be quick, short enough to let people work
FRESH = timedelta(seconds=10)  # what became due just now does not stand behind a heap of old ones
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
    if runs:
        batch = _Batch(runs, moment)
        for run in runs:
            batch.perform(run)
    return len(runs)


def _run_alone(pk: int, now: datetime | None) -> None:
    try:
        with transaction.atomic():
            moment = now or timezone.now()
            for run in _claim(1, moment, only=pk):
                _Batch([run], moment).perform(run)
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
        robots = Robot.objects.select_related("item_type", "pipeline", "stage")
        self.robots = robots.in_bulk({run.robot_id for run in runs})
        self.events = Event.objects.in_bulk({run.event_id for run in runs if run.event_id})
        self.schedule = cache(schedule_of)
        self.guards = Guards(runs, now)
        self.changed: set[int] = set()  # cards that this batch has changed: to be read anew

    def perform(self, run: RobotRun) -> None:
        """Do one run and save what became of it."""
        robot = self.robots[run.robot_id]
        item = run.item
        if item.pk in self.changed:
            item = _read_again(item.pk)
        with causes.acting(run.pk, run.depth):
            self._judge(run, robot, item)
        if run.state == State.DONE or run.state == State.FAILED:
            self.changed.add(item.pk)

    def _judge(self, run: RobotRun, robot: Robot, item: Item) -> None:
        event = self.events.get(run.event_id or 0)
        trigger = registry.trigger(robot.trigger)
        if why := self._why_not(run, robot, item):
            if trigger is not None and trigger.is_timer and not run.step:
                run.delete()  # the clock was set for a card that is elsewhere now
            else:
                _end(run, State.CANCELLED, why=why)
            return
        if trigger is not None and trigger.is_timer and run.step == 0:
            wanted = {m.key: m for m in self._moments(robot, item)}
            moment = wanted.get(run.key)
            if moment is None:
                run.delete()  # what it waited for is gone: a next step was planned, for example
                return
            if moment.at > self.now:
                _put_to(run, moment.at)
                return
        quiet = end_of_quiet(
            self.now, robot.quiet_from, robot.quiet_until, ZoneInfo(settings.TIME_ZONE)
        )
        if quiet is not None:
            _put_to(run, quiet)
            return
        if trouble := self.guards.refusal(run, robot, item):
            _end(run, State.CANCELLED, why=trouble)
            if trouble in ("depth", "rate"):
                tell_of_trouble(robot, item, trouble, now=self.now)
            return
        if not self._conditions_hold(run, robot, item, event):
            _end(run, State.SKIPPED)
            return
        self._act(run, robot, item, event)

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
        try:
            condition = conditions.parse(robot.conditions)
        except DomainError:
            run.explanation = {**run.explanation, "why": "unreadable"}
            return False
        wanted = conditions.facts_of(condition)
        facts = gather(item, wanted, now=self.now)
        judged = conditions.judge(
            condition, facts, now=timezone.localtime(self.now), changes=changes_of(event)
        )
        run.explanation = {**run.explanation, "conditions": judged.as_json()}
        return judged.holds

    def _act(self, run: RobotRun, robot: Robot, item: Item, event: Event | None) -> None:
        context = Context(
            by=Actor("robot", None, str(robot.name)[:120]),
            robot=robot,
            run=run,
            now=self.now,
            event=event,
            schedule=self.schedule,
        )
        told: list[dict[str, Any]] = list(run.explanation.get("actions", ()))
        refused = any(not line["ok"] for line in told)
        for number in range(run.step, len(robot.actions)):
            wanted = robot.actions[number]
            here = replace(context, number=number)
            result, line = _do(wanted["action"], wanted.get("with", {}), item, here)
            told.append(line)
            refused = refused or not line["ok"]
            if isinstance(result, Wait):
                run.explanation = {**run.explanation, "actions": told}
                _sleep(run, result, step=number + 1)
                return
            if isinstance(result, Done) and number + 1 < len(robot.actions):
                item = _read_again(item.pk)
        run.explanation = {**run.explanation, "actions": told}
        run.step = len(robot.actions)
        if any(line.get("reached") for line in told):
            run.client_id = item.company_id or item.contact_id
        self.guards.note(item)
        _end(run, State.FAILED if refused else State.DONE)


def _do(
    code: str, kept: dict[str, Any], item: Item, context: Context
) -> tuple[registry.Result | None, dict[str, Any]]:
    """Do one action in a savepoint; return its result and the line that explains it."""
    action = registry.action(code)
    line: dict[str, Any] = {"action": code, "ok": True}
    if action is None:
        return None, line | {"ok": False, "text": _both(_UNKNOWN)}
    try:
        with transaction.atomic():
            result = action.run(item, read(action.params, kept), context)
    except DomainError as refusal:
        return None, line | {"ok": False, "text": _both(refusal.detail), "code": refusal.code}
    except DatabaseError:
        raise
    except Exception:
        logger.exception("Action %s of robot %s failed", code, context.robot.code)
        return None, line | {"ok": False, "text": _both(_BROKEN)}
    if isinstance(result, Wait):
        return result, line | {"until": result.until.isoformat()}
    if isinstance(result, Nothing):
        return result, line | {"nothing": True, "text": _both(result.why, result.values)}
    if result.made:
        line["made"] = dict(result.made)
    if action.reaches_client:
        line["reached"] = True
    return result, line | {"text": _both(result.text, result.values)}


_UNKNOWN = _("This action is not known here any more.")
_BROKEN = _("The action failed by an error of the program; the log tells more.")


def _both(text: Sentence, values: Any = None) -> dict[str, str]:
    """Return a sentence in every language, to be told months later to whoever asks."""
    said = {}
    for language in LANGUAGES:
        with override(language):
            said[language] = str(text % dict(values)) if values else str(text)
    return said


def changes_of(event: Event | None) -> dict[str, list[Any]]:
    """Return what an event has changed, in the codes of facts: code -> [old, new]."""
    if event is None:
        return {}
    found: dict[str, list[Any]] = {}
    for code, pair in (event.diff.get("changes") or {}).items():
        if isinstance(pair, list) and len(pair) == 2:
            plain = code in ("title", "amount", "grade", "source")
            found[code if plain else f"field.{code}"] = pair
    if event.verb == "item.lines_set" and isinstance(event.diff.get("amount"), list):
        found["amount"] = event.diff["amount"]
    return found


def _read_again(pk: int) -> Item:
    item = lock_row(Item.objects.select_related("stage", "pipeline__item_type"), pk)
    if item is None:
        raise Item.DoesNotExist
    return item


def _end(run: RobotRun, state: str, *, why: str = "") -> None:
    run.state, run.ended_at = state, timezone.now()
    if why:
        run.explanation = {**run.explanation, "why": why}
    run.save(update_fields=["state", "ended_at", "explanation", "step", "client_id"])


def _put_to(run: RobotRun, moment: datetime) -> None:
    run.due_at = moment
    run.save(update_fields=["due_at"])


def _sleep(run: RobotRun, wait: Wait, *, step: int) -> None:
    run.step, run.due_at, run.waits_for = step, wait.until, list(wait.verbs)
    run.state = State.WAITING if wait.verbs else State.PENDING
    run.save(update_fields=["step", "due_at", "waits_for", "state", "explanation"])


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
