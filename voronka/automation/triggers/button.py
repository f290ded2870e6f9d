"""A person pressed the robot's button on a card."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.params import NO_WORDS, Params, Words
from voronka.automation.registry import event_trigger
from voronka.journal.models import Event


class Settings(Params):
    label: Words = Field(
        NO_WORDS,
        title=gettext_noop("Words on the button"),
        description=gettext_noop("What stands on the button; empty: the robot's name"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    if not params.label:
        return _("the button was pressed")
    return _("the button “%(label)s” was pressed") % {"label": params.label}


@event_trigger(
    "button",
    title=gettext_lazy("A button on the card"),
    verbs=["item.button_pressed"],
    params=Settings,
    says=_says,
    icon="hand-click",
    group=gettext_lazy("From outside"),
)
def button(event: Event, params: Settings, robot: Robot) -> bool:
    """Fires for its own button only."""
    return bool(event.diff.get("robot") == robot.code)
