"""So many percent of the stage's deadline have passed: 50, 80, 100, or long after it (FS-9)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import Params
from voronka.automation.registry import Clock, Moment, timer_trigger
from voronka.items.clocks import moment_of_share
from voronka.items.models import Item


class Settings(Params):
    percent: int = Field(
        100,
        ge=1,
        le=1000,
        title=gettext_noop("Percent of the deadline"),
        description=gettext_noop("Of the stage's deadline; 100 is overdue"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    if params.percent == 100:
        return _("the stage's deadline has passed")
    return _("%(percent)d %% of the stage's deadline has passed") % {"percent": params.percent}


@timer_trigger(
    "deadline",
    title=gettext_lazy("Part of the stage's deadline has passed"),
    verbs=[
        "item.created",
        "item.moved",
        "item.corrected",
        "item.move_undone",
        "item.tunnelled",
        "item.assigned",
        "item.clock_changed",
        "item.restored",
        "item.loss_overturned",
    ],
    params=Settings,
    says=_says,
    of_stage=True,
    icon="hourglass",
    group=gettext_lazy("Time"),
)
def deadline(item: Item, params: Settings, clock: Clock) -> Iterable[Moment]:
    """Due once in a stay; a prolongation, a pause or another responsible moves it."""
    at = moment_of_share(item, params.percent / 100, lambda: clock.schedule(item.owner_id))
    if at is not None:
        yield Moment(f"stay-{item.stage_entered_at.timestamp():.6f}", at)
