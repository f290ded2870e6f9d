"""A card was made, in whatever way: by a person, a form, an import of one, another robot."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.automation.models import Robot
from voronka.automation.registry import Effect, NoParams, event_trigger
from voronka.journal.models import Event


@event_trigger(
    "created",
    title=gettext_lazy("A card was made"),
    verbs=["item.created"],
    params=NoParams,
    says=lambda params, names: _("a card was made"),
    wakes=lambda params: [Effect("created")],
    icon="plus",
    group=gettext_lazy("Card"),
)
def created(event: Event, params: NoParams, robot: Robot) -> bool:
    """Fires once in the life of a card."""
    return True
