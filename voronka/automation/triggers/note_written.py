"""Somebody wrote a note on a card."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.automation.models import Robot
from voronka.automation.registry import NoParams, event_trigger
from voronka.journal.models import Event


@event_trigger(
    "note_written",
    title=gettext_lazy("A note was written"),
    verbs=["item.note_written"],
    params=NoParams,
    says=lambda params, names: _("a note was written"),
    icon="note",
    group=gettext_lazy("Work"),
)
def note_written(event: Event, params: NoParams, robot: Robot) -> bool:
    """Fires for notes of people; robots write none."""
    return event.actor_user_id is not None
