"""A task, call or meeting on a card was finished."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.params import ACTIVITY_KINDS, Params, choices
from voronka.automation.registry import Effect, event_trigger
from voronka.journal.models import Event
from voronka.timeline.models import Activity


class Settings(Params):
    kinds: list[Literal["task", "call", "meeting"]] = Field(
        default_factory=list,
        title=gettext_noop("What was finished"),
        description=gettext_noop("Empty: any"),
        json_schema_extra=ACTIVITY_KINDS,
    )
    outcomes: list[Literal["done", "no_answer", "no_show", "cancelled"]] = Field(
        default_factory=list,
        title=gettext_noop("How it ended"),
        description=gettext_noop("How it ended; empty: done"),
        json_schema_extra=choices(
            done=gettext_noop("Done"),
            no_answer=gettext_noop("No answer"),
            no_show=gettext_noop("Nobody came"),
            cancelled=gettext_noop("Cancelled"),
        ),
    )
    answers: list[str] = Field(
        default_factory=list,
        max_length=20,
        title=gettext_noop("Answers"),
        description=gettext_noop("Codes of the answers of a task that asks for one; empty: any"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    kinds = ", ".join(str(Activity.Kind(kind).label).lower() for kind in params.kinds)
    outcomes = ", ".join(str(Activity.Outcome(o).label).lower() for o in params.outcomes)
    said = {"kinds": kinds or _("something planned"), "outcomes": outcomes or _("done")}
    return _("finished: %(kinds)s (%(outcomes)s)") % said


@event_trigger(
    "activity_done",
    title=gettext_lazy("A task, call or meeting was finished"),
    verbs=["item.activity_done"],
    params=Settings,
    says=_says,
    wakes=lambda params: [Effect("done")],
    icon="checkbox",
    group=gettext_lazy("Work"),
)
def activity_done(event: Event, params: Settings, robot: Robot) -> bool:
    """Fires by kind, outcome and answer."""
    outcomes = params.outcomes or ["done"]
    diff = event.diff
    if params.kinds and diff.get("kind") not in params.kinds:
        return False
    if params.answers and diff.get("answer") not in params.answers:
        return False
    return diff.get("outcome") in outcomes
