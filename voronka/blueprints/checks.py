"""Whether the parts of a blueprint fit together: references, counts, codes. No database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from voronka.blueprints.errors import Path
from voronka.blueprints.explaining import nearest
from voronka.blueprints.rules import split_hours
from voronka.blueprints.schema import (
    Blueprint,
    Department,
    FieldSpec,
    ItemTypeSpec,
    LossReasonSpec,
    PipelineSpec,
    SectionSpec,
)
from voronka.kernel.worktime import check_hours
from voronka.people.access import CLIENTS, RIGHTS

Mistake = tuple[Path, str]
OWN_FIELDS = ("amount", "contact", "company", "source", "lines")  # of every card, beside `values`
LIST_KINDS = ("list", "multi_list")


def mistakes(blueprint: Blueprint) -> Iterator[Mistake]:
    """Find everything that can't be applied. Sections that are absent are not looked into."""
    yield from _calendars(blueprint)
    yield from _roles(blueprint)
    yield from _departments(blueprint)
    for code, item_type in (blueprint.item_types or {}).items():
        yield from _item_type(blueprint, code, item_type)
    if blueprint.client:
        yield from _sections(("client",), blueprint.client.sections)
    for code, pipeline in (blueprint.pipelines or {}).items():
        yield from _pipeline(blueprint, code, pipeline)


def _unknown(what: str, code: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    sentence = _("There is no %(what)s “%(code)s” in this file.")
    return sentence % {"what": what, "code": code} + nearest(code, list(known))


def _calendars(blueprint: Blueprint) -> Iterator[Mistake]:
    faults = {
        "clock": _("Hours are written as 09:00-13:00."),
        "order": _("An interval ends before it begins."),
        "overlap": _("Two intervals of a day overlap."),
    }
    calendars = blueprint.calendars or {}
    for code, calendar in calendars.items():
        if fault := check_hours(split_hours(calendar.hours)):
            yield ("calendars", code, "hours"), faults.get(fault, fault)
    if calendars and sum(c.default for c in calendars.values()) != 1:
        yield ("calendars",), _("Mark exactly one calendar as the company's: “default: true”.")


def _roles(blueprint: Blueprint) -> Iterator[Mistake]:
    roles = blueprint.roles or {}
    if blueprint.roles is not None and not any(role.everything for role in roles.values()):
        yield ("roles",), _("One role needs “everything: true”, or nobody could change the set-up.")
    for code, role in roles.items():
        for right in role.rights:
            if right not in RIGHTS:
                sentence = _("There is no right “%(code)s”.") % {"code": right}
                yield ("roles", code, "rights"), sentence + nearest(right, list(RIGHTS))
        for key in role.matrix:
            kind, _slash, pipeline = key.partition("/")
            types, pipelines = blueprint.item_types, blueprint.pipelines
            if kind in ("*", CLIENTS):
                continue
            if types is not None and kind not in types:
                yield ("roles", code, "matrix", key), _unknown(_("item type"), kind, types)
            elif pipeline and pipelines is not None and pipeline not in pipelines:
                yield ("roles", code, "matrix", key), _unknown(_("funnel"), pipeline, pipelines)


def _departments(blueprint: Blueprint) -> Iterator[Mistake]:
    seen: set[str] = set()

    def walk(path: Path, branch: Mapping[str, Department]) -> Iterator[Mistake]:
        for code, department in branch.items():
            if code in seen:
                yield (*path, code), _twice(code)
            seen.add(code)
            yield from walk((*path, code, "departments"), department.departments)

    yield from walk(("departments",), blueprint.departments or {})


def _twice(code: str) -> str:
    return _("The code “%(code)s” is used twice; every part has its own.") % {"code": code}


def fields_of(sections: Mapping[str, SectionSpec]) -> dict[str, FieldSpec]:
    """Return all fields of some sections by code."""
    return {code: f for section in sections.values() for code, f in section.fields.items()}


def _sections(path: Path, sections: Mapping[str, SectionSpec]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for code, section in sections.items():
        for field_code, spec in section.fields.items():
            place = (*path, "sections", code, "fields", field_code)
            if field_code in seen:
                yield place, _twice(field_code)
            if field_code in OWN_FIELDS:
                sentence = _("“%(code)s” is a field that every card has; take another code.")
                yield place, sentence % {"code": field_code}
            seen.add(field_code)
            if spec.kind in LIST_KINDS and not spec.options:
                yield place, _("A list needs “options” to choose from.")
            if spec.kind not in LIST_KINDS and spec.options:
                yield (*place, "options"), _("Only “list” and “multi_list” have options.")


def _item_type(blueprint: Blueprint, code: str, spec: ItemTypeSpec) -> Iterator[Mistake]:
    path: Path = ("item_types", code)
    yield from _sections(path, spec.sections)
    if code == CLIENTS:
        yield path, _("“client” is the word for clients; give the item type another code.")
    same = [c for c, other in (blueprint.item_types or {}).items() if other.kind == spec.kind]
    if spec.kind != "custom" and same[0] != code:
        sentence = _("“%(code)s” is of this kind already; there is one lead and one deal type.")
        yield (*path, "kind"), sentence % {"code": same[0]}
    if spec.revenue and spec.kind != "deal":
        yield (*path, "revenue"), _("Only deals count as revenue.")
    fields = fields_of(spec.sections)
    for graded in spec.grade.fields if spec.grade else []:
        if graded not in fields:
            yield (*path, "grade", "fields"), _unknown(_("field"), graded, fields)
        elif fields[graded].kind not in LIST_KINDS:
            sentence = _("“%(code)s” is no list: only choices of lists have points.")
            yield (*path, "grade", "fields"), sentence % {"code": graded}
    if spec.grade and spec.grade.b > spec.grade.a:
        yield (*path, "grade"), _("A needs at least as many points as B.")
    pipelines = blueprint.pipelines
    for section_code, section in spec.sections.items():
        for shown in section.pipelines if pipelines is not None else []:
            own = {c: p for c, p in (pipelines or {}).items() if p.type == code}
            if shown not in own:
                yield (*path, "sections", section_code, "pipelines"), _unknown(
                    _("funnel"), shown, own
                )


def _pipeline(blueprint: Blueprint, code: str, spec: PipelineSpec) -> Iterator[Mistake]:
    path: Path = ("pipelines", code)
    types, roles, calendars = blueprint.item_types, blueprint.roles, blueprint.calendars
    if types is not None and spec.type not in types:
        yield (*path, "type"), _unknown(_("item type"), spec.type, types)
    if spec.calendar and calendars is not None and spec.calendar not in calendars:
        yield (*path, "calendar"), _unknown(_("calendar"), spec.calendar, calendars)
    yield from _stage_kinds(path, spec)
    known: tuple[str, ...] | None = None
    if types is not None and spec.type in types:
        known = (*OWN_FIELDS, *fields_of(types[spec.type].sections))
    for stage_code, stage in spec.stages.items():
        place = (*path, "stages", stage_code)
        for field in stage.required:
            if known is not None and field not in known:
                yield (*place, "required"), _unknown(_("field"), field, known)
        if stage.responsible and roles is not None and stage.responsible not in roles:
            yield (*place, "responsible"), _unknown(_("role"), stage.responsible, roles)
        if stage.kind != "open" and stage.deadline:
            yield (*place, "deadline"), _("Only a stage that is worked on has a deadline.")
    yield from _reasons((*path, "loss_reasons"), spec.loss_reasons, set())
    for removed, heir in spec.heirs.items():
        place = (*path, "heirs", removed)
        if removed in spec.stages:
            sentence = _("“%(code)s” is still a stage here, so it needs no heir.")
            yield place, sentence % {"code": removed}
        if heir not in spec.stages:
            yield place, _unknown(_("stage"), heir, spec.stages)


def _stage_kinds(path: Path, spec: PipelineSpec) -> Iterator[Mistake]:
    kinds = [stage.kind for stage in spec.stages.values()]
    place = (*path, "stages")
    if kinds.count("won") != 1:
        yield place, _("A funnel has exactly one stage with “kind: won”.")
    if "lost" not in kinds:
        yield place, _("A funnel needs a stage with “kind: lost”.")
    if "open" not in kinds:
        yield place, _("A funnel needs a stage that is worked on.")
    order = ["open won lost".split().index(kind) for kind in kinds]
    if order != sorted(order):
        yield place, _("Stages stand in this order: those worked on, then won, then lost.")


def _reasons(
    path: Path, branch: Mapping[str, LossReasonSpec], seen: set[str]
) -> Iterator[Mistake]:
    for code, reason in branch.items():
        if code in seen:
            yield (*path, code), _twice(code)
        seen.add(code)
        yield from _reasons((*path, code, "reasons"), reason.reasons, seen)


