"""A loss was checked and is right, or nobody has checked it in time: on to the refusals (TN-7)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.params import LossReasonRef, Params
from voronka.automation.reasons import reason_in
from voronka.automation.registry import Effect, event_trigger
from voronka.journal.models import Event


class Settings(Params):
    reasons: list[LossReasonRef] = Field(
        default_factory=list,
        max_length=50,
        title=gettext_noop("Loss reasons"),
        description=gettext_noop("Codes of loss reasons; empty: whatever the reason"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    if not params.reasons:
        return _("a loss was confirmed")
    return _("a loss was confirmed for the reason: %(reasons)s") % {
        "reasons": names.reasons(params.reasons)
    }


@event_trigger(
    "loss_confirmed",
    title=gettext_lazy("A loss was confirmed"),
    verbs=["item.loss_confirmed"],
    params=Settings,
    says=_says,
    of_stage=True,
    wakes=lambda params: [Effect("loss_confirmed")],
    icon="gavel",
    group=gettext_lazy("Card"),
)
def loss_confirmed(event: Event, params: Settings, robot: Robot) -> bool:
    """Fires for any or the named reasons; a reason stands for those inside it."""
    return not params.reasons or reason_in(event, params.reasons)
