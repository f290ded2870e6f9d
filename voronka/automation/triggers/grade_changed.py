"""The ABC grade of a card changed, or it got its first one."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.params import Params
from voronka.automation.registry import Effect, event_trigger
from voronka.journal.models import Event


class Settings(Params):
    to: list[Literal["A", "B", "C"]] = Field(
        default_factory=list,
        title=gettext_noop("What it became"),
        description=gettext_noop("Only when it became one of these; empty: any"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    if not params.to:
        return _("the grade has changed")
    return _("the grade became %(grades)s") % {"grades": ", ".join(params.to)}


@event_trigger(
    "grade_changed",
    title=gettext_lazy("The grade has changed"),
    verbs=["item.created", "item.changed"],
    params=Settings,
    says=_says,
    wakes=lambda params: [Effect("changed", "grade")],
    icon="abc",
    group=gettext_lazy("Card"),
)
def grade_changed(event: Event, params: Settings, robot: Robot) -> bool:
    """Fires on a change, and for a new card that was made with a grade."""
    if event.verb == "item.created":
        grade = event.diff.get("grade") or ""
        return bool(grade) and (not params.to or grade in params.to)
    pair = (event.diff.get("changes") or {}).get("grade")
    if not isinstance(pair, list) or pair[0] == pair[1]:
        return False
    return not params.to or pair[1] in params.to
