"""How many cards stand on a piece of the set-up, counted no farther than a person reads.

Exact counts of a million cards are for the moment in which something is about to be taken away
(`pipelines.usage.cards_of`); a page that only shows them stops at `MOST`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection

MOST_VISITS = 5000
MOST = 1000  # from here on a page says "more than"
_OPEN_IN_STAGES = """
SELECT w.id, (SELECT count(*) FROM (
    SELECT 1 FROM items_item i
    WHERE i.stage_id = w.id AND i.closed_at IS NULL AND i.deleted_at IS NULL LIMIT %s) found)
FROM unnest(%s::bigint[]) AS w(id)
"""
_LOST_FOR = """
SELECT w.id, (SELECT count(*) FROM (
    SELECT 1 FROM items_item i
    WHERE i.loss_reason_id = w.id AND i.deleted_at IS NULL LIMIT %s) found)
FROM unnest(%s::bigint[]) AS w(id)
"""
_JUMPED = """
SELECT v.stage_id, count(*) FILTER (WHERE v.jump), count(*)
FROM (
    SELECT stage_id, jump FROM items_stagevisit
    WHERE pipeline_id = %s AND entered_at >= %s ORDER BY entered_at DESC LIMIT %s
) v
GROUP BY v.stage_id
"""


def open_cards_in(stages: Collection[int], *, most: int = MOST) -> dict[int, int]:
    """Return stage id -> its open cards, at most `most`. One query over the board's index."""
    return _counted(_OPEN_IN_STAGES, stages, most)


def cards_lost_for(reasons: Collection[int], *, most: int = MOST) -> dict[int, int]:
    """Return loss reason id -> cards lost for it, at most `most`. One query."""
    return _counted(_LOST_FOR, reasons, most)


def jumped_over(pipeline_id: int, *, since: datetime) -> dict[int, tuple[int, int]]:
    """Return stage id -> how many cards jumped over it, and how many came by (FS-8).

    Of the newest `MOST_VISITS` visits of a funnel since a moment; returns and visits after a
    return count as any other. One query over an index.
    """
    with connection.cursor() as cursor:
        cursor.execute(_JUMPED, [pipeline_id, since, MOST_VISITS])
        return {pk: (jumped, came) for pk, jumped, came in cursor.fetchall()}


def _counted(sql: str, ids: Collection[int], most: int) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [most, list(ids)])
        return {int(pk): int(count) for pk, count in cursor.fetchall()}
