"""Planned work goes on with another card: what was promised outlives the lead (I3, C12)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.timeline.commands.activities import note_activity, refresh_next_step
from voronka.timeline.models import Activity


def carry_activities(ids: Iterable[int], *, left: Item, to: Item, by: Actor) -> list[int]:
    """Take planned work of a card along to another one; return what went.

    Both cards are locked by the caller. Work of the responsible goes to the other card's
    responsible, that of others stays theirs. Records `item.activity_changed` on the card where
    it goes on.
    """
    rows = Activity.objects.select_for_update().filter(pk__in=list(ids), item_id=left.pk)
    carried = list(rows.filter(done_at=None).order_by("pk"))
    for activity in carried:
        given: dict[str, Any] = {}
        if activity.owner_id == left.owner_id != to.owner_id:
            activity.owner_id = to.owner_id
            given = {"owner": to.owner_id}
        activity.item_id = to.pk
        activity.save(update_fields=["item", "owner"])
        _note_changed(activity, to, by=by, left_card=left.pk, **given)
    if carried:
        refresh_next_step(left)
        refresh_next_step(to)
    return [activity.pk for activity in carried]


def give_activities(ids: Iterable[int], *, item: Item, owner_id: int, by: Actor) -> None:
    """Let planned work on a card be done by somebody else; records `item.activity_changed`."""
    rows = Activity.objects.select_for_update().filter(pk__in=list(ids), item_id=item.pk)
    for activity in rows.filter(done_at=None).order_by("pk"):
        activity.owner_id = owner_id
        activity.save(update_fields=["owner"])
        _note_changed(activity, item, by=by, owner=owner_id, user=owner_id)


def _note_changed(activity: Activity, item: Item, *, by: Actor, **diff: Any) -> None:
    due = activity.due_at
    note_activity("activity_changed", item, activity, by=by, due=due, moved=False, **diff)
