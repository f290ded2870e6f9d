"""COPY: the fastest way of many rows into PostgreSQL, for imports, the demo and the benchmark."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import connection, models


def copy_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write rows of plain values into the table of `model`, inside the caller's transaction.

    Args:
        columns: database column names; dictionaries and lists become JSON.
        rows: if they are made one after another, the database writes while the next is made.
    """
    quoted = ", ".join(connection.ops.quote_name(c) for c in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy,
    ):
        places = _json_places(model, tuple(columns))
        for row in rows:
            values = list(row)
            for place in places:
                value = values[place]
                if isinstance(value, dict):
                    values[place] = _text(value) if value else "{}"
                elif isinstance(value, list):
                    values[place] = _text(value) if value else "[]"
            copy.write_row(values)


@cache
def _json_places(model: type[models.Model], columns: tuple[str, ...]) -> list[int]:
    """Return where columns of JSON stand: only there a dictionary or a list can be."""
    kept = {f.column for f in model._meta.concrete_fields if isinstance(f, models.JSONField)}
    return [place for place, column in enumerate(columns) if column in kept]


_text = json.JSONEncoder(ensure_ascii=False, default=lambda value: _json(value)).encode


def _json(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """Take `count` ids from the sequence of `model`'s table."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]
