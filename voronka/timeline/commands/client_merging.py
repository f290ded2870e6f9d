"""When two clients become one, notes and activities follow, and go back on an undo."""

from __future__ import annotations

from collections.abc import Mapping

from voronka.timeline.models import Activity, Note


def move_to_keeper(keeper_id: int, absorbed_id: int) -> dict[str, list[int]]:
    """Give notes and activities of the absorbed client to the keeper; return their ids by kind."""
    notes = Note.objects.filter(client_id=absorbed_id)
    activities = Activity.objects.filter(client_id=absorbed_id)
    moved = {
        "notes": list(notes.values_list("pk", flat=True)),
        "activities": list(activities.values_list("pk", flat=True)),
    }
    notes.update(client_id=keeper_id)
    activities.update(client_id=keeper_id)
    return moved


def move_back(keeper_id: int, absorbed_id: int, moved: Mapping[str, list[int]]) -> None:
    """Give back what still is where the merge put it."""
    notes = Note.objects.filter(pk__in=moved["notes"], client_id=keeper_id)
    notes.update(client_id=absorbed_id)
    activities = Activity.objects.filter(pk__in=moved["activities"], client_id=keeper_id)
    activities.update(client_id=absorbed_id)
