"""Elements of a card: which of them hold it back, and what they say together (SP-5, S4).

An exit criterion "elements:production" wants all elements of the type finished successfully,
"elements:production/assembled" all of the type of that funnel to have come to the stage, or beyond.
Elements that were called off (lost) count nowhere. Source: docs/domain/elements.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from voronka.items import rules
from voronka.items.models import Item, ItemLink, ItemQuerySet
from voronka.journal.actors import Actor
from voronka.kernel.errors import Sentence
from voronka.people import access
from voronka.people.models import User
from voronka.pipelines.criteria import elements_of, stage_of_elements
from voronka.pipelines.models import Field, ItemType, Pipeline, Stage

_DATES = (Field.Kind.DATE, Field.Kind.DATETIME)
_MOST_DATES = 6  # date fields of a type that are rolled up


def parts(item_id: int) -> ItemQuerySet:
    """Return the elements of a card that were not called off, in no order."""
    mine = Item.objects.alive().filter(
        parent_links__parent_id=item_id, parent_links__kind=ItemLink.Kind.PART
    )
    return mine.exclude(stage__kind=Stage.Kind.LOST)


def wanted(item_id: int, what: str) -> list[Item]:
    """Return the elements that a criterion asks about, with stage and funnel. ≤ 2 queries.

    Args:
        what: "<type>" or "<funnel>/<stage>", as after "elements:".
    """
    rows = parts(item_id).select_related("stage", "pipeline__item_type").order_by("pk")
    funnel, stage = stage_of_elements(what)
    if not stage:
        return list(rows.filter(pipeline__item_type__code=funnel))
    kinds = Pipeline.objects.filter(code=funnel).values("item_type_id")
    return list(rows.filter(pipeline__item_type_id__in=kinds))


def holding(item_id: int, what: str) -> tuple[list[Item], bool]:
    """Return the elements that do not meet a criterion yet, and whether there are any at all."""
    found = wanted(item_id, what)
    funnel, code = stage_of_elements(what)
    target = None
    if code and found:
        target = Stage.objects.filter(pipeline__code=funnel, code=code).first()
    return [one for one in found if not _has_come(one, target)], bool(found)


def _has_come(one: Item, target: Stage | None) -> bool:
    if one.stage.kind == Stage.Kind.WON:
        return True
    if target is None or one.pipeline_id != target.pipeline_id:
        return False
    return target.is_open and one.stage.is_open and one.stage.position >= target.position


def named(criteria: Iterable[rules.Criterion], item: Item, *, by: Actor) -> list[rules.Criterion]:
    """Return criteria with the elements that hold them back; titles only of those `by` may see."""
    return [_named(criterion, item, by) for criterion in criteria]


def _named(criterion: rules.Criterion, item: Item, by: Actor) -> rules.Criterion:
    what = elements_of(criterion.check)
    if what is None:
        return criterion
    rights = access.of_actor(by)
    held = []
    for one in holding(item.pk, what)[0]:
        kind, pipeline = one.pipeline.item_type.code, one.pipeline.code
        seen = rights is None or rights.may("see", kind, pipeline, owner_id=one.owner_id)
        held.append(rules.Held(one.pk, one.title, str(one.stage)) if seen else rules.Held(0))
    return replace(criterion, held=tuple(held))


@dataclass(frozen=True, slots=True)
class Span:
    """The earliest and the latest value of a date field of elements."""

    name: Sentence
    code: str
    first: date | str  # a moment, or a day
    last: date | str
    filled: int

    @property
    def is_one(self) -> bool:
        """Whether there is only one moment."""
        return self.first == self.last


@dataclass(frozen=True, slots=True)
class RollUp:
    """What the elements of one type say together; called off ones are left out.

    `blocked` stand past the deadline of their stage, or their clock was stopped.
    """

    item_type: ItemType
    all: int
    ready: int
    blocked: int
    spans: list[Span] = field(default_factory=list)

    @property
    def share(self) -> float | None:
        """The share that is ready, 0..1; None without elements."""
        return self.ready / self.all if self.all else None


def roll_ups(item: Item, user: User, *, at: datetime | None = None) -> list[RollUp]:
    """Return for each type of elements how far they are together, as far as `user` sees them.

    Counted by the database: two SQL queries and one for each type that has date fields, besides
    those of the rights.
    """
    seen = Item.objects.visible_to(user).values("pk")
    rows = parts(item.pk).filter(pk__in=seen)
    now = at or timezone.now()
    is_open = Q(stage__kind=Stage.Kind.OPEN)
    late = Q(stalls_at__lt=now, paused_at=None)
    counted = rows.values("pipeline__item_type").annotate(
        everything=Count("pk"),
        ready=Count("pk", filter=Q(stage__kind=Stage.Kind.WON)),
        blocked=Count("pk", filter=is_open & (late | Q(paused_at__isnull=False))),
    )
    found = {row["pipeline__item_type"]: row for row in counted.order_by()}
    if not found:
        return []
    kinds = ItemType.objects.filter(pk__in=found).order_by("position", "pk")
    fields: dict[int, list[Field]] = {}
    for one in Field.objects.filter(item_type__in=found, archived=False, kind__in=_DATES).order_by(
        "section__position", "position", "pk"
    ):
        fields.setdefault(one.item_type_id or 0, []).append(one)
    return [
        RollUp(
            kind,
            found[kind.pk]["everything"],
            found[kind.pk]["ready"],
            found[kind.pk]["blocked"],
            _spans(rows.filter(pipeline__item_type=kind), fields.get(kind.pk, [])),
        )
        for kind in kinds
    ]


def _spans(rows: ItemQuerySet, fields: Sequence[Field]) -> list[Span]:
    """Return the spans of the date fields that some element has filled. One query, or none.

    Dates and moments are kept as ISO texts, moments in UTC: their order as texts is that in time.
    """
    asked = fields[:_MOST_DATES]
    if not asked:
        return []
    wanted: dict[str, Any] = {}
    for number, one in enumerate(asked):
        key = KeyTextTransform(one.code, "values")
        wanted |= {f"a{number}": Min(key), f"b{number}": Max(key), f"n{number}": Count(key)}
    row = rows.order_by().aggregate(**wanted)
    return [
        Span(
            str(one.name),
            one.code,
            _read(one, row[f"a{number}"]),
            _read(one, row[f"b{number}"]),
            row[f"n{number}"],
        )
        for number, one in enumerate(asked)
        if row[f"a{number}"]
    ]


def _read(row: Field, text: str) -> date | str:
    try:
        moment = parse_datetime(text) if row.kind == Field.Kind.DATETIME else parse_date(text)
        return moment or text
    except ValueError:
        return text
