"""Reads of cards as a whole, for the set-up pages."""

from __future__ import annotations

from django.db import connection

from voronka.items.models import Item
from voronka.pipelines.models import Source

MOST_COUNTED = 10_000  # cards of one source; there are more: "10,000+"


def cards_by_source() -> dict[int, int]:
    """Return source -> how many cards came by it, `MOST_COUNTED` + 1 at most. One SQL query.

    Cards in the recycle bin count as well: so the index alone answers, and the count stops
    early, which keeps it quick on any base.
    """
    sources, cards = Source._meta.db_table, Item._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.id, (SELECT count(*) FROM (SELECT 1 FROM {cards} i WHERE i.source_id = s.id"  # noqa: S608
            f" LIMIT %s) counted) FROM {sources} s",
            [MOST_COUNTED + 1],
        )
        return dict(cursor.fetchall())
