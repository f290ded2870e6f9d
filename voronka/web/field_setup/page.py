"""What the page of fields shows: sections with their fields, and the card that comes of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from voronka.kernel.errors import Sentence
from voronka.people.models import User
from voronka.pipelines.commands.starting import BANT_SECTION
from voronka.pipelines.models import Field, ItemType, Pipeline, Section, Stage
from voronka.pipelines.queries import SectionRow, sections_of
from voronka.web.field_setup.kinds import ICONS
from voronka.web.fields import Input, draw
from voronka.web.fields.specs import spec_of

CLIENT = "client"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field as a row: what it is and who asks for it."""

    field: Field
    graded: bool
    asked: list[str]  # "Retail: Offer sent", one a funnel

    @property
    def icon(self) -> str:
        return ICONS[self.field.kind]

    @property
    def detail(self) -> str:
        """The kind, and for lists how many answers."""
        kind = str(self.field.get_kind_display())
        count = len(self.field.options)
        return f"{kind} · {count}" if count else kind


@dataclass(frozen=True, slots=True)
class Group:
    """A section with its rows."""

    section: Section
    rows: list[FieldRow]
    funnels: list[str]  # names of the funnels that show it; empty: all


@dataclass(frozen=True, slots=True)
class PreviewBlock:
    """A section of the sample card."""

    section: Section
    inputs: list[Input]


@dataclass
class FieldPage:
    """Everything of the page for one item type, or for clients when that is None."""

    item_type: ItemType | None
    user: User
    pipeline: Pipeline | None = None
    stage: Stage | None = None

    @property
    def code(self) -> str:
        """What the address calls it."""
        return self.item_type.code if self.item_type else CLIENT

    @property
    def title(self) -> Sentence:
        return str(self.item_type.plural) if self.item_type else _("Clients")

    @cached_property
    def _sections(self) -> list[SectionRow]:
        return sections_of(self.item_type)

    @cached_property
    def pipelines(self) -> list[Pipeline]:
        """Funnels of the type."""
        if self.item_type is None:
            return []
        return list(self.item_type.pipelines.filter(archived=False))

    @cached_property
    def _asked(self) -> dict[str, list[str]]:
        asked: dict[str, list[str]] = defaultdict(list)
        if self.item_type is None:
            return asked
        stages = Stage.objects.filter(
            pipeline__item_type=self.item_type, pipeline__archived=False
        ).select_related("pipeline")
        seen: set[tuple[int, str]] = set()
        for stage in stages.order_by("pipeline__position", "pipeline_id", "position"):
            for code in stage.required:
                if (stage.pipeline_id, code) not in seen:
                    seen.add((stage.pipeline_id, code))
                    asked[code].append(f"{stage.pipeline}: {stage}")
        return asked

    @cached_property
    def groups(self) -> list[Group]:
        """Sections with rows, in order. Four queries."""
        graded = set(self.item_type.grade_rule.get("fields", ())) if self.item_type else set()
        names = {p.code: str(p.name) for p in self.pipelines}
        return [
            Group(
                row.section,
                [FieldRow(f, f.code in graded, self._asked.get(f.code, [])) for f in row.fields],
                [names[code] for code in row.section.pipelines if code in names],
            )
            for row in self._sections
        ]

    @cached_property
    def archived(self) -> list[FieldRow]:
        """Fields in the archive."""
        rows = Field.objects.filter(item_type=self.item_type, archived=True)
        return [FieldRow(f, False, []) for f in rows.select_related("section", "item_type")]

    @property
    def offers_bant(self) -> bool:
        """Whether the ready block of qualification would help: leads and deals without a grade."""
        kind = self.item_type
        if kind is None or kind.kind == ItemType.Kind.CUSTOM or kind.grade_rule.get("fields"):
            return False
        return all(group.section.code != BANT_SECTION for group in self.groups)

    @cached_property
    def stages(self) -> list[Stage]:
        """Stages in work of the funnel that the sample card stands in."""
        if self.pipeline is None:
            return []
        return [s for s in self.pipeline.stages.all() if s.is_open]

    @cached_property
    def preview(self) -> list[PreviewBlock]:
        """The fields of a sample card, as the card draws them when it is filled in."""
        required: set[str] = set()
        if self.stage is not None:
            for stage in self.stages:
                if stage.position <= self.stage.position:
                    required |= set(stage.required)
        blocks = []
        for row in self._sections:
            wanted = row.section.pipelines
            if not row.fields or (self.pipeline and wanted and self.pipeline.code not in wanted):
                continue
            specs = [spec_of(f) for f in row.fields]
            inputs = draw(specs, user=self.user, required=required, prefix="sample-")
            blocks.append(PreviewBlock(row.section, inputs))
        return blocks
