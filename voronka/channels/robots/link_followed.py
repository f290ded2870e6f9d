"""The client has followed a link in a letter of ours (RB-5)."""

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
    part: str = Field(
        "",
        max_length=200,
        title=gettext_noop("The link contains"),
        description=gettext_noop("A part of its address, e.g. /price; empty: any link"),
    )
    template: TemplateRef = Field(
        "",
        title=gettext_noop("Written by which template"),
        description=gettext_noop("Empty: any letter"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    said = _("the client followed a link in a letter of ours")
    if params.part:
        said = _("the client followed a link with “%(part)s” in a letter of ours") % {
            "part": params.part
        }
    if params.template:
        return _("%(said)s (template “%(name)s”)") % {"said": said, "name": params.template}
    return said


@event_trigger(
    "link_followed",
    title=gettext_lazy("The client followed a link in a letter"),
    verbs=["item.link_followed"],
    params=Settings,
    says=_says,
    icon="click",
    group=gettext_lazy("Messages"),
)
def link_followed(event: Event, params: Settings, robot: Robot) -> bool:
    """Needs a mailbox that notices openings; each link of a letter fires once."""
    wanted, link = params.part.strip().lower(), str(event.diff.get("link") or "").lower()
    return wanted in link and ways.by_template(event, params.template)
