"""What a piece of the set-up should be: the typed input of the set-up commands.

Codes are identities and never change; other rows are named by code. Order is not part of a
spec: a new row goes to the end, the reorder commands do the rest. `Spec.of(row)` reads a row
back, so that a page changes one thing with `dataclasses.replace` and saves the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from voronka.kernel.texts import LocalText
from voronka.pipelines.models import (
    Field,
    ItemType,
    LossReason,
    Pipeline,
    Section,
    Source,
    Stage,
)

NO_TEXT = LocalText()


@dataclass(frozen=True, slots=True)
class ItemTypeSpec:
    """A kind of card; see `ItemType`."""

    code: str
    name: LocalText
    plural: LocalText
    kind: str = ItemType.Kind.CUSTOM
    icon: str = "box"
    prefix: str = ""
    has_client: bool = True
    has_amount: bool = True
    has_lines: bool = False
    counts_in_revenue: bool = False
    success: LocalText = NO_TEXT

    @classmethod
    def of(cls, row: ItemType) -> Self:
        return cls(
            row.code,
            row.name,
            row.plural,
            row.kind,
            row.icon,
            row.prefix,
            row.has_client,
            row.has_amount,
            row.has_lines,
            row.counts_in_revenue,
            row.success,
        )


@dataclass(frozen=True, slots=True)
class GradeRule:
    """Points of the chosen options in `fields` are summed: `a` and more is A, `b` and more B."""

    fields: tuple[str, ...] = ()
    a: int = 0
    b: int = 0

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            tuple(str(f) for f in value.get("fields", ())),
            int(value.get("a", 0)),
            int(value.get("b", 0)),
        )

    def as_json(self) -> dict[str, Any]:
        """What is stored; empty without fields."""
        return {"fields": list(self.fields), "a": self.a, "b": self.b} if self.fields else {}


@dataclass(frozen=True, slots=True)
class PipelineSpec:
    """A funnel without its stages; `calendar` is a working calendar's code."""

    code: str
    item_type: str
    name: LocalText
    purpose: str = Pipeline.Purpose.NEW_SALES
    naming: str = Pipeline.Naming.RESULTS
    split_reason: LocalText = NO_TEXT
    forward_only: bool = True
    calendar: str | None = None

    @classmethod
    def of(cls, row: Pipeline) -> Self:
        return cls(
            row.code,
            row.item_type.code,
            row.name,
            row.purpose,
            row.naming,
            row.split_reason,
            row.forward_only,
            row.calendar.code if row.calendar else None,
        )


@dataclass(frozen=True, slots=True)
class Criterion:
    """One exit criterion: what must be true before a card leaves the stage forward."""

    code: str
    text: LocalText
    check: str = "manual"
    required: bool = True

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            str(value.get("code", "")),
            LocalText.of(value.get("text")),
            str(value.get("check", "manual")),
            bool(value.get("required", True)),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "text": self.text.as_dict(),
            "check": self.check,
            "required": self.required,
        }


@dataclass(frozen=True, slots=True)
class Objection:
    """What a customer says against, and what to answer."""

    objection: LocalText
    answer: LocalText

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        return cls(LocalText.of(value.get("objection")), LocalText.of(value.get("answer")))

    def as_json(self) -> dict[str, Any]:
        return {"objection": self.objection.as_dict(), "answer": self.answer.as_dict()}


@dataclass(frozen=True, slots=True)
class StageSpec:
    """A stage with its passport (FS-3); `responsible` as `Stage.responsible_code`."""

    pipeline: str
    code: str
    name: LocalText
    kind: str = Stage.Kind.OPEN
    color: str = "grey"
    critical: bool = False
    key: bool = False
    goal: LocalText = NO_TEXT
    sells_next: LocalText = NO_TEXT
    steps: tuple[LocalText, ...] = ()
    exit_criteria: tuple[Criterion, ...] = ()
    objections: tuple[Objection, ...] = ()
    responsible: str = ""
    deadline_minutes: int | None = None
    deadline_working: bool = True
    required: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Stage) -> Self:
        return cls(
            pipeline=row.pipeline.code,
            code=row.code,
            name=row.name,
            kind=row.kind,
            color=row.color,
            critical=row.critical,
            key=row.key,
            goal=row.goal,
            sells_next=row.sells_next,
            steps=tuple(LocalText.of(step) for step in row.steps),
            exit_criteria=tuple(Criterion.of(c) for c in row.exit_criteria),
            objections=tuple(Objection.of(o) for o in row.objections),
            responsible=row.responsible_code,
            deadline_minutes=row.deadline_minutes,
            deadline_working=row.deadline_working,
            required=tuple(row.required),
        )


@dataclass(frozen=True, slots=True)
class SectionSpec:
    """A block of fields; `item_type` None means clients, no `pipelines` means all."""

    item_type: str | None
    code: str
    name: LocalText
    pipelines: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Section) -> Self:
        kind = row.item_type.code if row.item_type else None
        return cls(kind, row.code, row.name, tuple(row.pipelines))


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a list field; `points` count for the grade (QL-2)."""

    code: str
    name: LocalText
    points: int = 0

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            str(value.get("code", "")),
            LocalText.of(value.get("name")),
            int(value.get("points", 0)),
        )

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "name": self.name.as_dict(), "points": self.points}


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A custom field; `item_type` None means clients, `section` is a section's code.

    `rules`: {"min", "max"} of numbers, money (as text) and dates (ISO), {"pattern",
    "max_length"} of texts. Absent keys mean no such rule.
    `formula`: counts the value, see docs/domain/formulas.md; empty: people fill it in.
    """

    item_type: str | None
    section: str
    code: str
    name: LocalText
    kind: str
    help: LocalText = NO_TEXT
    options: tuple[Option, ...] = ()
    rules: Mapping[str, Any] = field(default_factory=dict)
    important: bool = False
    formula: str = ""

    @classmethod
    def of(cls, row: Field) -> Self:
        return cls(
            row.item_type.code if row.item_type else None,
            row.section.code,
            row.code,
            row.name,
            row.kind,
            row.help,
            tuple(Option.of(o) for o in row.options),
            dict(row.rules),
            row.important,
            row.formula,
        )


@dataclass(frozen=True, slots=True)
class LossReasonSpec:
    """Why a card is lost; `parent` is the code of a reason one level up."""

    pipeline: str
    code: str
    name: LocalText
    parent: str | None = None
    target: bool = True
    needs_comment: bool = False

    @classmethod
    def of(cls, row: LossReason) -> Self:
        return cls(
            row.pipeline.code,
            row.code,
            row.name,
            row.parent.code if row.parent else None,
            row.target,
            row.needs_comment,
        )


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """Where enquiries come from."""

    code: str
    name: LocalText
    icon: str = "world"

    @classmethod
    def of(cls, row: Source) -> Self:
        return cls(row.code, row.name, row.icon)
