"""Which live announcements a person may hear: the rights of `visible_to`, kept in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voronka.items.models import Watch
from voronka.people.access import CLIENTS
from voronka.people.models import User
from voronka.pipelines.models import Pipeline

Announcement = dict[str, Any]  # {"v": verb, "s": subject type, "i": id, "p": pipeline, "o": owner}
_SETUP = {"pipeline", "stage", "field", "section", "item_type", "loss_reason", "source", "draft"}


def live_filter(user_id: int) -> Callable[[Announcement], bool | None]:
    """Return a test of announcements for one person, from a snapshot of their rights.

    The test answers True or False, and None when the snapshot is too old to know: it has never
    seen the funnel of that card. Make a new snapshot then, and whenever an event of a user, role,
    department or pipeline is announced.
    """
    user = User.objects.select_related("role").get(pk=user_id)
    access = user.access
    see = {
        pk: access.owners(access.scope("see", kind, code))
        for pk, code, kind in Pipeline.objects.values_list("pk", "code", "item_type__code")
    }
    clients = access.owners(access.scope("see", CLIENTS))
    watched = set(Watch.objects.filter(user_id=user_id).values_list("item_id", flat=True))

    def hears(message: Announcement) -> bool | None:
        kind, owner = message["s"], message.get("o")
        if kind == "item":
            if message["i"] in watched:
                return True
            pipeline = message.get("p") or 0
            if pipeline and pipeline not in see:
                return None
            owners = see.get(pipeline, frozenset())
            return owners is None or owner in owners
        if kind == "client":
            return clients is None or owner in clients
        if kind == "conversation":  # of a card, or of a client; one's own in any case
            pipeline = message.get("p") or 0
            if pipeline and pipeline not in see:
                return None
            owners = see[pipeline] if pipeline else clients
            return owners is None or owner in owners or owner == user_id
        if kind in ("import", "activity", "bulk"):
            return bool(owner == user_id)
        if kind == "user":
            return bool(message["i"] == user_id)
        return kind in _SETUP

    return hears
