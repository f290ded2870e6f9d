"""A place in a list ordered by a moment and an id, the latest first: a cursor in an address."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q


def place_of(at: datetime | None, pk: int) -> str:
    """Write a place as a cursor; empty for a row without the moment."""
    return f"{at.isoformat()}_{pk}" if at else ""


def read_place(after: str) -> tuple[datetime, int] | None:
    """Read a cursor; None for one that can't be read."""
    moment, _mark, pk = after.partition("_")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    if at.tzinfo is None or not pk.isdecimal() or len(pk) > 18:
        return None
    return at, int(pk)


def behind(column: str, at: datetime, pk: int) -> Q:
    """Return the condition of rows that come after a place, in the order of `column` and id."""
    beyond = Q(**{f"{column}__lt": at}) | Q(**{column: at, "pk__lt": pk})
    return beyond & Q(**{f"{column}__lte": at})  # lets an index begin at the right place
