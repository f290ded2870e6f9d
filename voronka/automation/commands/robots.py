"""Robots themselves: saved, switched, put in order, taken away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.automation import registry
from voronka.automation.checking import Checked, check, loopable, plain
from voronka.automation.errors import EndlessCircle, NoSuchRobot
from voronka.automation.models import Robot, RobotRun
from voronka.automation.rules import MAX_ROBOTS, Loopable, find_circle
from voronka.automation.specs import RobotSpec
from voronka.journal.actors import Actor
from voronka.kernel import conditions
from voronka.kernel.errors import InvalidInput
from voronka.kernel.locking import lock_row
from voronka.kernel.texts import LocalText
from voronka.pipelines.commands.writing import arrange, begin, find, next_position, note, number
from voronka.pipelines.errors import NoSuchPart, refuse_if
from voronka.pipelines.models import ItemType, Pipeline, Stage

LEAVING = ("item.moved", "item.won", "item.lost", "item.corrected", "item.move_undone")
TUNNELLED = "item.tunnelled"
ELSEWHERE = "*"  # before a verb: it happens to other cards than the robot's own, in any funnel
_SHOWN = {"settings", "conditions", "actions"}  # too long for the journal as they are


@transaction.atomic
def save_robot(spec: RobotSpec, *, by: Actor, robots: Iterable[str] = ()) -> Robot:
    """Create a robot, or change the one with this code; a robot taken away comes back.

    Runs that are already due follow the new settings. Cards that stand where it is bound to are
    left alone; `publish_robot` lets it act on them. Records `robot.created` or `robot.changed`.

    Args:
        robots: codes of robots that are about to be saved as well and may be named.
    Raises:
        Forbidden: the role may not set up.
        InvalidSetup: a part of the spec can't be used; `fields` name the places.
        NoSuchPart: there is no such item type, funnel or stage.
        EndlessCircle: it would wake itself without end, alone or with others.
    Source: docs/domain/robots.md.
    """
    begin(by)
    item_type, pipeline, stage = _place(spec)
    checked = check(
        spec, item_type=item_type, pipeline=pipeline, stage=stage, robots=frozenset(robots)
    )
    refuse_if(checked.problems)
    row = Robot.objects.filter(code=spec.code).first()
    if spec.enabled:
        _require_room(row)
        _require_no_circle(spec, checked)
    new = row is None
    row = row or Robot(
        code=spec.code,
        created_by_id=by.user_id,
        position=next_position(Robot.objects.filter(item_type=item_type)),
    )
    before = {} if new or row.removed_at else _compared(row)
    _fill(row, spec, checked, item_type, pipeline, stage)
    changed = {name: value for name, value in _compared(row).items() if before.get(name) != value}
    if not changed and row.removed_at is None:
        return row
    row.removed_at = None
    row.changed_at = timezone.now()
    row.save()
    diff = {n: [_told(n, before.get(n)), _told(n, v)] for n, v in changed.items()}
    what = "created" if new or not before else "changed"
    note(row, what, by=by, pipeline_id=row.pipeline_id, changes=diff, code=row.code)
    return row


@transaction.atomic
def switch_robot(robot_id: int, *, on: bool, by: Actor) -> Robot:
    """Switch a robot on or off; records `robot.switched`. Off, what is due of it is cancelled.

    Raises:
        NoSuchRobot, Forbidden: it, or the right to set up.
        EndlessCircle: switched on, it would wake itself without end.
    """
    begin(by)
    row = _lock(robot_id)
    if row.enabled == on:
        return row
    if on:
        spec = RobotSpec.of(row)
        checked = check(spec, item_type=row.item_type, pipeline=row.pipeline, stage=row.stage)
        refuse_if(checked.problems)
        _require_room(row)
        row.enabled = True
        _require_no_circle(RobotSpec.of(row), checked)
    row.enabled = on
    row.changed_at = timezone.now()
    row.save(update_fields=["enabled", "changed_at"])
    if not on:
        _drop_open(row, "off")
    note(row, "switched", by=by, pipeline_id=row.pipeline_id, on=on, code=row.code)
    return row


@transaction.atomic
def remove_robot(robot_id: int, *, by: Actor) -> None:
    """Take a robot away; its past runs stay explained. Records `robot.removed`.

    Raises:
        NoSuchRobot, Forbidden: it, or the right to set up.
    """
    begin(by)
    row = _lock(robot_id)
    row.removed_at = timezone.now()
    row.save(update_fields=["removed_at"])
    _drop_open(row, "removed")
    note(row, "removed", by=by, pipeline_id=row.pipeline_id, code=row.code, name=row.name.as_dict())


@transaction.atomic
def reorder_robots(item_type: str, order: Sequence[str], *, by: Actor) -> None:
    """Put the robots of an item type in the order of these codes.

    Raises:
        InvalidSetup: a code is unknown or named twice.
    """
    begin(by)
    kind = find(ItemType.objects.all(), item_type, _("There is no item type “%(code)s”."))
    rows = list(Robot.objects.alive().filter(item_type=kind))
    if number(arrange(rows, order)):
        note(kind, "changed", by=by, changes={"robots": [None, list(order)]})


def on_stage_removed(event: Any) -> None:
    """A stage goes away: what was bound to it does not become a robot of the whole funnel."""
    rows = Robot.objects.alive().filter(stage_id=event.subject_id)
    for row in rows:
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at"])
        _drop_open(row, "removed")


def _drop_open(row: Robot, why: str) -> None:
    """Drop what is due of a robot. Rows of a timer go: nothing has happened yet to be explained."""
    trigger = registry.trigger(row.trigger)
    runs = RobotRun.objects.filter(robot=row)
    if trigger is not None and trigger.is_timer:
        runs.filter(state=RobotRun.State.PENDING, step=0).delete()
    cancel_open(runs, why)


def cancel_open(runs: Any, why: str) -> int:
    """Cancel the runs that are still open; those that a worker holds see for themselves.

    Args:
        why: a code that `words.REASONS` puts into words.
    """
    open_states = [RobotRun.State.PENDING, RobotRun.State.WAITING]
    rows = list(
        runs.filter(state__in=open_states).select_for_update(skip_locked=True, of=("self",))
    )
    now = timezone.now()
    for run in rows:  # what a run in several steps has done already stays told
        run.state, run.ended_at = RobotRun.State.CANCELLED, now
        run.explanation = {**run.explanation, "why": why}
    RobotRun.objects.bulk_update(rows, ["state", "ended_at", "explanation"], batch_size=500)
    return len(rows)


def begin_with(robot_id: int, *, by: Actor) -> Robot:
    """Check the right to set up, take the set-up's lock, and lock a robot.

    Raises:
        NoSuchRobot, Forbidden.
    """
    begin(by)
    return _lock(robot_id)


def _lock(robot_id: int) -> Robot:
    rows = Robot.objects.select_related("item_type", "pipeline", "stage")
    row = lock_row(rows.filter(removed_at=None), robot_id)
    if row is None:
        raise NoSuchRobot
    return row


def _place(spec: RobotSpec) -> tuple[ItemType, Pipeline | None, Stage | None]:
    kind = find(ItemType.objects.all(), spec.item_type, _("There is no item type “%(code)s”."))
    pipeline = stage = None
    if spec.pipeline:
        rows = Pipeline.objects.filter(item_type=kind)
        pipeline = find(rows, spec.pipeline, _("There is no funnel “%(code)s”."))
    if spec.stage:
        if pipeline is None:
            raise NoSuchPart(_("A stage needs its funnel: name it as well."))
        sentence = _("There is no stage “%(code)s” in this funnel.")
        stage = find(pipeline.stages.all(), spec.stage, sentence)
    return kind, pipeline, stage


def _require_room(row: Robot | None) -> None:
    working = Robot.objects.working()
    others = working.exclude(pk=row.pk) if row else working
    if others.count() >= MAX_ROBOTS:
        raise InvalidInput(
            _("At most %(count)d robots work at once. Switch off those nobody needs.")
            % {"count": MAX_ROBOTS}
        )


def _require_no_circle(spec: RobotSpec, checked: Checked) -> None:
    mine = loopable(spec, checked)
    if not mine.certain:
        return
    others = []
    rows = Robot.objects.working().exclude(code=spec.code)
    for row in rows.select_related("item_type", "pipeline", "stage"):
        if found := _loopable_row(row):
            others.append(found)
    types = dict(Pipeline.objects.values_list("code", "item_type__code"))
    if circle := find_circle(mine, others, types):
        raise EndlessCircle(circle)


def _loopable_row(row: Robot) -> Loopable | None:
    if row.delay_seconds or row.conditions:
        return None
    spec = RobotSpec.of(row)
    checked = check(spec, item_type=row.item_type, pipeline=row.pipeline, stage=row.stage)
    if checked.trigger is None or checked.settings is None:
        return None  # a package that knew the trigger is gone
    return loopable(spec, checked)


def _fill(
    row: Robot,
    spec: RobotSpec,
    checked: Checked,
    item_type: ItemType,
    pipeline: Pipeline | None,
    stage: Stage | None,
) -> None:
    _trigger, settings = checked.wakes_by
    row.name = spec.name
    row.item_type, row.pipeline, row.stage = item_type, pipeline, stage
    row.trigger, row.settings = spec.trigger, plain(settings)
    always = checked.condition == conditions.ALWAYS
    row.conditions = {} if always else conditions.dump(checked.condition)
    row.delay_seconds, row.delay_working = spec.delay.seconds, spec.delay.working
    if not spec.delay:
        row.delay_working = True
    kept = [(action.code, plain(params)) for action, params in checked.actions]
    row.actions = [{"action": code, **({"with": p} if p else {})} for code, p in kept]
    row.on_leave, row.enabled, row.ready = spec.on_leave, spec.enabled, spec.ready
    row.quiet_from, row.quiet_until = spec.quiet.since, spec.quiet.until
    row.per_card, row.per_client = spec.limits.per_card, spec.limits.per_client
    row.per_day = spec.limits.per_day
    row.verbs = sorted(verbs_of(row, checked))


def verbs_of(row: Robot, checked: Checked) -> set[str]:
    """Return the journal events after which the worker has to look at a robot.

    A robot that may have something pending hears of a card that leaves its stage as well.
    """
    trigger, _settings = checked.wakes_by
    mark = ELSEWHERE if trigger.cards else ""
    verbs = {mark + verb for verb in trigger.verbs}
    waits = row.delay_seconds or trigger.is_timer or row.quiet_from
    waits = waits or "wait" in checked.codes
    if waits and trigger.binds(row):
        verbs |= {*LEAVING, TUNNELLED}
    return verbs


def _compared(row: Robot) -> dict[str, Any]:
    names = (
        "name", "item_type_id", "pipeline_id", "stage_id", "trigger", "settings", "conditions",
        "delay_seconds", "delay_working", "actions", "on_leave", "quiet_from", "quiet_until",
        "per_card", "per_client", "per_day", "ready", "enabled",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


def _told(name: str, value: Any) -> Any:
    if isinstance(value, LocalText):
        return value.as_dict()
    return value if name not in _SHOWN else None if value is None else "…"
