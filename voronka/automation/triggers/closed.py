"""A card was won, or lost."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.params import LossReasonRef, Params
from voronka.automation.reasons import reason_in
from voronka.automation.registry import Effect, NoParams, event_trigger
from voronka.journal.models import Event

GROUP = gettext_lazy("Card")


class Lost(Params):
    reasons: list[LossReasonRef] = Field(
        default_factory=list,
        max_length=50,
        title=gettext_noop("Loss reasons"),
        description=gettext_noop("Codes of loss reasons; empty: whatever the reason"),
    )


@event_trigger(
    "won",
    title=gettext_lazy("A card was won"),
    verbs=["item.won"],
    params=NoParams,
    says=lambda params, names: _("a card was won"),
    of_stage=True,
    wakes=lambda params: [Effect("won")],
    icon="trophy",
    group=GROUP,
)
def won(event: Event, params: NoParams, robot: Robot) -> bool:
    """Fires when the card comes to the won stage."""
    return True


def _says(params: Lost, names: RobotNames) -> str:
    if not params.reasons:
        return _("a card was lost")
    return _("a card was lost for the reason: %(reasons)s") % {
        "reasons": names.reasons(params.reasons)
    }


@event_trigger(
    "lost",
    title=gettext_lazy("A card was lost"),
    verbs=["item.lost"],
    params=Lost,
    says=_says,
    of_stage=True,
    wakes=lambda params: [Effect("lost")],
    icon="thumb-down",
    group=GROUP,
)
def lost(event: Event, params: Lost, robot: Robot) -> bool:
    """Fires when the card comes to a lost stage, for any or the named reasons."""
    return not params.reasons or reason_in(event, params.reasons)
