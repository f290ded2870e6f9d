"""Tasks that robots set, and how they close by themselves (RB-1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from voronka.automation.models import AutoTask, Robot
from voronka.automation.passports import fingerprint
from voronka.items import gate
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.timeline.commands.activities import (
    Plan,
    finish_activity,
    plan_activity,
    reopen_activity,
)
from voronka.timeline.models import Activity

FORWARD = frozenset({"item.moved", "item.won", "item.tunnelled"})
BACK = frozenset({"item.lost", "item.corrected", "item.move_undone", "item.deleted"})
# What may meet an exit criterion: facts, ticks, and work that was done.
PROVING = frozenset(
    {
        "item.changed",
        "item.criterion_confirmed",
        "item.activity_done",
        "item.file_attached",
        "item.lines_set",
        "item.note_written",
    }
)
BRINGING_BACK = frozenset({"item.move_undone", "item.activity_reopened"})
VERBS = FORWARD | BACK | PROVING | BRINGING_BACK
_ROBOT = Actor("robot", None, "")


@dataclass(frozen=True, slots=True)
class Closing:
    """When a task closes by itself: the card leaves the stage, its exit criteria are met."""

    by_leaving: bool = True
    by_criteria: bool = True


@dataclass(frozen=True, slots=True)
class TaskOrder:
    """A task that a robot sets. `answers`: it ends with one of these only (code, names)."""

    title: str
    text: str
    due_at: datetime | None
    owner_id: int
    kind: str = Activity.Kind.TASK
    remind_at: datetime | None = None
    purpose: str = AutoTask.Purpose.STAGE
    closing: Closing = Closing()
    answers: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


def set_task(item: Item, order: TaskOrder, *, robot: Robot | None, by: Actor) -> AutoTask | None:
    """Plan a task that closes by itself; None when the same one is open in this stay already.

    Records `item.activity_planned`.

    Raises:
        InvalidInput: as `plan_activity`.
    """
    same = AutoTask.objects.filter(
        item=item, purpose=order.purpose, stay=item.stage_entered_at, closed_at=None, robot=robot
    )
    if same.exists():
        return None
    activity = plan_activity(
        Plan(
            kind=order.kind,
            title=order.title,
            due_at=order.due_at,
            text=order.text,
            remind_at=order.remind_at,
            answers=tuple(order.answers),
        ),
        by=by,
        item_id=item.pk,
        owner_id=order.owner_id,
    )
    stage_task = order.purpose == AutoTask.Purpose.STAGE
    return AutoTask.objects.create(
        activity=activity,
        item=item,
        stage_id=item.stage_id,
        stay=item.stage_entered_at,
        robot=robot,
        purpose=order.purpose,
        passport=fingerprint(item.stage) if stage_task else "",
        by_leaving=order.closing.by_leaving,
        by_criteria=order.closing.by_criteria,
    )


def close_by_event(event: Event, item: Item) -> int:
    """Close the open tasks of a card that an event has made pointless; return how many.

    A card that moved on has met the stage's aim: its task is done. One that was lost, returned or
    deleted: cancelled. A move taken back brings the task back.
    """
    if event.verb == "item.activity_reopened":
        again = AutoTask.objects.filter(activity_id=event.diff.get("activity"))
        return again.update(closed_at=None, closed_how="")
    if event.verb == "item.move_undone":
        _bring_back(item)
    tasks = list(AutoTask.objects.select_related("activity").filter(item=item, closed_at=None))
    met: bool | None = None
    closed = 0
    for task in tasks:
        how, outcome = "", Activity.Outcome.DONE
        if task.activity.done_at is not None:
            how = "person"
        elif event.verb in FORWARD | BACK:
            if task.by_leaving and task.stay != item.stage_entered_at:
                how = "left"
            if event.verb == "item.deleted":
                how = "left"
            if event.verb in BACK:
                outcome = Activity.Outcome.CANCELLED
        elif task.by_criteria and task.stay == item.stage_entered_at:
            met = _criteria_met(item) if met is None else met
            how = "criteria" if met else ""
        if how:
            _close(task, how, outcome)
            closed += 1
    return closed


def _close(task: AutoTask, how: str, outcome: str) -> None:
    task.closed_at, task.closed_how = timezone.now(), how
    task.save(update_fields=["closed_at", "closed_how"])
    if how == "person":
        return
    result = {
        "left": _("The card has left the stage."),
        "criteria": _("The exit criteria of the stage are met."),
    }[how]
    if Item.objects.alive().filter(pk=task.item_id).exists():
        finish_activity(task.activity_id, outcome=outcome, by=_ROBOT, result=str(result))


def _bring_back(item: Item) -> None:
    tasks = AutoTask.objects.filter(item=item, stay=item.stage_entered_at, closed_how="left")
    for task in tasks:
        task.closed_at, task.closed_how = None, ""
        task.save(update_fields=["closed_at", "closed_how"])
        reopen_activity(task.activity_id, by=_ROBOT)


def _criteria_met(item: Item) -> bool:
    """Whether the stage asks for something, and all of it is there."""
    wanted, unmet = gate.criteria_now(item)
    return bool(wanted) and not unmet
