"""Rows that wait for each other: many inserts of a command become one statement (ADR 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault, Value
from django.db.models.fields import NOT_PROVIDED
from psycopg import sql

Kinds = Sequence[type[Model]]


@contextmanager
def gathered(kinds: Kinds, *, times: int = 1) -> Iterator[None]:
    """Let rows that are inserted by `kernel.rows` in the block wait, and write them together.

    A row has its key at once: keys of all kinds are taken ahead by one query. What refers to it
    may follow in any order: foreign keys are checked when the transaction ends. A statement that
    names a table whose rows wait is preceded by writing them, so nobody reads too early. If the
    block fails nothing is written: its transaction fails as well.

    Args:
        kinds: the models of the rows that are expected, each as often as it is expected; other
            rows are inserted at once.
        times: how often all of that is expected.
    """
    if _sheaf.get() is not None:  # the outer block writes
        yield
        return
    sheaf = _Sheaf(kinds, times)
    token = _sheaf.set(sheaf)
    try:
        with connection.execute_wrapper(sheaf):
            yield
            sheaf.write()
    finally:
        _sheaf.reset(token)


def gather(row: Model) -> bool:
    """Let a new row wait for the others; False when it can't: then it is the caller's to write."""
    sheaf = _sheaf.get()
    return sheaf is not None and sheaf.add(row)


class _Sheaf:
    """The rows that wait, by their models."""

    def __init__(self, kinds: Kinds, times: int) -> None:
        self._kinds, self._times = tuple(kinds), times
        self._keys: dict[type[Model], list[int]] | None = None
        self._rows: dict[type[Model], list[tuple[Model, Callable[[], None]]]] = {}
        self._tables: list[str] = []

    def add(self, row: Model) -> bool:
        model = type(row)
        if row.pk is not None or model not in self._kinds:
            return False
        if not all(_settle(row, field) for field in _completed(model)):
            return False
        if self._keys is None:
            self._keys = _take(self._kinds, self._times)
        if not self._keys[model]:
            self._keys[model] = _take((model,), 1)[model]
        row.pk = self._keys[model].pop()
        row._state.adding, row._state.db = False, connection.alias
        if model not in self._rows:
            self._rows[model] = []
            self._tables.append(model._meta.db_table)
        mark = _Mark()
        transaction.on_commit(mark)
        self._rows[model].append((row, mark))
        return True

    def write(self) -> None:
        """Write what waits."""
        if not self._rows:
            return
        # Django takes the marks of a savepoint away when it is rolled back: these stand.
        standing = {id(entry[1]) for entry in connection.run_on_commit}
        kept = {m: [r for r, k in some if id(k) in standing] for m, some in self._rows.items()}
        rows = {model: some for model, some in kept.items() if some}
        self._rows, self._tables = {}, []
        if not rows:
            return
        text = _statement(tuple((model, len(some)) for model, some in rows.items()))
        values: list[Any] = []
        for model, some in rows.items():
            fields = _fields(model)
            for row in some:
                values += [
                    field.get_db_prep_save(field.pre_save(row, True), connection)
                    for field in fields
                ]
        with connection.cursor() as cursor:
            cursor.execute(text, values)

    def __call__(
        self, execute: Callable[..., Any], text: Any, params: Any, many: bool, context: Any
    ) -> Any:
        """Write what waits before a statement that could ask for it, or undo it."""
        if self._tables:
            asked = str(text)
            if asked.startswith("SAVEPOINT") or any(table in asked for table in self._tables):
                self.write()
        return execute(text, params, many, context)


class _Mark:
    """Stands among what is to be called at commit as long as its row's savepoint does."""

    def __call__(self) -> None:
        """Do nothing: to stand there is all."""


_sheaf: ContextVar[_Sheaf | None] = ContextVar("voronka_rows_that_wait", default=None)


@cache
def _fields(model: type[Model]) -> list[Field[Any, Any]]:
    return list(model._meta.local_concrete_fields)


@cache
def _completed(model: type[Model]) -> list[Field[Any, Any]]:
    return [field for field in _fields(model) if field.db_default is not NOT_PROVIDED]


def _settle(row: Model, field: Field[Any, Any]) -> bool:
    """Give a row the constant that the database would; False when it is none."""
    if not isinstance(row.__dict__.get(field.attname), DatabaseDefault):
        return True
    default: Any = field.db_default
    constant = default.value if isinstance(default, Value) else default
    if hasattr(constant, "resolve_expression"):
        return False
    setattr(row, field.attname, constant)
    return True


def _take(kinds: Kinds, times: int) -> dict[type[Model], list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(_keys_of(tuple(kinds)), [times])
        taken = cursor.fetchall()
    keys: dict[type[Model], list[int]] = {model: [] for model in kinds}
    for row in taken:
        for model, key in zip(kinds, row, strict=True):
            keys[model].append(key)
    for some in keys.values():
        some.sort(reverse=True)
    return keys


@cache
def _keys_of(kinds: tuple[type[Model], ...]) -> str:
    parts = [
        sql.SQL("nextval(pg_get_serial_sequence({}, {}))").format(
            sql.Literal(model._meta.db_table), sql.Literal(str(model._meta.pk.column))
        )
        for model in kinds
    ]
    text = sql.SQL("SELECT {} FROM generate_series(1, %s)").format(sql.SQL(", ").join(parts))
    return text.as_string()


@cache
def _statement(shape: tuple[tuple[type[Model], int], ...]) -> str:
    """Return the SQL that inserts so many rows of these models."""
    inserts = []
    for model, count in shape:
        fields = _fields(model)
        row = sql.SQL("({})").format(sql.SQL(", ").join(place(field) for field in fields))
        inserts.append(
            sql.SQL("INSERT INTO {} ({}) VALUES {}").format(
                sql.Identifier(model._meta.db_table),
                sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields),
                sql.SQL(", ").join([row] * count),
            )
        )
    *before, last = inserts
    parts = [
        sql.SQL("{} AS ({})").format(sql.Identifier(f"rows{n}"), insert)
        for n, insert in enumerate(before)
    ]
    head = sql.SQL("WITH {} ").format(sql.SQL(", ").join(parts)) if parts else sql.SQL("")
    return (head + last).as_string()


def place(field: Field[Any, Any]) -> sql.Composable:
    """Return the placeholder of a field; those of arrays name the array's type."""
    write: Any = getattr(field, "get_placeholder", None)
    return sql.SQL(write(None, None, connection) if write else "%s")
