"""Cards of a list in groups: what they share, how many each group has, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connections
from django.db.models import (
    Case,
    DateField,
    F,
    Func,
    IntegerField,
    TextField,
    Value,
    When,
)
from django.db.models import (
    Field as ModelField,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, TruncMonth

from voronka.items.filters.custom import ValueText
from voronka.items.models import ItemQuerySet
from voronka.pipelines.models import Field

MOST_GROUPED = 100_000  # cards; more would make one wait
MOST_GROUPS = 500
NOTHING = ""  # the value of cards that lack what is grouped by
_LAST = 1_000_000  # the place of cards whose group has come since the groups were counted

_COLUMNS = {
    "stage": "stage_id",
    "owner": "owner_id",
    "pipeline": "pipeline_id",
    "source": "source_id",
    "loss_reason": "loss_reason_id",
}
MONTHS = ("created_at", "closed_at")
CODES = (*_COLUMNS, "grade", "repeat", *MONTHS)
_KINDS = (Field.Kind.LIST, Field.Kind.BOOLEAN)


def groupable(row: Field) -> bool:
    """Whether cards can be grouped by a custom field: by one with few answers."""
    return row.kind in _KINDS


@dataclass(frozen=True, slots=True)
class Group:
    """Cards that share a value: an id, a code, the first day of a month; `NOTHING` for none."""

    value: str
    cards: int
    amount: Decimal  # company currency


@dataclass(frozen=True, slots=True)
class Places:
    """The groups in the order in which they stand; those in `folded` show no cards."""

    key: Combinable
    groups: Sequence[Group]
    folded: frozenset[int] = field(default_factory=frozenset)

    def rank(self) -> Combinable:
        """Return the expression of a card's place among the groups, from 0."""
        values = [group.value for group in self.groups]
        return Coalesce(_Position(values, self.key), Value(_LAST), output_field=IntegerField())


def group_key(code: str, row: Field | None = None) -> Combinable | None:
    """Return the text that cards of one group share; None for what is not grouped by.

    Months are those of the current time zone.
    """
    if row is not None:
        return (
            Coalesce(ValueText(row.code), Value(NOTHING), output_field=TextField())
            if groupable(row)
            else None
        )
    if code in _COLUMNS:
        return Coalesce(
            Cast(F(_COLUMNS[code]), TextField()), Value(NOTHING), output_field=TextField()
        )
    if code in MONTHS:
        month = Cast(TruncMonth(code), DateField())
        return Coalesce(Cast(month, TextField()), Value(NOTHING), output_field=TextField())
    if code == "grade":
        return Cast(F("grade"), TextField())
    if code == "repeat":
        return Case(
            When(repeat=True, then=Value("true")), default=Value("false"), output_field=TextField()
        )
    return None


def groups_of(cards: ItemQuerySet, key: Combinable) -> list[Group] | None:
    """Count and sum the cards of each group. One SQL query.

    None when there are more than MOST_GROUPED cards or MOST_GROUPS groups.
    """
    some = cards.order_by().annotate(group_key=key).values("group_key", "amount")
    inner, parameters = some[: MOST_GROUPED + 1].query.sql_with_params()
    with connections[cards.db].cursor() as cursor:
        cursor.execute(
            f"SELECT group_key, count(*), sum(amount) FROM ({inner}) AS cards GROUP BY 1",  # noqa: S608  the query is Django's
            parameters,
        )
        found = [Group(*row) for row in cursor.fetchall()]
    if len(found) > MOST_GROUPS or sum(group.cards for group in found) > MOST_GROUPED:
        return None
    return found


def in_order(groups: Iterable[Group], values: Sequence[str]) -> list[Group]:
    """Put groups in the order of their values; those of no known value come last."""
    places = {value: place for place, value in enumerate(values)}
    return sorted(groups, key=lambda group: places.get(group.value, len(places)))


class _Position(Func):
    """The place of a text in a list, from 0; NULL for one that is not there."""

    template = "(array_position(%(expressions)s) - 1)"
    output_field = IntegerField()

    def __init__(self, values: Sequence[str], key: Combinable) -> None:
        super().__init__(TextArray(values), key)


class TextArray(Func):
    """Some texts as an array."""

    template = "ARRAY[%(expressions)s]::text[]"
    output_field: ModelField[Any, Any] = TextField()

    def __init__(self, values: Sequence[str]) -> None:
        super().__init__(*(Value(value) for value in values))
