"""Plans a task, call or meeting: the next step that nobody has planned."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Literal

from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import ACTIVITY_KINDS, LONG, NO_WORDS, Duration, Params, Who, Words
from voronka.automation.recipients import people
from voronka.automation.registry import Context, Done, Effect, Nothing, Result, robot_action
from voronka.automation.spans import Span
from voronka.automation.texts import fill, readable
from voronka.items.models import Item
from voronka.timeline.commands.activities import Plan, plan_activity


class Settings(Params):
    kind: Literal["task", "call", "meeting"] = Field(
        "task", title=gettext_noop("What to plan"), json_schema_extra=ACTIVITY_KINDS
    )
    who: list[Who] = Field(
        default_factory=lambda: ["owner"],
        min_length=1,
        max_length=20,
        title=gettext_noop("For whom"),
    )
    title: Words = Field(title=gettext_noop("What to do"))
    due: Duration = Field("1d", min_length=2, title=gettext_noop("To be done within"))
    text: Words = Field(NO_WORDS, title=gettext_noop("In more detail"), json_schema_extra=LONG)


_PLAN = {
    "task": gettext_lazy("plan the task “%(title)s” for %(who)s, within %(due)s"),
    "call": gettext_lazy("plan the call “%(title)s” for %(who)s, within %(due)s"),
    "meeting": gettext_lazy("plan the meeting “%(title)s” for %(who)s, within %(due)s"),
}


def _says(params: Settings, names: RobotNames) -> str:
    return str(_PLAN[params.kind]) % {
        "title": readable(str(params.title), names),
        "who": names.to_all(params.who),
        "due": names.span(params.due),
    }


def _causes(params: Settings) -> Iterable[Effect]:
    return [Effect("planned")]


@robot_action(
    "schedule_activity",
    title=gettext_lazy("Plan a task, call or meeting"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="calendar-plus",
    group=gettext_lazy("Work"),
)
def schedule_activity(item: Item, params: Settings, context: Context) -> Result:
    """Everybody who is meant gets one of their own."""
    found = people(item, params.who)
    if not found:
        return Nothing(gettext_lazy("There is nobody to plan it for."))
    made = {}
    for user in found:
        due = Span.read(params.due).after(context.now, partial(context.schedule, user.pk))
        activity = plan_activity(
            Plan(
                kind=params.kind,
                title=fill(params.title.local, item, context, language=user.language),
                text=fill(params.text.local, item, context, language=user.language),
                due_at=due,
            ),
            by=context.by,
            item_id=item.pk,
            owner_id=user.pk,
        )
        made["activity"] = activity.pk
    names = ", ".join(str(user) for user in found)
    return Done(gettext_lazy("planned for: %(people)s"), {"people": names}, made)
