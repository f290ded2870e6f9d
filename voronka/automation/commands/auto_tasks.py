"""Tasks that robots set, and how they close by themselves (RB-1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
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
from voronka.kernel.prepared import Prepared
from voronka.timeline.commands.activities import (
    CardPlan,
    Plan,
    finish_activity,
    plan_on_cards,
    reopen_activity,
)
from voronka.timeline.commands.carrying import give_activities
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
# The stay goes on.
RETURNING = frozenset({"item.move_undone", "item.loss_overturned", "item.conversion_undone"})
BRINGING_BACK = RETURNING | {"item.activity_reopened"}
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


@dataclass(frozen=True, slots=True)
class CardTask:
    """A task for a card that is locked in this transaction.

    Attributes:
        within: the context in which its event is recorded.
    """

    item: Item
    order: TaskOrder
    robot: Robot | None
    by: Actor
    within: Callable[[], AbstractContextManager[None]] = nullcontext


def set_task(item: Item, order: TaskOrder, *, robot: Robot | None, by: Actor) -> AutoTask | None:
    """Plan a task that closes by itself; None when the same one is open in this stay already.

    Records `item.activity_planned`.

    Raises:
        InvalidInput: as `plan_activity`.
    """
    return set_tasks([CardTask(item, order, robot, by)])[0]


def set_tasks(wanted: Sequence[CardTask]) -> list[AutoTask | None]:
    """Do for several cards, each named once, what `set_task` does for one.

    Raises:
        InvalidInput: as `plan_activity`; if any is refused, none is set.
    """
    open_now = {(t.item_id, t.purpose, t.stay, t.robot_id) for t in _open_tasks(wanted)}
    new = [one for one in wanted if _same(one) not in open_now]
    if not new:
        return [None] * len(wanted)
    plans = [CardPlan(w.item, _plan(w.order), w.order.owner_id, w.by, w.within) for w in new]
    tasks = [
        AutoTask(
            activity=activity,
            item=one.item,
            stage_id=one.item.stage_id,
            stay=one.item.stage_entered_at,
            robot=one.robot,
            purpose=one.order.purpose,
            passport=_passport(one),
            by_leaving=one.order.closing.by_leaving,
            by_criteria=one.order.closing.by_criteria,
        )
        for one, activity in zip(new, plan_on_cards(plans), strict=True)
    ]
    made = dict(zip(map(id, new), AutoTask.objects.bulk_create(tasks), strict=True))
    return [made.get(id(one)) for one in wanted]


def _open_tasks(wanted: Sequence[CardTask]) -> list[AutoTask]:
    if len(wanted) == 1:
        return _OPEN.all(wanted[0].item.pk)
    items = [one.item for one in wanted]
    return list(AutoTask.objects.filter(item__in=items, closed_at=None))


def _same(one: CardTask) -> tuple[Any, ...]:
    robot_id = one.robot.pk if one.robot else None
    return (one.item.pk, one.order.purpose, one.item.stage_entered_at, robot_id)


def _plan(order: TaskOrder) -> Plan:
    return Plan(
        kind=order.kind,
        title=order.title,
        due_at=order.due_at,
        text=order.text,
        remind_at=order.remind_at,
        answers=tuple(order.answers),
    )


def _passport(one: CardTask) -> str:
    return fingerprint(one.item.stage) if one.order.purpose == AutoTask.Purpose.STAGE else ""


_OPEN = Prepared(
    lambda item_id: AutoTask.objects.filter(item_id=item_id, closed_at=None), int, model=AutoTask
)


def cards_with_tasks(item_ids: Collection[int]) -> set[int]:
    """Return the cards on which an event may close a task or bring one back. One SQL query."""
    tasks = AutoTask.objects.filter(item_id__in=item_ids)
    return set(tasks.values_list("item_id", flat=True))


def close_by_event(event: Event, item: Item) -> int:
    """Close the open tasks of a card that an event has made pointless; return how many.

    A card that moved on has met the stage's aim: its task is done. One that was lost, returned or
    deleted: cancelled. A move taken back, or a loss that was none, brings the task back.
    """
    if event.verb == "item.activity_reopened":
        again = AutoTask.objects.filter(activity_id=event.diff.get("activity"))
        return again.update(closed_at=None, closed_how="")
    if event.verb in RETURNING:
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


def on_assigned(event: Event) -> None:
    """Let the stage's task go with the card to its new responsible (a handler of `item.assigned`).

    What the former one has planned stays theirs, and so do tasks of the head.
    """
    mine = AutoTask.objects.filter(
        item_id=event.subject_id,
        closed_at=None,
        purpose=AutoTask.Purpose.STAGE,
        activity__done_at=None,
        activity__owner_id=event.diff.get("left"),
    )
    if ids := list(mine.values_list("activity_id", flat=True)):
        item = Item.objects.get(pk=event.subject_id)
        give_activities(ids, item=item, owner_id=event.diff["entered"], by=_ROBOT)


def _close(task: AutoTask, how: str, outcome: str) -> None:
    task.closed_at, task.closed_how = timezone.now(), how
    task.save(update_fields=["closed_at", "closed_how"])
    if how == "person":
        return
    item = Item.objects.alive().select_related("stage").filter(pk=task.item_id).first()
    if item is not None:
        result = {
            "left": _("The card is closed.")
            if item.is_closed
            else _("The card has left the stage."),
            "criteria": _("The exit criteria of the stage are met."),
        }[how]
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
