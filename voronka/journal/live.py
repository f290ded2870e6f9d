"""Tells every web process that something happened: ids only, over NOTIFY."""

from __future__ import annotations

import json

from django.db import connection

from voronka.journal.models import Event

CHANNEL = "voronka_live"


def announce(event: Event) -> None:
    """Send the event's ids to the live streams; delivered when the transaction commits.

    That somebody has read something changes no page, so nobody is woken.
    """
    if event.verb.endswith(".read"):
        return
    message = {
        "v": event.verb,
        "s": event.subject_type,
        "i": event.subject_id,
        "p": event.pipeline_id,
        "o": event.diff.get("owner_id"),
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(message)])
