"""Waits between two actions: for a time, or until something happens to the card."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation import registry
from voronka.automation.naming import RobotNames
from voronka.automation.params import Duration, Params, TriggerRef
from voronka.automation.registry import Context, Result, Wait, robot_action
from voronka.automation.spans import Span
from voronka.items.models import Item


class Settings(Params):
    at_most: Duration = Field("1d", min_length=2, title=gettext_noop("How long at most"))
    event: TriggerRef = Field(
        "",
        title=gettext_noop("Or until this happens"),
        description=gettext_noop("Empty: only the time counts"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    span = names.span(params.at_most)
    trigger = registry.trigger(params.event)
    if trigger is None:
        return _("wait %(span)s") % {"span": span}
    return _("wait until this happens: “%(event)s”, at most %(span)s") % {
        "event": trigger.title,
        "span": span,
    }


@robot_action(
    "wait",
    title=gettext_lazy("Wait"),
    params=Settings,
    says=_says,
    icon="player-pause",
    group=gettext_lazy("Course"),
)
def wait(item: Item, params: Settings, context: Context) -> Result:
    """When the wait is over the card is read again: it may have gone elsewhere meanwhile."""
    until = Span.read(params.at_most).after(context.now, lambda: context.schedule(item.owner_id))
    trigger = registry.trigger(params.event)
    return Wait(until, trigger.verbs if trigger else ())
