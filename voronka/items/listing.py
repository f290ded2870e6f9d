"""Cards in a list: sorted by anything, page after page, counted as far as it is cheap."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.db.models import (
    Count,
    DecimalField,
    F,
    Func,
    IntegerField,
    Q,
    Sum,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from voronka.items.filters.custom import ValueText
from voronka.items.filters.texts import clean
from voronka.items.grouping import Places, TextArray
from voronka.items.models import ItemQuerySet
from voronka.pipelines.models import Field

PAGE = 50  # cards
COUNTED = 10_000  # cards; more are not counted
_CUSTOM = "f-"


@dataclass(frozen=True, slots=True)
class Key:
    """What a list is sorted by. `read` turns the value in a cursor into one for the database."""

    expression: Combinable
    nullable: bool = False
    read: Callable[[Any], Any] = clean


def _moment(raw: Any) -> datetime:
    moment = datetime.fromisoformat(str(raw))
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _decimal(raw: Any) -> Decimal:
    number = Decimal(str(raw))
    if not number.is_finite() or abs(number) >= Decimal("1e18"):
        raise ValueError
    return number.quantize(Decimal("0.0001"))


SORTS: dict[str, Key] = {
    "number": Key(F("id"), read=int),
    "title": Key(F("title")),
    "client": Key(Coalesce(F("company__name"), F("contact__name")), nullable=True),
    "amount": Key(F("amount"), read=_decimal),
    "pipeline": Key(F("pipeline__position"), read=int),
    "stage": Key(F("stage__position"), read=int),
    "owner": Key(F("owner__name")),
    "source": Key(F("source__position"), nullable=True, read=int),
    "grade": Key(F("grade_order"), read=int),
    "next_step": Key(F("next_activity_at"), nullable=True, read=_moment),
    "stalls_at": Key(F("stalls_at"), nullable=True, read=_moment),
    "stage_entered_at": Key(F("stage_entered_at"), read=_moment),
    "created_at": Key(F("created_at"), read=_moment),
    "changed_at": Key(F("changed_at"), read=_moment),
    "last_touch_at": Key(F("last_touch_at"), nullable=True, read=_moment),
    "closed_at": Key(F("closed_at"), nullable=True, read=_moment),
}
_SORTABLE = (
    *(Field.Kind.TEXT, Field.Kind.PHONE, Field.Kind.EMAIL, Field.Kind.URL, Field.Kind.ADDRESS),
    *(Field.Kind.NUMBER, Field.Kind.MONEY, Field.Kind.DATE, Field.Kind.DATETIME),
    *(Field.Kind.BOOLEAN, Field.Kind.LIST),
)


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: the code of a column, and whether the greatest comes first.

    `key` is given for custom fields; nothing to compare comes last in either direction.
    """

    code: str = "created_at"
    down: bool = True
    key: Key = SORTS["created_at"]

    @classmethod
    def read(
        cls, text: str, fields: dict[str, Field] | None = None, *, only_closed: bool = False
    ) -> Sort:
        """Read "amount" or "-amount"; the newest first for anything that can't be sorted by.

        Args:
            fields: code -> custom field, of those that may be sorted by.
            only_closed: the cards are closed, so that all have a closing date; an index helps.
        """
        code = text.removeprefix("-")
        if code == "closed_at" and only_closed:
            return cls(code, text.startswith("-"), Key(F("closed_at"), read=_moment))
        if code in SORTS:
            return cls(code, text.startswith("-"), SORTS[code])
        field = (fields or {}).get(code)
        if field is not None and sortable(field):
            return cls(code, text.startswith("-"), _custom_key(field))
        return cls()

    @property
    def text(self) -> str:
        """The order as `read` takes it."""
        return f"-{self.code}" if self.down else self.code


def sortable(field: Field) -> bool:
    """Whether cards can be put in order by a custom field."""
    return field.kind in _SORTABLE


def _custom_key(field: Field) -> Key:
    if field.kind in (Field.Kind.NUMBER, Field.Kind.MONEY):
        return Key(_ValueNumber(field.code), nullable=True, read=_decimal)
    if field.kind == Field.Kind.LIST:
        codes = [str(option["code"]) for option in field.options]
        return Key(_Place(codes, field.code), nullable=True, read=int)
    return Key(ValueText(field.code), nullable=True)


class _ValueNumber(Func):
    """The number in a custom field, money as a string included; NULL for anything else."""

    template = "(jsonb_path_query_first(%(expressions)s::jsonpath, '{}', true)::numeric)"
    output_field = DecimalField(max_digits=30, decimal_places=8)

    def __init__(self, code: str) -> None:
        super().__init__(F("values"), Value(f"$.{json.dumps(code)}.double()"))


class _Place(Func):
    """The place of the chosen option in its list, from 1."""

    template = "array_position(%(expressions)s)"
    output_field = IntegerField()

    def __init__(self, codes: list[str], code: str) -> None:
        super().__init__(TextArray(codes), ValueText(code))


class ListCard(NamedTuple):
    """What a list tells of a card, by the names that `Item` has: a third of an `Item`'s price."""

    pk: int
    pipeline_id: int
    stage_id: int
    title: str
    owner_id: int
    contact_id: int | None
    company_id: int | None
    source_id: int | None
    amount: Decimal  # company currency
    values: dict[str, Any]
    grade: str
    repeat: bool
    created_at: datetime
    changed_at: datetime
    stage_entered_at: datetime
    stalls_at: datetime | None
    next_activity_at: datetime | None
    next_activity_kind: str
    next_activity_title: str
    last_touch_at: datetime | None
    closed_at: datetime | None
    loss_reason_id: int | None
    external_id: str


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of cards; `after` leads to the next one and is empty on the last.

    `ranks` are the places of the cards' groups, one for each; empty when there are no groups.
    """

    items: list[ListCard]
    after: str
    ranks: list[int] = field(default_factory=list)
    before: int = -1  # the group in which the page before has ended; -1 on the first


_COLUMNS = ListCard._fields


def listing(
    cards: ItemQuerySet,
    sort: Sort,
    *,
    after: str = "",
    limit: int = PAGE,
    places: Places | None = None,
) -> Slice:
    """Return `limit` cards behind the place that `after` names. One SQL query.

    The place is a value and an id, not a count: cards that come or go meanwhile neither repeat
    nor hide others. A cursor that can't be read means the first page.

    Args:
        places: the groups in which the cards stand; those that are folded are left out.
    """
    found = cards.annotate(sort_key=sort.key.expression)
    told: tuple[str, ...] = ("sort_key",)
    order = _order(sort)
    if places is not None:
        found = found.annotate(group_rank=places.rank())
        if places.folded:
            found = found.exclude(group_rank__in=list(places.folded))
        told, order = ("sort_key", "group_rank"), ["group_rank", *order]
    before = -1
    if place := _read_cursor(after, sort, grouped=places is not None):
        value, pk, before = place
        behind = _behind(sort, value, pk)
        if places is not None:
            behind = Q(group_rank__gt=before) | Q(behind, group_rank=before)
        found = found.filter(behind)
    rows = list(found.order_by(*order).values_list(*told, *_COLUMNS)[: limit + 1])
    after = _cursor(*_place_of(rows[limit - 1], len(told))) if len(rows) > limit else ""
    ranks = [row[1] for row in rows[:limit]] if places is not None else []
    return Slice([ListCard._make(row[len(told) :]) for row in rows[:limit]], after, ranks, before)


def _place_of(row: tuple[Any, ...], told: int) -> tuple[Any, int, int]:
    """Return value, id and group of a row; the group is 0 when there are none."""
    return row[0], row[told], row[1] if told > 1 else 0


def _order(sort: Sort) -> list[Any]:
    key = F("sort_key")
    nulls = {"nulls_last": True} if sort.key.nullable else {}
    if sort.down:
        return [key.desc(**nulls), "-pk"]
    return [key.asc(**nulls), "pk"]


def _behind(sort: Sort, value: Any, pk: int) -> Q:
    """Return the condition of cards that come after one with this value and id."""
    step = "lt" if sort.down else "gt"
    if value is None:
        return Q(**{"sort_key__isnull": True, f"pk__{step}": pk})
    beyond = Q(**{f"sort_key__{step}": value}) | Q(**{"sort_key": value, f"pk__{step}": pk})
    if sort.key.nullable:
        return beyond | Q(sort_key__isnull=True)
    return beyond & Q(**{f"sort_key__{step}e": value})  # lets an index begin at the right place


def _cursor(value: Any, pk: int, rank: int) -> str:
    if isinstance(value, datetime):
        value = value.isoformat()
    elif isinstance(value, Decimal):
        value = str(value)
    place = json.dumps([value, pk, rank])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _read_cursor(text: str, sort: Sort, *, grouped: bool) -> tuple[Any, int, int] | None:
    if not text:
        return None
    try:
        value, pk, rank = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        read = None if value is None else sort.key.read(value)
        number, group = int(pk), int(rank)
    except (ValueError, TypeError, OverflowError, RecursionError, InvalidOperation):
        return None
    if not -(2**63) <= number < 2**63 or (read is None and not sort.key.nullable):
        return None
    return (read, number, group if grouped else -1) if 0 <= group < 2**31 else None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cards, and their amounts together; `more` than COUNTED are not counted on."""

    cards: int
    more: bool = False
    amount: Decimal | None = None  # company currency; None when not all were counted


def tally(cards: ItemQuerySet) -> Tally:
    """Count cards and sum their amounts, up to COUNTED of them. One SQL query."""
    # amounts alone: for most filters an index has them, and no row is read
    some = cards.order_by().values(worth=F("amount"))[: COUNTED + 1]
    found = some.aggregate(cards=Count("*"), amount=Sum("worth"))
    if found["cards"] > COUNTED:
        return Tally(COUNTED, more=True)
    return Tally(found["cards"], amount=found["amount"] or Decimal(0))
