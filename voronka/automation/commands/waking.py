"""From events to runs: one cheap question inside the command, all the rest in the worker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from voronka.automation import causes, chains, registry
from voronka.automation.checking import read
from voronka.automation.commands import auto_tasks, webhooks
from voronka.automation.commands.robots import ELSEWHERE, LEAVING, TUNNELLED, cancel_open
from voronka.automation.models import Robot, RobotRun
from voronka.automation.registry import Clock, Moment, Trigger
from voronka.automation.rules import applies, in_scope
from voronka.items.models import Item
from voronka.journal.commands import Beside, Writer
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput
from voronka.kernel.telling import LOOK_ANEW, Channel
from voronka.people.schedules import schedule_of

CHANNEL = Channel("voronka_robots")  # something may be due now
BATCH = 200  # events at once
LEFT = frozenset({*LEAVING, TUNNELLED})
ENTERING = LEFT | {"item.created"}
_OPEN = (RobotRun.State.PENDING, RobotRun.State.WAITING)

# Asked in every command that records an event: is there a robot for it, a run that waits for it,
# a task that may close by it, or an address outside to be told? If so, leave a note for the worker
# and wake it after the commit.
_WAKE = """wake AS (
    INSERT INTO automation_wake (event_id, item_id, cause_id, depth, at)
    SELECT a.event, a.item, a.cause, a.depth, now() FROM asked a
    WHERE EXISTS (
        SELECT 1 FROM automation_robot r
        WHERE r.enabled AND r.removed_at IS NULL AND (
            (a.verb = ANY (r.verbs) AND (r.pipeline_id = a.pipeline OR r.pipeline_id IS NULL))
            OR %s || a.verb = ANY (r.verbs)
        )
    ) OR EXISTS (
        SELECT 1 FROM automation_robotrun w
        WHERE w.item_id = a.item AND w.state IN ('pending', 'waiting')
          AND w.state = 'waiting' AND a.verb = ANY (w.waits_for)
    ) OR (a.closing AND EXISTS (
        SELECT 1 FROM automation_autotask t WHERE t.item_id = a.item AND t.closed_at IS NULL
    )) OR (a.again AND EXISTS (
        SELECT 1 FROM automation_autotask t WHERE t.item_id = a.item
    )) OR EXISTS (
        SELECT 1 FROM automation_webhook h WHERE h.active AND a.verb = ANY (h.verbs)
    )
    RETURNING 1
)"""
_LEFT = "(SELECT count(*) FROM wake)"
_ASK_MANY = """
WITH asked AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::text[],
        %s::bigint[], %s::bool[], %s::bool[])
        AS a (event, item, cause, depth, verb, pipeline, closing, again)
), WAKE
SELECT LEFT""".replace("WAKE", _WAKE).replace("LEFT", _LEFT)
_ASK_ONE = """asked AS (
    SELECT id AS event, %s::bigint AS item, %s::bigint AS cause, %s::int AS depth, %s::text AS verb,
        %s::bigint AS pipeline, %s::bool AS closing, %s::bool AS again
    FROM event
), WAKE""".replace("WAKE", _WAKE)


def _asked(event: Event) -> tuple[Any, ...]:
    cause = causes.current()
    return (
        event.pk,
        event.subject_id if event.subject_type == Item.journal_type else None,
        cause.run_id if cause else None,
        cause.depth + 1 if cause else 0,
        event.verb,
        event.pipeline_id,
        event.verb in auto_tasks.VERBS,
        event.verb in auto_tasks.BRINGING_BACK,
    )


def _leave_notes(asked: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ASK_MANY, [*map(list, zip(*asked, strict=True)), ELSEWHERE])
        _call_for(cursor.fetchone()[0])


def _ask_one(event: Event) -> list[Any]:
    return [*_asked(event)[1:], ELSEWHERE]


def _call_for(notes: int) -> None:
    if notes:
        call_worker()


# Leaves a note for the worker if a robot may care (a handler of cards' and clients' events).
on_event = Writer(
    _asked,
    _leave_notes,
    beside=Beside(_ASK_ONE, _LEFT, _ask_one, _call_for),
)


def call_worker() -> None:
    """Wake the worker after the commit: something may be due now."""
    CHANNEL.tell(LOOK_ANEW)


@dataclass(frozen=True, slots=True)
class _Note:
    event_id: int
    item_id: int | None
    cause_id: int | None
    depth: int


@transaction.atomic
def turn_wakes(*, limit: int = BATCH, now: datetime | None = None) -> int:
    """Turn the next noted events into runs; return how many events were looked at.

    One worker does so at a time, so that webhooks hear of a card's events in their order; the
    others get 0. The notes go and the runs come in one transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('voronka wakes'))")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(
            "DELETE FROM automation_wake WHERE id IN (SELECT id FROM automation_wake ORDER BY id"
            " LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING event_id, item_id, cause_id, depth",
            [limit],
        )
        notes = [_Note(*row) for row in cursor.fetchall()]
    if notes:
        notes.sort(key=lambda note: note.event_id)
        _Waking(notes, now or timezone.now()).run()
    return len(notes)


class _Waking:
    """One batch of events: robots and cards are read once for all of them."""

    def __init__(self, notes: Sequence[_Note], now: datetime) -> None:
        self.notes = notes
        self.now = now
        self.events = Event.objects.in_bulk([note.event_id for note in notes])
        rows = Robot.objects.working().select_related("item_type", "pipeline", "stage")
        self.robots: dict[str, list[Robot]] = defaultdict(list)
        for robot in rows:
            for verb in robot.verbs:
                self.robots[verb.removeprefix(ELSEWHERE)].append(robot)
        self.cards_of: dict[int, list[int]] = {}
        self.items = self._items()
        runs = RobotRun.objects.filter(item_id__in=self.items, state__in=_OPEN)
        self.with_runs = set(runs.values_list("item_id", flat=True))
        self.with_tasks = auto_tasks.cards_with_tasks(self.items)
        self.runs: list[RobotRun] = []
        self.armed: dict[tuple[int, int], Robot] = {}  # (robot, card): timers to set anew
        self.schedule = cache(schedule_of)

    def _items(self) -> dict[int, Item]:
        wanted: set[int] = set()
        for note in self.notes:
            event = self.events[note.event_id]
            ids = {note.item_id} if note.item_id else set()
            for robot in self.robots[event.verb]:
                trigger = registry.trigger(robot.trigger)
                if trigger is not None and trigger.cards and event.verb in trigger.verbs:
                    ids |= set(trigger.cards(event))
            self.cards_of[event.pk] = sorted(ids)
            wanted |= ids
        rows = Item.objects.select_related("stage", "pipeline__item_type")
        return rows.in_bulk(wanted)

    def run(self) -> None:
        webhooks.tell([self.events[note.event_id] for note in self.notes])
        for note in self.notes:
            event = self.events[note.event_id]
            for item_id in self.cards_of[event.pk]:
                item = self.items.get(item_id)
                if item is None:
                    continue
                own = item_id == note.item_id
                if own:
                    self._follow(event, item)
                for robot in self.robots[event.verb]:
                    self._wake(robot, event, item, note, own=own)
        for (_robot, item_id), robot in self.armed.items():
            self._arm(robot, self.items[item_id])
        RobotRun.objects.bulk_create(self.runs, batch_size=2000, ignore_conflicts=True)

    def _follow(self, event: Event, item: Item) -> None:
        """Do what follows from an event whatever the robots: waits end, tasks close."""
        if item.pk in self.with_runs:
            waiting = RobotRun.objects.filter(
                item_id=item.pk, state=RobotRun.State.WAITING, waits_for__contains=[event.verb]
            )
            over = [r.pk for r in waiting.select_related("robot") if _ends_wait(r, event)]
            RobotRun.objects.filter(pk__in=over, state=RobotRun.State.WAITING).update(
                state=RobotRun.State.PENDING, due_at=self.now, waits_for=[]
            )
        if event.verb in auto_tasks.VERBS and item.pk in self.with_tasks:
            auto_tasks.close_by_event(event, item)
        if event.verb in LEFT and item.pk in self.with_runs:
            self._leave(event, item)

    def _leave(self, event: Event, item: Item) -> None:
        """What becomes of open runs when a card leaves a stage is their robots' choice."""
        open_runs = RobotRun.objects.filter(item_id=item.pk, state__in=_OPEN).exclude(
            stay=item.stage_entered_at
        )
        rows = list(open_runs.select_related("robot"))
        bound = [r for r in rows if is_bound(r.robot)]
        finish = [r.pk for r in bound if r.robot.on_leave == Robot.OnLeave.FINISH]
        cancel = [r.pk for r in bound if r.robot.on_leave == Robot.OnLeave.CANCEL]
        timers = [r.pk for r in bound if r.pk in cancel and is_timer(r.robot) and not r.step]
        RobotRun.objects.filter(pk__in=timers).delete()  # nothing happened: nothing to explain
        if finish:
            RobotRun.objects.filter(pk__in=finish, due_at__gt=self.now).update(
                due_at=self.now, state=RobotRun.State.PENDING, waits_for=[]
            )
        if cancel:
            cancel_open(RobotRun.objects.filter(pk__in=cancel), "left")

    def _wake(self, robot: Robot, event: Event, item: Item, note: _Note, *, own: bool) -> None:
        trigger = registry.trigger(robot.trigger)
        if trigger is None or event.verb not in trigger.verbs:
            return
        if own == bool(trigger.cards):  # a trigger with `cards` means other cards than the event's
            return
        if not in_scope(
            robot, item_type_id=item.pipeline.item_type_id, pipeline_id=item.pipeline_id
        ):
            return
        if trigger.is_timer:
            self.armed[robot.pk, item.pk] = robot
        elif self._fires(trigger, robot, event, item):
            due = robot.delay.after(event.at, lambda: self.schedule(item.owner_id))
            self.runs.append(
                RobotRun(
                    robot=robot,
                    item=item,
                    key=f"e{event.pk}",
                    due_at=max(due, self.now) if not robot.delay_seconds else due,
                    created_at=self.now,
                    stay=_stay(event, item),
                    event_id=event.pk,
                    cause_id=note.cause_id,
                    depth=note.depth,
                )
            )

    def _fires(self, trigger: Trigger, robot: Robot, event: Event, item: Item) -> bool:
        if trigger.fires is None:
            return False
        if not trigger.own_stage and not applies(robot, item):
            return False
        try:
            settings = read(trigger.params, robot.settings)
        except InvalidInput:
            return False
        return trigger.fires(event, settings, robot)

    def _arm(self, robot: Robot, item: Item) -> None:
        """Let the due rows of a timer be what its card says now."""
        wanted = {m.key: m for m in moments(robot, item, now=self.now, schedule=self.schedule)}
        rows = RobotRun.objects.filter(robot=robot, item=item)
        known = {run.key: run for run in rows.filter(key__in=wanted)}
        stale = rows.filter(state=RobotRun.State.PENDING).exclude(key__in=wanted)
        stale.delete()
        for key, moment in wanted.items():
            run = known.get(key)
            if run is None:
                self.runs.append(timer_run(robot, item, moment, now=self.now))
            elif run.state == RobotRun.State.PENDING and run.due_at != moment.at:
                RobotRun.objects.filter(pk=run.pk, state=RobotRun.State.PENDING).update(
                    due_at=moment.at
                )


def _ends_wait(run: RobotRun, event: Event) -> bool:
    """Whether an event is what a run waits for: an automatic reply is no answer of a client."""
    told = run.explanation.get("actions") or [{}]
    steps = chains.steps(run.robot.actions)
    waits = steps[told[-1].get("step", run.step - 1) : run.step]
    trigger = registry.trigger(str(waits[0].settings.get("event", "")) if waits else "")
    return trigger is None or trigger.counts(event)


def timer_run(robot: Robot, item: Item, moment: Moment, *, now: datetime) -> RobotRun:
    """Return the due row of a timer, not saved yet."""
    return RobotRun(
        robot=robot,
        item=item,
        key=moment.key,
        due_at=moment.at,
        created_at=now,
        stay=item.stage_entered_at,
    )


def moments(robot: Robot, item: Item, *, now: datetime, schedule: Any) -> list[Moment]:
    """Return when a timer is due for a card: nothing where it does not apply."""
    trigger = registry.trigger(robot.trigger)
    if trigger is None or trigger.moments is None:
        return []
    if item.deleted_at is not None or item.is_closed or not applies(robot, item):
        return []
    try:
        settings = read(trigger.params, robot.settings)
    except InvalidInput:
        return []
    asked: Iterable[Moment] = trigger.moments(item, settings, Clock(now, schedule, robot))
    return list(asked)


def is_timer(robot: Robot) -> bool:
    """Whether a robot fires by the clock."""
    trigger = registry.trigger(robot.trigger)
    return trigger is not None and trigger.is_timer


def is_bound(robot: Robot) -> bool:
    """Whether a robot's runs end when the card leaves the stage in which they were woken."""
    trigger = registry.trigger(robot.trigger)
    return trigger is not None and trigger.binds(robot)


def _stay(event: Event, item: Item) -> datetime:
    """Return the stay that an event belongs to: of an entry, the moment it was made."""
    if event.verb == "item.move_undone":  # the stay before goes on
        return item.stage_entered_at
    return event.at if event.verb in ENTERING else item.stage_entered_at
