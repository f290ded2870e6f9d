"""The cards of the columns, by pages: best grade first, then those that came last (QL-2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import starmap
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BigIntegerField, Func, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from voronka.items.board.reach import Reach
from voronka.items.models import Item, ItemQuerySet
from voronka.kernel import masking
from voronka.kernel.prepared_rows import PreparedRows
from voronka.pipelines.models import Stage

FIRST = 25  # cards of a column at the first opening
MOST = 200  # cards of a column in one answer
OPEN_ORDER = ("grade_order", "-stage_entered_at", "-pk")
CLOSED_ORDER = ("-closed_at", "-pk")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BoardCard(NamedTuple):
    """One card as the board shows it; a board makes hundreds, and tuples are made fast.

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
    asked_at: datetime | None  # since when the client waits for the first answer
    answer_due: datetime | None  # until when the five-minute clock runs
    closed_at: datetime | None
    place: str

    @property
    def client(self) -> str:
        """Whom the card is about: the person, else the company."""
        return masking.shown_text(self.contact or self.company or "")


class Micros(Func):
    """A moment as microseconds from 1970: Django reads a number four times as fast."""

    template = "(extract(epoch FROM %(expressions)s) * 1000000)::bigint"
    output_field = BigIntegerField()


_MADE = {"source_title": Cast("source__name", TextField())}
_MOMENTS = {
    f"{column}_micros": Micros(column)
    for column in (
        "stage_entered_at",
        "stalls_at",
        "next_activity_at",
        "clock_started_at",
        "clock_due_at",
        "closed_at",
    )
}
_MOMENTS_COUNT = len(_MOMENTS)  # they stand last in a row
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
    shown = _top_of(cards, Stage.objects.filter(pk__in=ids), size)
    return _pages(_rows_of(shown), ids, size)


def whole_pages(reach: Reach, stages: Iterable[Stage], *, size: int = FIRST) -> dict[int, Page]:
    """Return what `first_pages` does, of all cards within reach: without a filter. One SQL query.

    The SQL of what is asked most, everybody's cards and one's own, is written once.
    """
    stages = list(stages)
    owners = reach.owners
    if size != FIRST or reach.followed or (owners is not None and len(owners) != 1):
        return first_pages(reach.cards(stages), stages, size=size)
    ids = [s.pk for s in stages if s.is_open and s.pipeline_id == reach.pipeline_id]
    rows = _EVERYBODYS.all(ids) if owners is None else _ONES.all(ids, *owners)
    return _pages(rows, ids, size)


def _top_of(cards: ItemQuerySet, stages: QuerySet[Stage], size: int) -> ItemQuerySet:
    """Return the first cards of each stage, and one more, in the order of columns."""
    top = cards.open().filter(stage_id=OuterRef("pk")).order_by(*OPEN_ORDER)
    shown = stages.annotate(card=Unnest(ArraySubquery(top.values("pk")[: size + 1])))
    return Item.objects.filter(pk__in=shown.values("card")).order_by(*OPEN_ORDER)


def _pages(rows: Iterable[tuple[Any, ...]], ids: Iterable[int], size: int) -> dict[int, Page]:
    columns: dict[int, list[BoardCard]] = defaultdict(list)
    for card in starmap(_card, rows):
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


def _rows_of(cards: ItemQuerySet) -> QuerySet[Item, tuple[Any, ...]]:
    return cards.annotate(**_MADE, **_MOMENTS).values_list(*_COLUMNS)


def _read(cards: ItemQuerySet) -> list[BoardCard]:
    return list(starmap(_card, _rows_of(cards)))


def _card(pk: int, grade_order: int, *row: Any) -> BoardCard:
    moments = row[-_MOMENTS_COUNT:]
    entered, closed = moments[0], moments[-1]
    place = f"{closed}.{pk}" if closed is not None else f"{grade_order}.{entered}.{pk}"
    return BoardCard._make((pk, *row[:-_MOMENTS_COUNT], *map(_moment, moments), place))


def _page(cards: list[BoardCard], size: int) -> Page:
    shown = cards[:size]
    return Page(shown, shown[-1].place if len(cards) > size else "")


_EVERYBODYS = PreparedRows(
    lambda ids: _rows_of(_top_of(Item.objects.alive(), Stage.objects.filter(pk__among=ids), FIRST)),
    list,
)
_ONES = PreparedRows(
    lambda ids, owner: _rows_of(
        _top_of(
            Item.objects.alive().filter(owner_id=owner),
            Stage.objects.filter(pk__among=ids),
            FIRST,
        )
    ),
    list,
    int,
)


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
