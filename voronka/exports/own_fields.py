"""Custom fields as columns: `field:<code>`, in words where a person reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from voronka.exports.tables import Column
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Field

FIELD = "field:"
_SPLITS = (";", ",", "|")  # what an import takes for the end of an option
REFERENCES = (Field.Kind.USER, Field.Kind.CLIENT, Field.Kind.ITEM, Field.Kind.FILE)


def columns(fields: Iterable[Field], people: dict[int, str]) -> list[Column]:
    """Return the columns of `fields`.

    Args:
        people: e-mails by id, for fields that name an employee.
    """
    return [Column(FIELD + field.code, _words(field, people)) for field in fields]


def _words(field: Field, people: dict[int, str]) -> Callable[[Any], Any] | None:
    names = {str(o["code"]): str(LocalText.of(o.get("name"))) for o in field.options}
    if field.kind == Field.Kind.USER:
        return lambda pk: people.get(pk, pk)
    if field.kind == Field.Kind.LIST:
        return lambda code: names.get(str(code)) or code
    if field.kind == Field.Kind.MULTI_LIST:
        if any(mark in name for name in names.values() for mark in _SPLITS):
            return None  # codes, or the options could not be told apart
        return lambda codes: _several(codes, names)
    return None


def _several(codes: Any, names: dict[str, str]) -> Any:
    return [names.get(str(c)) or c for c in codes] if isinstance(codes, Sequence) else codes
