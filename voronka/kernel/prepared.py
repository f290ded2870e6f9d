"""Queries of a fixed shape whose SQL is written once in a process (ADR 8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, ForeignObject, Lookup, Model, QuerySet
from django.db.transaction import TransactionManagementError

from voronka.kernel.hydrating import Reader
from voronka.kernel.remembering import Rows, answer, read_by_steady, when_work_begins

M = TypeVar("M", bound=Model)

_BIGGEST = 2**63 - 1
_TABLE = re.compile(r'(?:FROM|JOIN) "(\w+)"')  # as Django writes them, subqueries included
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARKS: dict[type, Callable[[int], object]] = {
    int: lambda n: -1_000_000_007 - n,
    str: lambda n: f"value {n} of a prepared query",
    datetime: lambda n: _EPOCH + timedelta(microseconds=n),
    list: lambda n: [-1_000_000_007 - n],
}


if TYPE_CHECKING:
    _Lookup = Lookup[Any]
else:
    _Lookup = Lookup


@ForeignObject.register_lookup
@Field.register_lookup
class Among(_Lookup):
    """`pk__among=ids`: what `__in` does, but one SQL text and one plan for any number of ids."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Compare with an array, which is a single value to the database."""
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::bigint[])", [*params, self.rhs]


class Prepared(Generic[M]):
    """A query that is asked often, with other values each time.

    Django writes the SQL of a query anew whenever it is asked: 1 to 3 ms of a core for a row with
    its joins, more than the database needs to answer. Here that is done once.

    Args:
        build: gets a stand-in for each value and returns the query; called once, inside a
            transaction if it locks rows. The stand-ins may only be compared with columns.
        kinds: the type of each value: int, str, an aware datetime, or list for the ids of an
            `__among`.
        model: of the rows.
        steady: rows of the set-up: inside `remembering` they are read once while nobody changes it.
            Each table that the query names must have the trigger of `stamped`.

    Example:
        >>> _stages = Prepared(lambda pk: Stage.objects.filter(pipeline_id=pk), int, model=Stage)
        >>> _stages.all(pipeline.pk)
    """

    def __init__(
        self,
        build: Callable[..., QuerySet[M]],
        *kinds: type,
        model: type[M],
        steady: bool = False,
    ) -> None:
        self.model = model
        self.steady = steady
        self._build = build
        self._marks = [_MARKS[kind](n) for n, kind in enumerate(kinds)]
        self._written: _Written | None = None
        if steady:
            when_work_begins(self._write)

    def all(self, *values: object) -> list[M]:
        """Return the rows for these values, in the query's order. One SQL query.

        Raises:
            TransactionManagementError: the query locks rows, but there is no transaction.
        """
        if any(isinstance(value, int) and abs(value) > _BIGGEST for value in values):
            return []  # what the database can't hold stands in no row; addresses may name anything
        written = self._written or self._write()
        if written.steady:
            key = tuple(tuple(v) if isinstance(v, list) else v for v in values)
            rows = answer((self, *key), lambda: self._ask(written, values))
        else:
            rows = self._ask(written, values)
        return cast("list[M]", written.reader.read(rows, connections[written.alias]))

    def _ask(self, written: _Written, values: tuple[object, ...]) -> Rows:
        asked: list[Any] = [p.of(values) if isinstance(p, _Place) else p for p in written.places]
        connection = connections[written.alias]
        if written.locks and connection.get_autocommit():
            raise TransactionManagementError("Rows can be locked in a transaction only.")
        with connection.cursor() as cursor:
            cursor.execute(written.sql, asked)
            return cast(Rows, cursor.fetchall())

    def first(self, *values: object) -> M | None:
        """Return the first of the rows, None when there is none. One SQL query."""
        return next(iter(self.all(*values)), None)

    def get(self, *values: object) -> M:
        """Return the first of the rows; the model's DoesNotExist when there is none."""
        found = self.first(*values)
        if found is None:
            raise cast(Any, self.model).DoesNotExist
        return found

    def _write(self) -> _Written:
        rows = self._build(*self._marks)
        compiler = rows.query.get_compiler(using=rows.db)
        sql, params = compiler.as_sql()
        places = [_Place(self._marks.index(p), type(p)) if p in self._marks else p for p in params]
        if {p.number for p in places if isinstance(p, _Place)} != set(range(len(self._marks))):
            raise TypeError("A prepared query must compare each value with a column.")
        locks = bool(rows.query.select_for_update)
        # A replica may lag behind the stamp, which is read where it is written.
        steady = self.steady and rows.db == DEFAULT_DB_ALIAS
        if steady:
            read_by_steady(_TABLE.findall(sql))
        self._written = _Written(rows.db, sql, places, locks, steady, Reader(compiler, rows.db))
        return self._written


@dataclass(frozen=True, slots=True)
class _Written:
    """What is kept of a query: its SQL, its values' places, and how its rows become models."""

    alias: str
    sql: str
    places: list[Any]
    locks: bool
    steady: bool
    reader: Reader


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value goes, and the database's own type of number for it."""

    number: int
    kind: type

    def of(self, values: Sequence[object]) -> object:
        value: Any = values[self.number]
        return self.kind(value) if issubclass(self.kind, int) else value
