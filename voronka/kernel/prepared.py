"""Queries of a fixed shape whose SQL is written once in a process (ADR 8)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Generic, TypeVar, cast

from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable
from django.db.transaction import TransactionManagementError

M = TypeVar("M", bound=Model)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARKS: dict[type, Callable[[int], object]] = {
    int: lambda n: -1_000_000_007 - n,
    str: lambda n: f"value {n} of a prepared query",
    datetime: lambda n: _EPOCH + timedelta(microseconds=n),
}


class Prepared(Generic[M]):
    """A query that is asked often, with other values each time.

    Django writes the SQL of a query anew whenever it is asked: 1 to 3 ms of a core for a row with
    its joins, more than the database needs to answer. Here that is done once.

    Args:
        build: gets a stand-in for each value and returns the query; called once, inside a
            transaction if it locks rows. The stand-ins may only be compared with columns.
        kinds: the type of each value: int, str or an aware datetime.
        model: of the rows.

    Example:
        >>> _stages = Prepared(lambda pk: Stage.objects.filter(pipeline_id=pk), int, model=Stage)
        >>> _stages.all(pipeline.pk)
    """

    def __init__(self, build: Callable[..., QuerySet[M]], *kinds: type, model: type[M]) -> None:
        self.model = model
        self._build = build
        self._marks = [_MARKS[kind](n) for n, kind in enumerate(kinds)]
        self._written: tuple[str, str, list[Any], Any] | None = None

    def all(self, *values: object) -> list[M]:
        """Return the rows for these values, in the query's order. One SQL query.

        Raises:
            TransactionManagementError: the query locks rows, but there is no transaction.
        """
        alias, sql, places, compiler = self._written or self._write()
        compiler = copy.copy(compiler)
        compiler.connection = connections[alias]
        if compiler.query.select_for_update and compiler.connection.get_autocommit():
            raise TransactionManagementError("Rows can be locked in a transaction only.")
        asked = [p.of(values) if isinstance(p, _Place) else p for p in places]
        compiler.as_sql = lambda: (sql, asked)
        query = SimpleNamespace(get_compiler=lambda using: compiler)
        rows = SimpleNamespace(db=alias, query=query, model=self.model, _known_related_objects={})
        return list(ModelIterable(cast("QuerySet[M]", rows)))

    def first(self, *values: object) -> M | None:
        """Return the first of the rows, None when there is none. One SQL query."""
        return next(iter(self.all(*values)), None)

    def get(self, *values: object) -> M:
        """Return the first of the rows; the model's DoesNotExist when there is none."""
        found = self.first(*values)
        if found is None:
            raise cast(Any, self.model).DoesNotExist
        return found

    def _write(self) -> tuple[str, str, list[Any], Any]:
        rows = self._build(*self._marks)
        compiler = rows.query.get_compiler(using=rows.db)
        sql, params = compiler.as_sql()
        places = [_Place(self._marks.index(p), type(p)) if p in self._marks else p for p in params]
        if {p.number for p in places if isinstance(p, _Place)} != set(range(len(self._marks))):
            raise TypeError("A prepared query must compare each value with a column.")
        compiler.connection = None
        self._written = (rows.db, sql, places, compiler)
        return self._written


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value goes, and the database's own type of number for it."""

    number: int
    kind: type

    def of(self, values: Sequence[object]) -> object:
        value: Any = values[self.number]
        return self.kind(value) if issubclass(self.kind, int) else value
