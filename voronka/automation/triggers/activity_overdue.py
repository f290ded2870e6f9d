"""A planned task, call or meeting on a card has passed its time (Q4)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.models import AutoTask
from voronka.automation.naming import RobotNames
from voronka.automation.params import ACTIVITY_KINDS, Duration, Params
from voronka.automation.registry import Clock, Moment, timer_trigger
from voronka.automation.spans import Span
from voronka.items.models import Item
from voronka.timeline.models import Activity


class Settings(Params):
    after: Duration = Field(
        "",
        title=gettext_noop("Overdue for"),
        description=gettext_noop("How long past its time; empty: at once"),
    )
    kinds: list[Literal["task", "call", "meeting"]] = Field(
        default_factory=list,
        title=gettext_noop("What is overdue"),
        description=gettext_noop("Empty: any"),
        json_schema_extra=ACTIVITY_KINDS,
    )
    only_auto_tasks: bool = Field(False, title=gettext_noop("Only tasks that robots have set"))


def _says(params: Settings, names: RobotNames) -> str:
    what = _("an auto-task") if params.only_auto_tasks else _("something planned")
    if not params.after:
        return _("%(what)s is overdue") % {"what": what}
    return _("%(what)s has been overdue for %(span)s") % {
        "what": what,
        "span": names.span(params.after),
    }


@timer_trigger(
    "activity_overdue",
    title=gettext_lazy("A task, call or meeting is overdue"),
    verbs=[
        "item.activity_planned",
        "item.activity_changed",
        "item.activity_done",
        "item.activity_reopened",
    ],
    params=Settings,
    says=_says,
    icon="alarm",
    group=gettext_lazy("Time"),
)
def activity_overdue(item: Item, params: Settings, clock: Clock) -> Iterable[Moment]:
    """Due once for every activity and time: putting it off gives another chance.

    Tasks of the head of sales don't count: they are the answer to such a thing.
    """
    planned = Activity.objects.planned().filter(item_id=item.pk, due_at__isnull=False)
    if params.kinds:
        planned = planned.filter(kind__in=params.kinds)
    if params.only_auto_tasks:
        planned = planned.filter(auto_task__purpose=AutoTask.Purpose.STAGE)
    else:
        planned = planned.exclude(auto_task__purpose__in=_OF_THE_HEAD)
    span = Span.read(params.after)
    for pk, due, owner_id in planned.values_list("pk", "due_at", "owner_id"):
        if due is not None:
            at = span.after(due, partial(clock.schedule, owner_id))
            yield Moment(f"activity-{pk}-{int(due.timestamp())}", at)


_OF_THE_HEAD = (AutoTask.Purpose.ESCALATION, AutoTask.Purpose.VERDICT, AutoTask.Purpose.PASS)
