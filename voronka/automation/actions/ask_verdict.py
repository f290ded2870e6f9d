"""Asks the head of sales at once whether a loss is right (QL-6, Q5)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, override
from pydantic import Field

from voronka.automation.commands.auto_tasks import Closing, TaskOrder, set_task
from voronka.automation.commands.verdicts import ask_verdict as ask
from voronka.automation.models import AutoTask
from voronka.automation.naming import RobotNames
from voronka.automation.params import Duration, Params
from voronka.automation.registry import Context, Done, Effect, Nothing, Result, robot_action
from voronka.automation.spans import Span
from voronka.items.models import Item
from voronka.people.models import User


class Settings(Params):
    within: Duration = Field(
        "1d",
        min_length=2,
        title=gettext_noop("Time to check it"),
        description=gettext_noop("Nobody has checked it by then: it counts as confirmed"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    return _("ask the head of sales whether the loss is right, within %(span)s") % {
        "span": names.span(params.within)
    }


def _causes(params: Settings) -> Iterable[Effect]:
    return [Effect("planned")]


@robot_action(
    "ask_verdict",
    title=gettext_lazy("Have the loss checked"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="gavel",
    group=gettext_lazy("People"),
)
def ask_verdict(item: Item, params: Settings, context: Context) -> Result:
    """Once for a loss; the task of the head closes with the verdict."""
    owner_id = item.owner_id
    due = Span.read(params.within).after(context.now, lambda: context.schedule(owner_id))
    verdict = ask(item, due_at=due, by=context.by)
    if verdict is None:
        return Nothing(gettext_lazy("It is not lost, or the loss is being checked already."))
    head = User.objects.filter(pk=verdict.judge_id or 0).first()
    if head is None:
        return Done(gettext_lazy("the loss waits for a check; there is nobody above to be told"))
    with override(head.language):
        reason = item.loss_reason
        title = _("Check the loss of “%(title)s”") % {"title": item.title}
        text = _("Reason given: %(reason)s. Responsible: %(owner)s.") % {
            "reason": reason or _("none"),
            "owner": item.owner,
        }
    task = set_task(
        item,
        TaskOrder(
            title=title[:255],
            text="\n".join(filter(None, [text, item.loss_comment])),
            due_at=due,
            owner_id=head.pk,
            purpose=AutoTask.Purpose.VERDICT,
            closing=Closing(by_leaving=True, by_criteria=False),
        ),
        robot=context.robot,
        by=context.by,
    )
    made = {"verdict": verdict.pk} | ({"activity": task.activity_id} if task else {})
    return Done(gettext_lazy("asked %(who)s to check the loss"), {"who": head}, made)
