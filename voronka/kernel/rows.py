"""Rows that are written often, with SQL that is made once in a process (ADR 8). For commands."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

from django.db import DatabaseError, connection
from django.db.models import AutoField, Field, Model
from django.db.models.expressions import DatabaseDefault
from django.db.models.fields import NOT_PROVIDED
from psycopg import sql

from voronka.kernel.gathering import gather, place

M = TypeVar("M", bound=Model)
_MOST = 60_000  # values of one statement; the driver's protocol holds 65,535


class RowGone(DatabaseError):
    """The row that was to be changed is not there, or not as it was expected."""


def insert_row(row: Model) -> None:
    """Insert a new row: what `row.save(force_insert=True)` does, for less processor time.

    Models inherit from no other model's table. A row with its own key is saved in Django's way.
    Inside `gathering.gathered` it gets its key, and is written with the others.
    """
    if gather(row):
        return
    if row.pk is not None and isinstance(row._meta.pk, AutoField):
        row.save(force_insert=True)
        return
    left = frozenset(
        field.attname
        for field in _with_defaults(type(row))
        if isinstance(row.__dict__.get(field.attname), DatabaseDefault)
    )
    text, fields, computed = _insert(type(row), left)
    values = [field.pre_save(row, True) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(text, _sent(fields, values))
        row.pk, *rest = cursor.fetchone()
    for name, value in zip(computed, rest, strict=True):
        setattr(row, name, value)
    row._state.adding, row._state.db = False, connection.alias


def insert_rows(rows: Iterable[M]) -> list[M]:
    """Insert new rows of one model: what `bulk_create` does, and they may wait as in `insert_row`.

    Return them with their keys.
    """
    made = list(rows)
    later = [row for row in made if not gather(row)]
    if len(later) == 1:
        insert_row(later[0])
    elif later:
        model = type(later[0])
        model._default_manager.bulk_create(later, batch_size=_MOST // len(model._meta.fields))
    return made


def update_row(
    row: Model, names: Iterable[str], *, among: tuple[str, Iterable[str]] | None = None
) -> None:
    """Write some columns of a row: what `row.save(update_fields=names)` does, only cheaper.

    Args:
        names: of fields, as `save` takes them.
        among: (column of text, values): only while the stored row has one of them there.
    Raises:
        RowGone: the row is gone, or has another value there.
    """
    text, fields = _update(type(row), tuple(names), among[0] if among else "")
    values = _sent(fields, [field.pre_save(row, False) for field in fields])
    with connection.cursor() as cursor:
        cursor.execute(
            text, [*values, row.pk, *([[str(value) for value in among[1]]] if among else [])]
        )
        if cursor.rowcount != 1:
            raise RowGone(f"There is no {row._meta.label} {row.pk} any more.")


_Plan = tuple[str, list["Field[Any, Any]"]]


@cache
def _with_defaults(model: type[Model]) -> list[Field[Any, Any]]:
    """Return the fields whose value the database computes when it is left out."""
    return [f for f in model._meta.local_concrete_fields if f.db_default is not NOT_PROVIDED]


@cache
def _insert(
    model: type[Model], left: frozenset[str]
) -> tuple[str, list[Field[Any, Any]], list[str]]:
    """Return the SQL, the fields it is given, and the names it returns besides the key.

    Args:
        left: names of columns that the database fills in.
    """
    meta = model._meta
    written = [f for f in meta.local_concrete_fields if not isinstance(f, AutoField)]
    fields = [f for f in written if f.attname not in left]
    computed = [f for f in written if f.attname in left]
    text = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING {}").format(
        sql.Identifier(meta.db_table),
        sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields),
        sql.SQL(", ").join(place(field) for field in fields),
        sql.SQL(", ").join(sql.Identifier(str(f.column)) for f in [meta.pk, *computed]),
    )
    return text.as_string(), fields, [f.attname for f in computed]


@cache
def _update(model: type[Model], names: tuple[str, ...], among: str) -> _Plan:
    meta = model._meta
    fields = list(dict.fromkeys(_field(model, name) for name in names))
    changes = [sql.SQL("{} = {}").format(sql.Identifier(str(f.column)), place(f)) for f in fields]
    text = sql.SQL("UPDATE {} SET {} WHERE {} = %s").format(
        sql.Identifier(meta.db_table),
        sql.SQL(", ").join(changes),
        sql.Identifier(str(meta.pk.column)),
    )
    if among:
        text += sql.SQL(" AND {} = ANY(%s::text[])").format(sql.Identifier(among))
    return text.as_string(), fields


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    found = [f for f in model._meta.local_concrete_fields if name in (f.name, f.attname)]
    return found[0]


def _sent(fields: list[Field[Any, Any]], values: list[Any]) -> list[Any]:
    pairs = zip(fields, values, strict=True)
    return [field.get_db_prep_save(value, connection) for field, value in pairs]
