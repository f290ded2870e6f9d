"""The bulk door: many cards with their history at once, for imports, the demo and the benchmark.

The same gate and the same invariants as the single door: exactly one open visit per card, visits
that follow one another, a closed card in a closed stage. A load of history wakes no robots and
sends one live announcement per pipeline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import transaction
from django.utils import timezone

from voronka.items import rules
from voronka.items.commands.lines import Line
from voronka.items.models import NO_GRADE, Item, ItemLink, LineItem, StageVisit
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.journal.models import Event
from voronka.kernel.copying import copy_rows, next_ids
from voronka.kernel.worktime import WorkSchedule
from voronka.people import access
from voronka.people.schedules import company_schedule, schedule_of
from voronka.pipelines import formulas
from voronka.pipelines.grades import grade
from voronka.pipelines.models import Field, Pipeline, Stage


@dataclass(slots=True)
class LoadRow:
    """One card with its past.

    Attributes:
        visits: (stage, entered_at) in order of time; the last is where it stands now, and a
            won or lost stage there closes it. Values are already cleaned (pipelines.values).
        jumped: ids of stages among `visits` that were passed over.
        author_id: the person whose work this past was; the loading actor when None.
    """

    title: str
    owner_id: int
    visits: Sequence[tuple[Stage, datetime]]
    amount: Decimal = Decimal(0)
    contact_id: int | None = None
    company_id: int | None = None
    source_id: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    utm: dict[str, str] = field(default_factory=dict)
    checks: dict[str, Any] = field(default_factory=dict)
    lines: Sequence[Line] = ()
    repeat: bool = False
    created_at: datetime | None = None
    first_response_at: datetime | None = None
    last_touch_at: datetime | None = None
    loss_reason_id: int | None = None
    loss_comment: str = ""
    loss_told_by: str = ""
    external_id: str = ""
    jumped: frozenset[int] = frozenset()
    author_id: int | None = None


_ITEM_COLUMNS = [
    "id",
    "pipeline_id",
    "stage_id",
    "title",
    "owner_id",
    "contact_id",
    "company_id",
    "source_id",
    "utm",
    "amount",
    "values",
    "checks",
    "grade",
    "grade_order",
    "repeat",
    "created_at",
    "changed_at",
    "stage_entered_at",
    "stalls_at",
    "next_activity_kind",
    "next_activity_title",
    "last_touch_at",
    "first_response_at",
    "closed_at",
    "loss_reason_id",
    "loss_comment",
    "loss_told_by",
    "external_id",
    "created_by_id",
    "version",
]
_VISIT_COLUMNS = [
    "item_id",
    "stage_id",
    "pipeline_id",
    "owner_id",
    "entered_at",
    "left_at",
    "by_user_id",
    "how",
    "jump",
    "correction",
    "overdue",
]
_EVENT_COLUMNS = [
    "verb",
    "subject_type",
    "subject_id",
    "pipeline_id",
    "actor_kind",
    "actor_user_id",
    "actor_name",
    "diff",
    "at",
]
_LINE_COLUMNS = ["item_id", "product_id", "name", "quantity", "price", "discount", "position"]


_MOST_KNOWN = 100_000  # deadlines kept in memory; files repeat their dates


class Loader:
    """Loads cards into one pipeline; keeps its set-up and the owners' schedules at hand."""

    def __init__(self, pipeline: Pipeline, *, by: Actor) -> None:
        self.pipeline = pipeline
        self.by = by
        self._pipeline_id: int = pipeline.pk
        self.stages = list(pipeline.stages.all())
        self.fields = list(Field.objects.filter(item_type=pipeline.item_type, archived=False))
        self._schedules: dict[int, WorkSchedule] = {}
        self._stalled: dict[tuple[int, datetime, int], datetime | None] = {}
        self._company = cache(company_schedule)
        self._rule = pipeline.item_type.grade_rule
        self._required: dict[int, list[str]] = {}  # a loss asks for nothing
        for stage in self.stages:
            if stage.kind != Stage.Kind.LOST:
                codes = rules.required_codes(self.stages, stage)
                self._required[stage.pk] = [c for c in codes if c != "next_step"]

    def missing(self, row: LoadRow) -> list[str]:
        """Return the codes that the row's last stage requires and the row lacks (IM-7)."""
        codes = self._required.get(row.visits[-1][0].pk)
        if not codes:
            return []
        return rules.missing(codes, rules.Facts(row.values, self._system(row)))

    def needs_reason(self, row: LoadRow, *, known: bool) -> bool:
        """Whether the row is lost without a reason though the pipeline has reasons (`known`)."""
        return known and row.visits[-1][0].kind == Stage.Kind.LOST and not row.loss_reason_id

    @transaction.atomic
    def load(self, rows: Iterable[LoadRow]) -> list[int]:
        """Write the rows; return the ids of the new cards in the same order.

        Raises:
            Forbidden: the actor may not import into this pipeline.
        """
        rows = list(rows)
        if not rows:
            return []
        kind = self.pipeline.item_type.code
        access.require(self.by, "import", kind, self.pipeline.code, owner_id=self.by.user_id)
        ids = next_ids(Item, len(rows))
        now = timezone.now()
        cards = list(zip(ids, rows, strict=True))
        for owner_id in {row.owner_id for row in rows}:
            self._schedule(owner_id)  # nothing can be asked while rows are copied
        copy_rows(Item, _ITEM_COLUMNS, (self._item(pk, row, now) for pk, row in cards))
        copy_rows(StageVisit, _VISIT_COLUMNS, (v for c in cards for v in self._visits(*c)))
        copy_rows(Event, _EVENT_COLUMNS, (event for c in cards for event in self._events(*c)))
        if any(row.lines for row in rows):
            copy_rows(LineItem, _LINE_COLUMNS, (line for c in cards for line in _lines(*c)))
        record(
            "pipeline.loaded",
            self.pipeline,
            by=self.by,
            pipeline_id=self.pipeline.pk,
            cards=len(ids),
        )
        return ids

    def _item(self, pk: int, row: LoadRow, now: datetime) -> list[Any]:
        stage, entered = row.visits[-1]
        created = row.created_at or row.visits[0][1]
        letter, order = "", NO_GRADE
        if self._rule.get("fields"):
            result = grade(self._rule, self.fields, row.values)
            letter, order = result.letter, result.order
        return [
            pk,
            self._pipeline_id,
            stage.id,
            row.title[:255],
            row.owner_id,
            row.contact_id,
            row.company_id,
            row.source_id,
            row.utm,
            row.amount,
            formulas.recount(
                self.pipeline.item_type.formulas,
                row.values,
                title=row.title[:255],
                amount=row.amount,
                created_at=created,
                schedule=self._company,
            ),
            row.checks,
            letter,
            order,
            row.repeat,
            created,
            now,
            entered,
            self._stalls(stage, entered, row.owner_id),
            "",
            "",
            row.last_touch_at,
            row.first_response_at,
            None if stage.is_open else entered,
            row.loss_reason_id if stage.kind == Stage.Kind.LOST else None,
            row.loss_comment if stage.kind == Stage.Kind.LOST else "",
            row.loss_told_by if stage.kind == Stage.Kind.LOST else "",
            row.external_id,
            row.author_id or self.by.user_id,
            1,
        ]

    def _visits(self, pk: int, row: LoadRow) -> list[list[Any]]:
        visits: list[list[Any]] = []
        pipeline, author = self._pipeline_id, row.author_id or self.by.user_id
        how = "user" if row.author_id else self.by.kind
        for number, (stage, entered) in enumerate(row.visits, start=1):
            left = row.visits[number][1] if number < len(row.visits) else None
            overdue = None
            if left is not None and left != entered:
                overdue = rules.overdue(self._stalls(stage, entered, row.owner_id), left)
            place, jump = stage.id, stage.id in row.jumped
            visits.append(
                [
                    pk,
                    place,
                    pipeline,
                    row.owner_id,
                    entered,
                    left,
                    author,
                    how,
                    jump,
                    False,
                    overdue,
                ]
            )
        return visits

    def _events(self, pk: int, row: LoadRow) -> list[list[Any]]:
        first, created = row.visits[0]
        diff: dict[str, Any] = {"stage": first.id, "title": row.title, "owner_id": row.owner_id}
        created = row.created_at or created
        events = [self._event("item.created", pk, created, diff, row.author_id)]
        left = first
        for stage, entered in row.visits[1:]:
            if stage.id in row.jumped:
                continue
            verb = {"won": "item.won", "lost": "item.lost"}.get(stage.kind, "item.moved")
            moved: dict[str, Any] = {"left": left.id, "entered": stage.id, "owner_id": row.owner_id}
            if stage.kind == Stage.Kind.LOST:
                moved |= {"reason": row.loss_reason_id, "comment": row.loss_comment}
                moved |= {"told_by": row.loss_told_by} if row.loss_told_by else {}
            events.append(self._event(verb, pk, entered, moved, row.author_id))
            left = stage
        return events

    def _event(
        self, verb: str, pk: int, at: datetime, diff: Mapping[str, Any], author_id: int | None
    ) -> list[Any]:
        by = self.by
        who = ["user", author_id, ""] if author_id else [by.kind, by.user_id, by.name]
        return [verb, "item", pk, self._pipeline_id, *who, dict(diff), at]

    def _stalls(self, stage: Stage, entered: datetime, owner_id: int) -> datetime | None:
        schedule = self._schedule(owner_id)
        key = (stage.id, entered, id(schedule))
        if key not in self._stalled:
            if len(self._stalled) >= _MOST_KNOWN:
                self._stalled.clear()
            self._stalled[key] = rules.stalls_at(stage, entered, lambda: schedule)
        return self._stalled[key]

    def _schedule(self, owner_id: int) -> WorkSchedule:
        """Return an owner's working time: one object for all whose hours are the same."""
        if owner_id not in self._schedules:
            mine = schedule_of(owner_id, calendar_id=self.pipeline.calendar_id)
            others = (known for known in self._schedules.values() if known == mine)
            self._schedules[owner_id] = next(others, mine)
        return self._schedules[owner_id]

    @staticmethod
    def _system(row: LoadRow) -> dict[str, bool]:
        return {
            "title": bool(row.title.strip()),
            "amount": row.amount > 0,
            "contact": row.contact_id is not None,
            "company": row.company_id is not None,
            "client": row.contact_id is not None or row.company_id is not None,
            "source": row.source_id is not None,
            "lines": bool(row.lines),
            "next_step": False,
        }


def _lines(pk: int, row: LoadRow) -> list[list[Any]]:
    return [
        [pk, x.product_id, x.name[:255], x.quantity, x.price, x.discount, n]
        for n, x in enumerate(row.lines)
    ]


def load_items(pipeline: Pipeline, rows: Iterable[LoadRow], *, by: Actor) -> list[int]:
    """Load cards with their history into a pipeline; see `Loader.load`."""
    return Loader(pipeline, by=by).load(rows)


@transaction.atomic
def load_links(links: Iterable[tuple[int, int, str, datetime]], *, by: Actor) -> int:
    """Link many loaded cards: (parent id, child id, kind, when). Returns how many.

    No events: what was linked in the past wakes nobody. Rights were asked when the cards were
    loaded, so this is for the loading actor's own cards.
    """
    rows = [
        ItemLink(parent_id=parent, child_id=child, kind=kind, created_at=at)
        for parent, child, kind, at in links
    ]
    if rows:
        parent = Item.objects.select_related("pipeline__item_type").get(pk=rows[0].parent_id)
        record("pipeline.linked", parent.pipeline, by=by, links=len(rows))
    return len(ItemLink.objects.bulk_create(rows, batch_size=2000))
