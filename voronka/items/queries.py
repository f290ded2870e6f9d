"""Reads of cards as a whole: for the set-up pages, and what a bulk action has done."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Max, Min

from voronka.items.models import Attachment, BulkRun, Item, LineItem, StageVisit
from voronka.kernel.prepared import Prepared
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


def moved_from_to(run: BulkRun) -> tuple[datetime, datetime] | None:
    """Return when a bulk move moved its first and its last card, of those that stand there still.

    One SQL query. None when all have gone on since.
    """
    moved = [row["item"] for row in run.report if row["ok"]]
    visits = StageVisit.objects.filter(
        item_id__in=moved, left_at=None, by_user_id=run.by_user_id, entered_at__gte=run.at
    )
    found = visits.aggregate(first=Min("entered_at"), last=Max("entered_at"))
    return (found["first"], found["last"]) if found["first"] else None


def lines_of(item_id: int) -> list[LineItem]:
    """Return what a card sells, with the products. One SQL query."""
    return _LINES.all(item_id)


def files_of(item_id: int) -> list[Attachment]:
    """Return the files of a card that are listed there. One SQL query."""
    return _FILES.all(item_id)


# every opening of a card asks these (ADR 8)
_LINES = Prepared(
    lambda pk: LineItem.objects.filter(item_id=pk).select_related("product"), int, model=LineItem
)
_FILES = Prepared(
    lambda pk: Attachment.objects.filter(item_id=pk, deleted_at=None, inline=False),
    int,
    model=Attachment,
)
