"""A card left a stage, forward or otherwise."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.automation.models import Robot
from voronka.automation.registry import Effect, NoParams, event_trigger
from voronka.journal.models import Event


@event_trigger(
    "stage_left",
    title=gettext_lazy("A card left the stage"),
    verbs=["item.moved", "item.won", "item.lost", "item.corrected", "item.tunnelled"],
    params=NoParams,
    says=lambda params, names: _("a card left the stage"),
    own_stage=True,
    wakes=lambda params: [Effect("left")],
    icon="arrow-bar-right",
    group=gettext_lazy("Card"),
)
def stage_left(event: Event, params: NoParams, robot: Robot) -> bool:
    """Fires for the robot's own stage; without one, for every stage."""
    return robot.stage_id is None or event.diff.get("left") == robot.stage_id
