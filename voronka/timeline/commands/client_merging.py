"""When two clients become one, notes, activities and talks follow, and go back on an undo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from voronka.timeline.models import Activity, Conversation, Note


def move_to_keeper(keeper_id: int, absorbed_id: int) -> dict[str, list[int]]:
    """Give what hangs on the absorbed client to the keeper; return the ids by kind."""
    moved = {}
    for kind, rows in _kinds().items():
        theirs = rows.filter(client_id=absorbed_id)
        moved[kind] = list(theirs.values_list("pk", flat=True))
        theirs.update(client_id=keeper_id)
    return moved


def move_back(keeper_id: int, absorbed_id: int, moved: Mapping[str, list[int]]) -> None:
    """Give back what still is where the merge put it."""
    for kind, rows in _kinds().items():
        theirs = rows.filter(pk__in=moved.get(kind, []), client_id=keeper_id)
        theirs.update(client_id=absorbed_id)


def _kinds() -> dict[str, QuerySet[Any]]:
    return {
        "notes": Note.objects.all(),
        "activities": Activity.objects.all(),
        "conversations": Conversation.objects.all(),
    }
