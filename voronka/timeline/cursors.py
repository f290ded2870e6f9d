"""Where the next page of a list begins: a moment, a kind of row, and an id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def cursor(at: datetime, rank: int, pk: int) -> str:
    """Return where the next page begins: behind this row."""
    return f"{(at - _EPOCH) // _MICROSECOND}-{rank}-{pk}"


def parse(cursor: str) -> tuple[datetime, int, int] | None:
    """Read a cursor; anything else begins at the top."""
    parts = cursor.split("-")
    if len(parts) != 3 or not all(p.isdecimal() and len(p) < 19 for p in parts):
        return None
    micros, rank, pk = (int(p) for p in parts)
    try:
        return _EPOCH + micros * _MICROSECOND, rank, pk
    except OverflowError:
        return None
