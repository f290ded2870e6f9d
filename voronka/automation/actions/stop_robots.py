"""Calls off what other robots still have to do on the card."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext_lazy
from pydantic import Field

from voronka.automation.commands.robots import cancel_open
from voronka.automation.models import RobotRun
from voronka.automation.naming import RobotNames
from voronka.automation.params import Params, RobotRef
from voronka.automation.registry import Context, Done, Nothing, Result, robot_action
from voronka.items.models import Item


class Settings(Params):
    robots: list[RobotRef] = Field(
        default_factory=list,
        max_length=50,
        title=gettext_noop("Which robots"),
        description=gettext_noop("Which ones; empty: all on this card"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    if not params.robots:
        return _("stop all other robots on the card")
    return _("stop the robots: %(robots)s") % {"robots": ", ".join(params.robots)}


@robot_action(
    "stop_robots",
    title=gettext_lazy("Stop other robots"),
    params=Settings,
    says=_says,
    icon="hand-stop",
    group=gettext_lazy("Course"),
)
def stop_robots(item: Item, params: Settings, context: Context) -> Result:
    """What another worker is doing at this very moment is not interrupted."""
    runs = RobotRun.objects.filter(item=item).exclude(pk=context.run.pk)
    if params.robots:
        runs = runs.filter(robot__code__in=params.robots)
    stopped = cancel_open(runs, "called_off")
    if not stopped:
        return Nothing(gettext_lazy("Nothing was due."))
    text = ngettext_lazy("called off: %(count)d run", "called off: %(count)d runs", "count")
    return Done(text, {"count": stopped})
