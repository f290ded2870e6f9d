"""Who was called for help has not said in time what was done about it (RB-2, F10)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.models import AutoTask
from voronka.automation.naming import RobotNames
from voronka.automation.params import Duration, Params
from voronka.automation.registry import Clock, Moment, timer_trigger
from voronka.automation.spans import Span
from voronka.items.models import Item


class Settings(Params):
    after: Duration = Field(
        "",
        title=gettext_noop("Overdue for"),
        description=gettext_noop("How long past its time; empty: at once"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    if not params.after:
        return _("the head's task to help with the card is overdue")
    return _("the head's task to help with the card has been overdue for %(span)s") % {
        "span": names.span(params.after)
    }


@timer_trigger(
    "help_overdue",
    title=gettext_lazy("The head of sales has not helped in time"),
    verbs=[
        "item.activity_planned",
        "item.activity_changed",
        "item.activity_done",
        "item.activity_reopened",
    ],
    params=Settings,
    says=_says,
    of_stage=True,
    icon="ladder",
    group=gettext_lazy("Time"),
)
def help_overdue(item: Item, params: Settings, clock: Clock) -> Iterable[Moment]:
    """Due once in a stay, by the first task of the head that passes its time.

    The tasks that such robots set themselves don't count, or each rung would call the next.
    """
    calls = AutoTask.objects.filter(
        item_id=item.pk,
        stay=item.stage_entered_at,
        purpose=AutoTask.Purpose.ESCALATION,
        closed_at=None,
        activity__done_at=None,
        activity__due_at__isnull=False,
    ).exclude(robot__trigger="help_overdue")
    first = calls.select_related("activity").order_by("activity__due_at").first()
    if first is not None and first.activity.due_at is not None:
        head_id = first.activity.owner_id
        at = Span.read(params.after).after(first.activity.due_at, lambda: clock.schedule(head_id))
        yield Moment(f"stay-{item.stage_entered_at.timestamp():.6f}", at)
