"""Rows of a query whose shape is known become models: what Django does, worked out once (ADR 8)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import JSONField, Model
from django.db.models.base import ModelState

_Row = Sequence[Any]


class Reader:
    """Makes models of rows; rows of a `values_list` stay tuples.

    Django asks anew at every query which columns to convert, which belong to which model, and
    lets each value pass through the model's constructor: half of what a query costs in Python.

    Args:
        compiler: of the query, when its SQL has been written.
        alias: of the database that the rows come from.
    Raises:
        TypeError: a joined model is a parent of another one: no model here inherits a table.
    """

    def __init__(self, compiler: Any, alias: str) -> None:
        select, info = compiler.select, compiler.klass_info
        expressions = [column[0] for column in select[: compiler.col_count]]
        self._converters = [
            (place, _simplified(expression, converters), expression)
            for place, (converters, expression) in compiler.get_converters(expressions).items()
        ]
        self._width = compiler.col_count
        models = compiler.query.default_cols  # not a `values_list`
        self._main = _Part.of(info, select, alias) if models else None
        self._annotations = list((compiler.annotation_col_map or {}).items())

    def read(self, rows: Sequence[_Row], connection: Any) -> list[Any]:
        """Return a model of each row, with its joined models, or a tuple of its values."""
        if self._main is None:
            return [self._values(row, connection) for row in rows]
        return [self._model(self._main, list(row), connection) for row in rows]

    def _values(self, row: _Row, connection: Any) -> tuple[Any, ...]:
        if self._converters:
            row = self._converted(list(row), connection)
        return tuple(row[: self._width])

    def _model(self, main: _Part, row: list[Any], connection: Any) -> Model:
        made = main.model_of(self._converted(row, connection))
        for name, place in self._annotations:
            setattr(made, name, row[place])
        return made

    def _converted(self, row: list[Any], connection: Any) -> list[Any]:
        for place, converters, expression in self._converters:
            value = row[place]
            for convert in converters:
                value = convert(value, expression, connection)
            row[place] = value
        return row


@dataclass(frozen=True, slots=True)
class _Part:
    """The columns of a row that make one model, and what is joined to it."""

    make: Callable[[_Row], Model]
    first: int
    end: int
    key: int  # where the primary key stands
    set_here: Any
    set_there: Any
    joined: list[_Part]

    @classmethod
    def of(cls, info: Any, select: Any, alias: str) -> _Part:
        if info.get("from_parent"):
            raise TypeError("A prepared query can't join a model with its own parent.")
        model, places = info["model"], info["select_fields"]
        first, end = places[0], places[-1] + 1
        names = [column[0].target.attname for column in select[first:end]]
        return cls(
            make=_maker(model, names, alias),
            first=first,
            end=end,
            key=first + names.index(model._meta.pk.attname),
            set_here=info.get("local_setter"),
            set_there=info.get("remote_setter"),
            joined=[cls.of(one, select, alias) for one in info.get("related_klass_infos", [])],
        )

    def model_of(self, row: list[Any]) -> Model:
        made = self.make(row[self.first : self.end])
        for part in self.joined:
            other = None if row[part.key] is None else part.model_of(row)
            part.set_here(made, other)
            if other is not None:
                part.set_there(other, made)
        return made


def _maker(model: type[Model], names: list[str], alias: str) -> Callable[[_Row], Model]:
    """Return what makes a model of its columns; columns that were left out stay deferred.

    The constructor's signals are left out: nothing here listens to signals.
    """
    own_way = (
        cast(Any, model).__init__ is not cast(Any, Model).__init__
        or cast(Any, model.from_db).__func__ is not cast(Any, Model.from_db).__func__
    )

    def ask(values: _Row) -> Model:
        return model.from_db(alias, names, values)

    def put(values: _Row) -> Model:
        made = model.__new__(model)
        state = ModelState()
        state.adding, state.db = False, alias
        made.__dict__.update(zip(names, values, strict=True), _state=state)
        return made

    return ask if own_way else put


def _simplified(expression: Any, converters: list[Any]) -> list[Any]:
    field = getattr(expression, "target", None)
    if type(field) is JSONField and field.decoder is None and len(converters) == 1:
        return [_json]
    return converters


def _json(value: Any, _expression: Any, _connection: Any) -> Any:
    """Read JSON as its field does; most of what is stored is empty."""
    if value is None:
        return None
    if value == "{}":
        return {}
    if value == "[]":
        return []
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
