"""Reads of the set-up. Everybody who is signed in may read how selling is arranged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voronka.kernel.errors import Sentence
from voronka.kernel.prepared import Prepared
from voronka.pipelines import rules
from voronka.pipelines.models import Field, ItemType, LossReason, Pipeline, Section, Stage
from voronka.pipelines.naming import naming_of
from voronka.pipelines.system_fields import system_fields


def field_codes(item_type: ItemType) -> frozenset[str]:
    """Codes that a stage may ask for: system fields and custom fields in use. One query."""
    custom = item_type.fields.filter(archived=False).values_list("code", flat=True)
    return frozenset(custom) | frozenset(system_fields(item_type))


def element_checks(item_type: ItemType | None = None) -> dict[str, Sentence]:
    """What a criterion about elements may name -> its title: types, and their stages of work.

    Any other type may be the elements of a card. Two queries.
    """
    kinds = ItemType.objects.filter(kind=ItemType.Kind.CUSTOM)
    if item_type is not None:
        kinds = kinds.exclude(pk=item_type.pk)
    titles: dict[str, Sentence] = {}
    by_kind: dict[int, list[Stage]] = {}
    rows = Stage.objects.filter(
        pipeline__item_type__in=kinds, pipeline__archived=False, kind=Stage.Kind.OPEN
    )
    for stage in rows.select_related("pipeline").order_by("pipeline__position", "position"):
        by_kind.setdefault(stage.pipeline.item_type_id, []).append(stage)
    for kind in kinds.order_by("position", "pk"):
        name = kind.plural or kind.name
        titles[kind.code] = _("%(elements)s: all are finished") % {"elements": name}
        for stage in by_kind.get(kind.pk, []):
            titles[f"{stage.pipeline.code}/{stage.code}"] = _(
                "%(elements)s: all have come to “%(stage)s”"
            ) % {"elements": name, "stage": stage}
    return titles


def field_titles(item_type: ItemType) -> dict[str, Sentence]:
    """Code -> title of everything a stage may ask for, system fields first. One query."""
    titles: dict[str, Sentence] = dict(system_fields(item_type))
    for row in item_type.fields.filter(archived=False).order_by("section__position", "position"):
        titles[row.code] = str(row.name)
    return titles


def stages_of(pipeline: Pipeline) -> list[Stage]:
    """The stages in order, with their roles. One query."""
    return list(pipeline.stages.select_related(*Stage.RESPONSIBLE, "pipeline").all())


def ordered_stages(pipeline: Pipeline) -> list[Stage]:
    """The bare stages in order, for commands. One query."""
    stages = _STAGES.all(pipeline.pk)
    for stage in stages:
        stage.pipeline = pipeline
    return stages


def stages_by_ids(ids: Iterable[int]) -> dict[int, Stage]:
    """Return id -> stage. One SQL query, none for no ids."""
    wanted = list(ids)
    return {stage.pk: stage for stage in _BY_IDS.all(wanted)} if wanted else {}


def fields_in_use(item_type_id: int) -> list[Field]:
    """Return the custom fields of a type with their sections, in order. One SQL query."""
    return _FIELDS.all(item_type_id)


def live_pipelines() -> list[Pipeline]:
    """Return the funnels in use with their types, in the order of the rail. One SQL query."""
    return _LIVE.all()


_BY_IDS = Prepared(lambda ids: Stage.objects.filter(pk__among=ids), list, model=Stage, steady=True)
_FIELDS = Prepared(
    lambda pk: (
        Field.objects.filter(item_type_id=pk, archived=False)
        .select_related("section")
        .order_by("section__position", "position", "pk")
    ),
    int,
    model=Field,
    steady=True,
)
_LIVE = Prepared(
    lambda: (
        Pipeline.objects.select_related("item_type")
        .filter(archived=False)
        .order_by("item_type__position", "item_type_id", "position", "pk")
    ),
    model=Pipeline,
    steady=True,
)
_STAGES = Prepared(lambda pk: Stage.objects.filter(pipeline_id=pk), int, model=Stage, steady=True)


@dataclass(frozen=True, slots=True)
class Advice:
    """A warning about a pipeline: not refused, but the method says otherwise."""

    code: str
    text: Sentence
    stages: tuple[str, ...] = ()  # codes of the stages meant; empty: the pipeline as a whole


def advice(pipeline: Pipeline, stages: Sequence[Stage]) -> list[Advice]:
    """What the method would change in this pipeline, the gravest first. No query.

    Source: docs/domain/stages.md (F3, F6, F8, QL-4, FS-3).
    """
    found = [Advice("unfinished", s) for s in rules.unfinished(stage.kind for stage in stages)]
    work = [stage for stage in stages if stage.is_open]
    found += _length_advice(pipeline, work)
    if work and not any(stage.key for stage in work):
        text = _(
            "No key stage: mark the step after which people mostly buy"
            " (measuring, test drive, first visit)."
        )
        if pipeline.purpose in SELLING:
            found.append(Advice("no_key_stage", text))
    other = tuple(
        stage.code
        for stage in work
        if (naming := naming_of(stage.name)) is not None and naming != pipeline.naming
    )
    if other:
        found.append(Advice("mixed_naming", _naming_sentence(pipeline), other))
    for code, part, text in (
        ("no_deadline", "deadline_minutes", _("No deadline: cards can lie here unnoticed.")),
        ("no_goal", "goal", _("No goal: nobody knows when the step is done.")),
    ):
        bare = tuple(stage.code for stage in work if not getattr(stage, part))
        if bare:
            found.append(Advice(code, text, bare))
    return found


SELLING = (
    Pipeline.Purpose.NEW_SALES,
    Pipeline.Purpose.REPEAT,
    Pipeline.Purpose.TELEMARKETING,
)


def _length_advice(pipeline: Pipeline, work: Sequence[Stage]) -> list[Advice]:
    count = len(work)
    if pipeline.item_type.kind == ItemType.Kind.LEAD and count > rules.MANY_LEAD_STAGES:
        text = _(
            "%(count)d stages in a lead funnel: leads are a filter of two or three stages."
            " Sell in deals."
        )
        return [Advice("lead_too_long", text % {"count": count})]
    if count > rules.MANY_STAGES:
        text = _("%(count)d stages: split it into several funnels joined by tunnels.")
        return [Advice("too_many_stages", text % {"count": count})]
    if count == 1:
        return [Advice("too_few_stages", _("One stage is a list, not a funnel: add the steps."))]
    return []


def _naming_sentence(pipeline: Pipeline) -> str:
    if pipeline.naming == Pipeline.Naming.RESULTS:
        return _("This funnel names results (“Offer sent”), but here a work in progress is named.")
    return _("This funnel names work in progress (“Preparing the offer”), but here a result is.")


@dataclass(slots=True)
class ReasonNode:
    """A loss reason with those inside it."""

    reason: LossReason
    children: list[ReasonNode] = field(default_factory=list)


def loss_tree(pipeline: Pipeline, *, archived: bool = False) -> list[ReasonNode]:
    """The loss reasons as a tree, in order. One query.

    Args:
        archived: show those put away as well.
    """
    rows = pipeline.loss_reasons.select_related("parent", "pipeline").all()
    nodes = {row.pk: ReasonNode(row) for row in rows if archived or not row.archived}
    top: list[ReasonNode] = []
    for node in nodes.values():
        above = nodes.get(node.reason.parent_id or 0)
        (above.children if above else top).append(node)
    return top


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A section with its fields in order."""

    section: Section
    fields: list[Field]


def sections_of(item_type: ItemType | None, *, archived: bool = False) -> list[SectionRow]:
    """Sections of a type (None: of clients) with their fields. Two queries."""
    fields: dict[int, list[Field]] = defaultdict(list)
    rows = Field.objects.filter(item_type=item_type).select_related("item_type", "section")
    for row in rows if archived else rows.filter(archived=False):
        fields[row.section_id].append(row)
    sections = Section.objects.filter(item_type=item_type).select_related("item_type")
    return [SectionRow(section, fields[section.pk]) for section in sections]


def asked_from(item_type: ItemType, code: str) -> dict[str, str]:
    """Pipeline code -> code of the first stage that asks for the field. One query."""
    stages = Stage.objects.filter(pipeline__item_type=item_type).select_related("pipeline")
    first: dict[str, str] = {}
    for stage in stages.order_by("pipeline", "position"):
        if code in stage.required:
            first.setdefault(stage.pipeline.code, stage.code)
    return first


def stages_sentence(count: int) -> str:
    """Say how many stages: "12 stages"."""
    return ngettext("%(count)d stage", "%(count)d stages", count) % {"count": count}
