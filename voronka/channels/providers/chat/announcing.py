"""Tells the visitors' streams of every web process that there is something new: ids only."""

from __future__ import annotations

import json

from django.db import connection

NEWS = "voronka_chat"


def announce_news(channel_id: int, visitor: str) -> None:
    """Wake the streams of one visitor."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [NEWS, json.dumps([channel_id, visitor])])
