"""Tells every web process that something happened: ids only, over NOTIFY."""

from __future__ import annotations

import json

from django.db import connection

from voronka.journal.models import Event

CHANNEL = "voronka_live"


def announce(event: Event) -> None:
    """Send the event's ids to the live streams; delivered when the transaction commits.

    That somebody has read something changes no page, so nobody is woken. What goes to another
    owner is told to both: whoever sees only their own must hear that it has gone.
    """
    if event.verb.endswith(".read"):
        return
    owners = [event.diff.get("owner_id")]
    if event.verb.endswith(".assigned"):
        owners.append(event.diff.get("left"))
    for owner_id in owners:
        announce_change(
            event.verb,
            event.subject_type,
            event.subject_id,
            pipeline_id=event.pipeline_id,
            owner_id=owner_id,
        )


def announce_change(
    verb: str,
    subject_type: str,
    subject_id: int,
    *,
    pipeline_id: int | None = None,
    owner_id: int | None = None,
) -> None:
    """Announce a change that pages show but the journal need not keep, e.g. "delivered"."""
    message = {"v": verb, "s": subject_type, "i": subject_id, "p": pipeline_id, "o": owner_id}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(message)])
