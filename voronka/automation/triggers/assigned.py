"""A card got another responsible person."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.automation.models import Robot
from voronka.automation.registry import Effect, NoParams, event_trigger
from voronka.journal.models import Event


@event_trigger(
    "assigned",
    title=gettext_lazy("The responsible person has changed"),
    verbs=["item.assigned"],
    params=NoParams,
    says=lambda params, names: _("the responsible person has changed"),
    wakes=lambda params: [Effect("assigned")],
    icon="user",
    group=gettext_lazy("Card"),
)
def assigned(event: Event, params: NoParams, robot: Robot) -> bool:
    """Fires on every hand-over."""
    return True
