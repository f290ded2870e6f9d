"""The client has opened a letter of ours (RB-5)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.params import Params
from voronka.automation.registry import event_trigger
from voronka.channels.robots import ways
from voronka.channels.robots.ways import TemplateRef
from voronka.journal.models import Event


class Settings(Params):
    template: TemplateRef = Field(
        "",
        title=gettext_noop("Written by which template"),
        description=gettext_noop("Empty: any letter"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    if params.template:
        return _("the client opened the letter “%(name)s”") % {"name": params.template}
    return _("the client opened a letter of ours")


@event_trigger(
    "letter_opened",
    title=gettext_lazy("The client opened a letter"),
    verbs=["item.message_opened"],
    params=Settings,
    says=_says,
    icon="mail-opened",
    group=gettext_lazy("Messages"),
)
def letter_opened(event: Event, params: Settings, robot: Robot) -> bool:
    """Needs a mailbox that notices openings; each letter fires once."""
    return ways.by_template(event, params.template)
