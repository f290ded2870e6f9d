"""Tells people something: behind the bell."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import LONG, Params, Who, Words
from voronka.automation.recipients import Recipients
from voronka.automation.registry import Done, Nothing, Result, Work, heap_action
from voronka.automation.texts import fill, readable
from voronka.people.models import User
from voronka.timeline.commands.notifications import Notice, cause_of, notify_many


class Settings(Params):
    who: list[Who] = Field(
        default_factory=lambda: ["owner"],
        min_length=1,
        max_length=20,
        title=gettext_noop("Whom to tell"),
    )
    text: Words = Field(
        title=gettext_noop("What to tell"),
        description=gettext_noop("With {title}, {amount}, {client.name} … of the card"),
        json_schema_extra=LONG,
    )


def _says(params: Settings, names: RobotNames) -> str:
    said = {"who": names.whom(params.who), "text": readable(str(params.text), names)}
    return _("tell %(who)s: “%(text)s”") % said


@heap_action(
    "notify",
    title=gettext_lazy("Tell people"),
    params=Settings,
    says=_says,
    icon="bell",
    group=gettext_lazy("People"),
)
def notify_people(heap: Sequence[Work[Settings]]) -> list[Result]:
    """Everybody is told once, in their own language; nobody of what they have just done.

    Where the event itself rings for a person, the robot's words stay behind the bell (UI-11).
    """
    known = Recipients([work.item for work in heap])
    results: list[Result] = []
    notices: list[Notice] = []
    for work in heap:
        item, context, params = work.item, work.context, work.params
        event = None if context.robot.delay else context.event  # later is another matter
        doer = event.actor_user_id if event else None
        cause = cause_of(event) if event else ""
        told = [user for user in known.people(item, params.who) if user.pk != doer]
        for user in told:
            text = fill(params.text.local, item, context, language=user.language)
            notices.append(Notice(user.pk, "robot", text, item.pk, key=context.key, cause=cause))
        results.append(_told(told))
    notify_many(notices)
    return results


def _told(people: list[User]) -> Result:
    if not people:
        return Nothing(gettext_lazy("There is nobody to tell."))
    names = ", ".join(str(user) for user in people)
    return Done(gettext_lazy("told: %(people)s"), {"people": names})
