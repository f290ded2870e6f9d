"""Sets a task to the head of sales that can't be waved away: what was done about it? (RB-2, F10)"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, override
from pydantic import Field

from voronka.automation.commands.auto_tasks import Closing, TaskOrder, set_task
from voronka.automation.models import AutoTask
from voronka.automation.naming import RobotNames
from voronka.automation.params import LONG, NO_WORDS, Duration, Params, Who, Words
from voronka.automation.recipients import one_person
from voronka.automation.registry import Context, Done, Effect, Nothing, Result, robot_action
from voronka.automation.spans import Span
from voronka.automation.texts import fill
from voronka.items.models import Item
from voronka.kernel.texts import LocalText

# How the head's task may end; "norm_wrong" feeds the review of norms.
ANSWERS = (
    ("helped", LocalText("Помог", "Helped")),
    ("reassigned", LocalText("Передал другому", "Gave it to somebody else")),
    ("refused", LocalText("Закрыл отказом", "Closed it as lost")),
    ("norm_wrong", LocalText("Норма неверная", "The norm is wrong")),
)


class Settings(Params):
    to: Who = Field("head", title=gettext_noop("Whom to call"))
    title: Words = Field(
        NO_WORDS,
        title=gettext_noop("What to do"),
        description=gettext_noop("Empty: find out why the card hangs, and help"),
    )
    text: Words = Field(NO_WORDS, title=gettext_noop("In more detail"), json_schema_extra=LONG)
    due: Duration = Field("4h", min_length=2, title=gettext_noop("To be done within"))


def _says(params: Settings, names: RobotNames) -> str:
    return _("set a task to %(who)s: find the cause and help, within %(due)s") % {
        "who": names.to_one(params.to),
        "due": names.span(params.due),
    }


def _causes(params: Settings) -> Iterable[Effect]:
    return [Effect("planned")]


@robot_action(
    "escalate",
    title=gettext_lazy("Call the head of sales"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="lifebuoy",
    group=gettext_lazy("People"),
)
def escalate(item: Item, params: Settings, context: Context) -> Result:
    """One open task for a stay on the stage. It closes when the card moves on after all."""
    head = one_person(item, params.to)
    if head is None:
        return Nothing(gettext_lazy("There is nobody above to be called."))
    language = head.language
    with override(language):
        own = _("“%(stage)s”: find out why the card hangs, and help %(owner)s") % {
            "stage": item.stage,
            "owner": item.owner,
        }
    title = fill(params.title.local, item, context, language=language) or own
    task = set_task(
        item,
        TaskOrder(
            title=title,
            text=fill(params.text.local, item, context, language=language),
            due_at=Span.read(params.due).after(context.now, lambda: context.schedule(head.pk)),
            owner_id=head.pk,
            purpose=AutoTask.Purpose.ESCALATION,
            closing=Closing(by_leaving=True, by_criteria=False),
            answers=[{"code": code, "name": name.as_dict()} for code, name in ANSWERS],
        ),
        robot=context.robot,
        by=context.by,
    )
    if task is None:
        return Nothing(gettext_lazy("The head of sales has this task already."))
    return Done(
        gettext_lazy("called %(who)s for help"), {"who": head}, {"activity": task.activity_id}
    )
