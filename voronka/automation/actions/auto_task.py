"""Sets a task with the scenario of the stage's passport; it closes by itself (RB-1, F10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from voronka.automation.commands.auto_tasks import Closing, TaskOrder, set_task
from voronka.automation.naming import RobotNames
from voronka.automation.params import NO_WORDS, Duration, Params, Who, Words
from voronka.automation.passports import text_of, title_of
from voronka.automation.recipients import one_person
from voronka.automation.registry import Context, Done, Effect, Nothing, Result, robot_action
from voronka.automation.spans import Span
from voronka.automation.texts import fill
from voronka.items.models import Item


class Settings(Params):
    who: Who = "owner"
    kind: Literal["task", "call", "meeting"] = "task"
    title: Words = Field(NO_WORDS, description="Empty: the goal of the stage")
    text: Words = Field(NO_WORDS, description="Empty: the scenario of the stage's passport")
    due: Duration = Field("", description="Empty: the deadline of the stage")
    remind: Duration = Field("", description="How long before its time to remind; empty: never")
    closes: Literal["stage", "leaving", "never"] = Field(
        "stage",
        description="By itself when the exit criteria are met or the card leaves; when it leaves;"
        " or only by hand",
    )


def _says(params: Settings, names: RobotNames) -> str:
    said = {"who": names.who(params.who), "title": params.title, "due": names.span(params.due)}
    if not params.title:
        return _("set the task of the stage: %(who)s") % said
    if params.due:
        return _("set the task “%(title)s”: %(who)s, within %(due)s") % said
    return _("set the task “%(title)s”: %(who)s, until the deadline of the stage") % said


def _causes(params: Settings) -> Iterable[Effect]:
    return [Effect("planned")]


@robot_action(
    "auto_task",
    title=gettext_lazy("Set a task from the stage's passport"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="checklist",
    group=gettext_lazy("Work"),
)
def auto_task(item: Item, params: Settings, context: Context) -> Result:
    """One task for a stay on the stage: while it is open, no second one is set."""
    if not item.stage.is_open:
        return Nothing(gettext_lazy("The card is closed: there is no work on its stage."))
    person = one_person(item, params.who)
    if person is None:
        return Nothing(gettext_lazy("There is nobody to give the task to."))
    language = person.language
    title = fill(params.title.local, item, now=context.now, language=language)
    text = fill(params.text.local, item, now=context.now, language=language)
    due = _due(item, params, context, person.pk)
    remind = Span.read(params.remind)
    task = set_task(
        item,
        TaskOrder(
            title=title or title_of(item.stage, language),
            text=text or text_of(item.stage, language),
            due_at=due,
            owner_id=person.pk,
            kind=params.kind,
            remind_at=due - timedelta(seconds=remind.seconds) if due and remind else None,
            closing=Closing(
                by_leaving=params.closes != "never", by_criteria=params.closes == "stage"
            ),
        ),
        robot=context.robot,
        by=context.by,
    )
    if task is None:
        return Nothing(gettext_lazy("The task of this stage is open already."))
    return Done(
        gettext_lazy("set the task “%(title)s” for %(who)s"),
        {"title": task.activity.title, "who": person},
        {"activity": task.activity_id},
    )


def _due(item: Item, params: Settings, context: Context, user_id: int) -> datetime | None:
    if params.due:
        return Span.read(params.due).after(context.now, lambda: context.schedule(user_id))
    return item.stalls_at
