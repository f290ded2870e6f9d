"""Sets a task with the scenario of the stage's passport; it closes by itself (RB-1, F10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.commands.auto_tasks import CardTask, Closing, TaskOrder, set_tasks
from voronka.automation.models import AutoTask
from voronka.automation.naming import RobotNames
from voronka.automation.params import (
    ACTIVITY_KINDS,
    LONG,
    NO_WORDS,
    Duration,
    Params,
    Who,
    Words,
    choices,
)
from voronka.automation.passports import text_of, title_of
from voronka.automation.recipients import Recipients
from voronka.automation.registry import (
    Context,
    Done,
    Effect,
    Nothing,
    Result,
    Work,
    heap_action,
)
from voronka.automation.spans import Span
from voronka.automation.texts import fill, readable
from voronka.items.models import Item
from voronka.people.models import User


class Settings(Params):
    who: Who = Field("owner", title=gettext_noop("For whom"))
    kind: Literal["task", "call", "meeting"] = Field(
        "task", title=gettext_noop("What to plan"), json_schema_extra=ACTIVITY_KINDS
    )
    title: Words = Field(
        NO_WORDS,
        title=gettext_noop("What to do"),
        description=gettext_noop("Empty: the goal of the stage"),
    )
    text: Words = Field(
        NO_WORDS,
        title=gettext_noop("In more detail"),
        description=gettext_noop("Empty: the scenario of the stage's passport"),
        json_schema_extra=LONG,
    )
    due: Duration = Field(
        "",
        title=gettext_noop("To be done within"),
        description=gettext_noop("Empty: the deadline of the stage"),
    )
    remind: Duration = Field(
        "",
        title=gettext_noop("Remind before it"),
        description=gettext_noop("How long before its time to remind; empty: never"),
    )
    closes: Literal["stage", "leaving", "never"] = Field(
        "stage",
        title=gettext_noop("Closes by itself"),
        json_schema_extra=choices(
            stage=gettext_noop("When the exit criteria are met or the card leaves"),
            leaving=gettext_noop("When the card leaves the stage"),
            never=gettext_noop("Never: only by hand"),
        ),
    )


def _says(params: Settings, names: RobotNames) -> str:
    said = {
        "who": names.to_one(params.who),
        "title": readable(str(params.title), names),
        "due": names.span(params.due),
    }
    if not params.title:
        return _("set the task of the stage to %(who)s") % said
    if params.due:
        return _("set the task “%(title)s” to %(who)s, to be done within %(due)s") % said
    return _("set the task “%(title)s” to %(who)s, until the deadline of the stage") % said


def _causes(params: Settings) -> Iterable[Effect]:
    return [Effect("planned")]


@heap_action(
    "auto_task",
    title=gettext_lazy("Set a task from the stage's passport"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="checklist",
    group=gettext_lazy("Work"),
)
def auto_task(heap: Sequence[Work[Settings]]) -> list[Result]:
    """One task for a stay on the stage: while it is open, no second one is set."""
    known = Recipients([work.item for work in heap])
    results: dict[int, Result] = {}
    people: dict[int, User] = {}
    for n, work in enumerate(heap):
        if not work.item.stage.is_open:
            why = gettext_lazy("The card is closed: there is no work on its stage.")
            results[n] = Nothing(why)
        elif (person := known.one_person(work.item, work.params.who)) is None:
            results[n] = Nothing(gettext_lazy("There is nobody to give the task to."))
        else:
            people[n] = person
    made = set_tasks(
        [
            CardTask(
                work.item,
                _order(work.item, work.params, work.context, person),
                robot=work.context.robot,
                by=work.context.by,
                within=work.context.acting,
            )
            for n, person in people.items()
            for work in [heap[n]]
        ]
    )
    for (n, person), task in zip(people.items(), made, strict=True):
        results[n] = _told(task, person)
    return [results[n] for n in range(len(heap))]


def _order(item: Item, params: Settings, context: Context, person: User) -> TaskOrder:
    language = person.language
    title = fill(params.title.local, item, context, language=language)
    text = fill(params.text.local, item, context, language=language)
    due = _due(item, params, context, person.pk)
    remind = Span.read(params.remind)
    return TaskOrder(
        title=title or title_of(item.stage, language),
        text=text or text_of(item.stage, language),
        due_at=due,
        owner_id=person.pk,
        kind=params.kind,
        remind_at=due - timedelta(seconds=remind.seconds) if due and remind else None,
        closing=Closing(by_leaving=params.closes != "never", by_criteria=params.closes == "stage"),
    )


def _told(task: AutoTask | None, person: User) -> Result:
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
