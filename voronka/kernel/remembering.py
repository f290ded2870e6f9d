"""What is set up is remembered in the process as long as its stamp stands (ADR 13)."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection

from voronka.kernel.stamps import read_stamp

Rows = list[tuple[Any, ...]]

_MOST = 5_000  # answers that one process keeps
_MOST_ROWS = 1_000  # of one answer
_LONGEST = 200  # characters of a value: what strangers may ask for is not kept without bounds
_SHORT = 4_000  # characters of a statement: what was found in it is remembered
_PLAIN = (str, int, float, bytes, Decimal, date, time, timedelta, type(None))


@contextmanager
def remembering(stamp: int | None = None) -> Iterator[None]:
    """Let `steady` queries of a piece of work be answered by what this process has read before.

    That is done while the stamp of the set-up is the same; else everything is read anew. Somebody
    else's change that is committed during the work may be seen by the next piece only, so a long
    work is cut into pieces. Within a transaction the process's memory is left alone: what is read
    there may be undone. As soon as the work itself writes to a table that `steady` queries read,
    they are asked each time, to the end of the block.

    Args:
        stamp: when another query of this work has just brought it; else it is read here.
    """
    if _work.get() is not None:
        yield
        return
    while _unnamed:
        _unnamed.pop()()
    work = _Work({} if connection.in_atomic_block else _rows_of(stamp))
    token = _work.set(work)
    try:
        with connection.execute_wrapper(work):
            yield
    finally:
        _work.reset(token)


def answer(key: tuple[Hashable, ...], ask: Callable[[], Rows]) -> Rows:
    """Return rows from the memory of the present work, if there is any; else ask, and keep them.

    The rows themselves are kept, never models: nobody can change what somebody else is given.
    """
    work = _work.get()
    if work is not None and work.writes is not _writes:
        work.rows = None  # it may have written to a table that nobody had named when it began
    known = None if work is None or work.rows is None else work.rows.get(key)
    if known is not None:
        return known
    rows = ask()
    kept = None if work is None else work.rows
    if kept is not None and len(kept) < _MOST and _may_stay(key, rows):
        kept[key] = rows
    return rows


def read_by_steady(tables: Iterable[str]) -> None:
    """Note the tables of a `steady` query: whoever writes to them must not go on remembering."""
    global _writes
    _tables.update(tables)
    names = "|".join(re.escape(table) for table in sorted(_tables))
    verbs = r"INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE|COPY"
    _writes = re.compile(rf'\b(?:{verbs})\s+(?:TABLE\s+)?(?:ONLY\s+)?"?(?:{names})\b', re.I)


def when_work_begins(name_tables: Callable[[], object]) -> None:
    """Let a `steady` query name its tables before the next piece of work, by `read_by_steady`."""
    _unnamed.append(name_tables)


def forget() -> None:
    """Forget what this process remembers (for tests)."""
    global _kept
    _kept = (0, {})


class _Work:
    """A piece of work with the rows it may take, None when it has changed the set-up itself."""

    __slots__ = ("rows", "writes")

    def __init__(self, rows: dict[tuple[Hashable, ...], Rows]) -> None:
        self.rows: dict[tuple[Hashable, ...], Rows] | None = rows
        self.writes = _writes

    def __call__(
        self, execute: Callable[..., Any], text: Any, params: Any, many: bool, context: Any
    ) -> Any:
        """Notice a statement that changes the set-up."""
        if self.rows is not None:
            said = text if isinstance(text, str) else text.as_string()
            look = _is_write if len(said) < _SHORT else _is_write.__wrapped__
            if not said.startswith("SELECT") and look(self.writes, said):
                self.rows = None
        return execute(text, params, many, context)


_work: ContextVar[_Work | None] = ContextVar("voronka_steady_rows", default=None)
_tables: set[str] = set()
_unnamed: list[Callable[[], object]] = []
_writes = re.compile("(?!)")
_kept: tuple[int, dict[tuple[Hashable, ...], Rows]] = (0, {})  # of one stamp, in one assignment


@lru_cache(maxsize=500)
def _is_write(writes: re.Pattern[str], statement: str) -> bool:
    """Whether a statement writes to a table that `steady` queries read."""
    return writes.search(statement) is not None


def _rows_of(stamp: int | None) -> dict[tuple[Hashable, ...], Rows]:
    global _kept
    now = read_stamp() if stamp is None else stamp
    kept = _kept
    if kept[0] != now or len(kept[1]) >= _MOST:  # a full memory begins anew
        _kept = kept = (now, {})
    return kept[1]


def _may_stay(key: tuple[Hashable, ...], rows: Rows) -> bool:
    if any(isinstance(value, str) and len(value) > _LONGEST for value in key):
        return False
    return len(rows) <= _MOST_ROWS and all(_is_plain(row) for row in rows)


def _is_plain(row: Sequence[Any]) -> bool:
    return all(isinstance(value, _PLAIN) for value in row)
