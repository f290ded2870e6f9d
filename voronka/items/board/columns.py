"""The cards of the columns, by pages: best grade first, then those that came last (QL-2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BigIntegerField, Func, OuterRef, Q, TextField
from django.db.models.functions import Cast

from voronka.items.models import Item, ItemQuerySet
from voronka.pipelines.models import Stage

FIRST = 25  # cards of a column at the first opening
MOST = 200  # cards of a column in one answer
OPEN_ORDER = ("grade_order", "-stage_entered_at", "-pk")
CLOSED_ORDER = ("-closed_at", "-pk")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BoardCard:
    """One card as the board shows it.

    `place` is where it stands in its column: a cursor, and what a browser sorts by.
    """

    pk: int
    stage_id: int
    title: str
    contact: str | None
    company: str | None
    amount: Decimal  # company currency
    owner_id: int
    owner_name: str
    grade: str
    source_icon: str | None
    source_name: str | None  # as stored: {"ru", "en"} in JSON, read once for many cards
    repeat: bool
    paused_at: datetime | None  # since when the stage's clock stands still
    step_kind: str
    step_title: str
    entered_at: datetime
    stalls_at: datetime | None
    step_at: datetime | None
    closed_at: datetime | None
    place: str

    @property
    def client(self) -> str:
        """Whom the card is about: the person, else the company."""
        return self.contact or self.company or ""


class Micros(Func):
    """A moment as microseconds from 1970: Django reads a number four times as fast."""

    template = "(extract(epoch FROM %(expressions)s) * 1000000)::bigint"
    output_field = BigIntegerField()


_MADE = {"source_title": Cast("source__name", TextField())}
_MOMENTS = {
    f"{column}_micros": Micros(column)
    for column in ("stage_entered_at", "stalls_at", "next_activity_at", "closed_at")
}
_COLUMNS = (
    "pk",
    "grade_order",
    "stage_id",
    "title",
    "contact__name",
    "company__name",
    "amount",
    "owner_id",
    "owner__name",
    "grade",
    "source__icon",
    "source_title",
    "repeat",
    "paused_at",
    "next_activity_kind",
    "next_activity_title",
    *_MOMENTS,
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some cards of a column. `after`: where the next page begins; empty when this is the last."""

    cards: Sequence[BoardCard] = ()
    after: str = ""


class Unnest(Func):
    """The elements of an array, a row each."""

    function = "unnest"
    template = "%(function)s((%(expressions)s)::bigint[])"  # a filter nothing passes is a bare NULL
    set_returning = True
    output_field = BigIntegerField()


def first_pages(
    cards: ItemQuerySet, stages: Iterable[Stage], *, size: int = FIRST
) -> dict[int, Page]:
    """Return stage id -> the first page of each open stage. One SQL query for all columns.

    Every column is read from the top of its own index, so that its length does not matter; a
    window over all open cards took 150 ms where this takes one (50,000 cards, ten columns).

    Args:
        cards: those within reach and filtered, of all these stages.
        size: cards of a column, up to MOST.
    """
    size = min(size, MOST)
    ids = [stage.pk for stage in stages if stage.is_open]
    top = cards.open().filter(stage_id=OuterRef("pk")).order_by(*OPEN_ORDER)
    shown = (
        Stage.objects.filter(pk__in=ids)
        .annotate(card=Unnest(ArraySubquery(top.values("pk")[: size + 1])))
        .values("card")
    )
    columns: dict[int, list[BoardCard]] = defaultdict(list)
    for card in _read(Item.objects.filter(pk__in=shown).order_by(*OPEN_ORDER)):
        columns[card.stage_id].append(card)
    return {pk: _page(columns[pk], size) for pk in ids}


def page_of(cards: ItemQuerySet, stage: Stage, *, after: str = "", size: int = FIRST) -> Page:
    """Return a page of one column, open or closed. One SQL query.

    Args:
        after: where it begins, from the page before; what can't be read begins at the top.
    """
    size = min(size, MOST)
    rows = cards.filter(stage_id=stage.pk)
    if stage.is_open:
        rows = rows.open().order_by(*OPEN_ORDER)
    else:
        rows = rows.filter(closed_at__isnull=False).order_by(*CLOSED_ORDER)
    if (behind := _behind(after, open_stage=stage.is_open)) is not None:
        rows = rows.filter(behind)
    ids = list(rows.values_list("pk", flat=True)[: size + 1])
    by_id = {card.pk: card for card in _read(Item.objects.filter(pk__in=ids))}
    return _page([by_id[pk] for pk in ids if pk in by_id], size)


def cards_by_id(cards: ItemQuerySet, ids: Iterable[int]) -> list[BoardCard]:
    """Return those of the named cards that are among `cards`. One SQL query."""
    return _read(cards.filter(pk__in=list(ids)[: 2 * MOST]))


def _read(rows: ItemQuerySet) -> list[BoardCard]:
    values = rows.annotate(**_MADE, **_MOMENTS).values_list(*_COLUMNS)
    return [_card(*row) for row in values]


def _card(pk: int, grade_order: int, *row: Any) -> BoardCard:
    plain, (entered, stalls, step, closed) = row[:-4], row[-4:]
    place = f"{closed}.{pk}" if closed is not None else f"{grade_order}.{entered}.{pk}"
    moments = map(_moment, (entered, stalls, step, closed))
    values: list[Any] = [pk, *plain, *moments, place]
    return BoardCard(*values)


def _page(cards: list[BoardCard], size: int) -> Page:
    shown = cards[:size]
    return Page(shown, shown[-1].place if len(cards) > size else "")


def _behind(place: str, *, open_stage: bool) -> Q | None:
    """The condition of cards that stand below a place; None for the top of the column."""
    try:
        parts = [int(part) for part in place.split(".")] if place else []
        *grade, micros, pk = parts
        at = _EPOCH + timedelta(microseconds=micros)
    except (ValueError, OverflowError):
        return None
    if any(abs(part) >= 2**63 for part in parts) or len(grade) != (1 if open_stage else 0):
        return None
    column = "stage_entered_at" if open_stage else "closed_at"
    later = Q(**{f"{column}__lt": at}) | Q(**{column: at}, pk__lt=pk)
    if not open_stage:
        return later & Q(closed_at__lte=at)
    # the first condition lets the index begin where the page does
    return Q(grade_order__gte=grade[0]) & (Q(grade_order__gt=grade[0]) | later)


def _moment(micros: int | None) -> Any:
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)
