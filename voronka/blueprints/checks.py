"""Whether the parts of a blueprint fit together: references, counts, limits. No database.

What one part may say by itself is decided where the commands decide it, in `pipelines.rules`;
here those decisions get their place in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from voronka.blueprints import outside, robots, translating
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
    StageSpec,
)
from voronka.kernel.errors import Sentence
from voronka.kernel.regions import knows_region
from voronka.kernel.worktime import check_hours, knows_country
from voronka.people.access import CLIENTS, RIGHTS
from voronka.pipelines import formulas, rules, specs
from voronka.pipelines.criteria import elements_of
from voronka.pipelines.system_fields import SYSTEM_FIELDS

MAX_DEPTH = 3  # levels of loss reasons
Mistake = tuple[Path, str]
_FILE_NAMES = {  # parts of a spec that the file calls otherwise
    "deadline_minutes": "deadline",
    "split_reason": "why",
    "counts_in_revenue": "revenue",
    "has_lines": "lines",
}


def mistakes(blueprint: Blueprint) -> Iterator[Mistake]:
    """Find everything that can't be applied. Sections that are absent are not looked into."""
    yield from _calendars(blueprint)
    yield from _roles(blueprint)
    yield from _departments(blueprint)
    for code, source in (blueprint.sources or {}).items():
        problems = rules.source_problems(translating.source(code, source))
        yield from _placed(("sources", code), problems)
    for code, item_type in (blueprint.item_types or {}).items():
        yield from _item_type(blueprint, code, item_type)
    if blueprint.client:
        yield from _sections(("client",), None, blueprint.client.sections, ())
    for code, pipeline in (blueprint.pipelines or {}).items():
        yield from _pipeline(blueprint, code, pipeline)
    for section in outside.IN_ORDER:
        yield from section.mistakes(blueprint)
    yield from robots.mistakes(blueprint)
    for code, product in (blueprint.products or {}).items():
        if not product.name:
            yield ("products", code, "name"), _("Give it a name.")


def _placed(path: Path, problems: Mapping[str, Sentence]) -> Iterator[Mistake]:
    for part, sentence in problems.items():
        yield (*path, _FILE_NAMES.get(part, part)), str(sentence)


def _unknown(sentence: str, code: str, known: Sequence[str] | Mapping[str, object]) -> str:
    return sentence % {"code": code} + nearest(code, list(known))


def _no_type(code: str, known: Mapping[str, object]) -> str:
    return _unknown(_("There is no item type “%(code)s” in this file."), code, known)


def _no_funnel(code: str, known: Mapping[str, object]) -> str:
    return _unknown(_("There is no funnel “%(code)s” in this file."), code, known)


def _no_field(code: str, known: Sequence[str] | Mapping[str, object]) -> str:
    return _unknown(_("Cards here have no field “%(code)s”."), code, known)


def _twice(code: str) -> str:
    return _("The code “%(code)s” is used twice; every part has its own.") % {"code": code}


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
        if calendar.country and not knows_country(calendar.country):
            yield ("calendars", code, "country"), _("The holidays of this country are not known.")
        if calendar.region and not knows_region(calendar.country, calendar.region):
            sentence = _("Choose a region of the country whose holidays are free.")
            yield ("calendars", code, "region"), sentence
    if calendars and sum(c.default for c in calendars.values()) != 1:
        yield ("calendars",), _("Mark exactly one calendar as the company's: “default: true”.")


def _roles(blueprint: Blueprint) -> Iterator[Mistake]:
    roles = blueprint.roles or {}
    types, pipelines = blueprint.item_types, blueprint.pipelines
    if roles and not any(role.everything for role in roles.values()):
        yield ("roles",), _("One role needs “everything: true”, or nobody could change the set-up.")
    for code, role in roles.items():
        for right in role.rights:
            if right not in RIGHTS:
                sentence = _("There is no right “%(code)s”.")
                yield ("roles", code, "rights"), _unknown(sentence, right, list(RIGHTS))
        for key in role.matrix:
            kind, _slash, pipeline = key.partition("/")
            place = ("roles", code, "matrix", key)
            if kind in ("*", CLIENTS):
                continue
            if types is not None and kind not in types:
                yield place, _no_type(kind, types)
            elif pipeline and pipelines is not None and pipeline not in pipelines:
                yield place, _no_funnel(pipeline, pipelines)


def _departments(blueprint: Blueprint) -> Iterator[Mistake]:
    seen: set[str] = set()

    def walk(path: Path, branch: Mapping[str, Department]) -> Iterator[Mistake]:
        for code, department in branch.items():
            if code in seen:
                yield (*path, code), _twice(code)
            seen.add(code)
            yield from walk((*path, code, "departments"), department.departments)

    yield from walk(("departments",), blueprint.departments or {})


def fields_of(sections: Mapping[str, SectionSpec]) -> dict[str, FieldSpec]:
    """Return all fields of some sections by code."""
    return {code: f for section in sections.values() for code, f in section.fields.items()}


def _sections(
    path: Path,
    owner: str | None,
    sections: Mapping[str, SectionSpec],
    pipelines: Sequence[str] | None,
) -> Iterator[Mistake]:
    seen: set[str] = set()
    for code, part in sections.items():
        place: Path = (*path, "sections", code)
        spec = translating.section(owner, code, part)
        known = part.pipelines if pipelines is None else pipelines
        yield from _placed(place, rules.section_problems(spec, pipelines=known))
        for field_code, field in part.fields.items():
            if field_code in seen:
                yield (*place, "fields", field_code), _twice(field_code)
            seen.add(field_code)
            field_spec = translating.field(owner, code, field_code, field)
            problems = rules.field_problems(field_spec, reserved=SYSTEM_FIELDS)
            yield from _placed((*place, "fields", field_code), problems)


def _item_type(blueprint: Blueprint, code: str, part: ItemTypeSpec) -> Iterator[Mistake]:
    path: Path = ("item_types", code)
    yield from _placed(path, rules.item_type_problems(translating.item_type(code, part)))
    own = None
    if blueprint.pipelines is not None:
        own = [c for c, pipeline in blueprint.pipelines.items() if pipeline.type == code]
    yield from _sections(path, code, part.sections, own)
    if code == CLIENTS:
        yield path, _("“client” is the word for clients; give the item type another code.")
    same = [c for c, other in (blueprint.item_types or {}).items() if other.kind == part.kind]
    if part.kind != "custom" and same[0] != code:
        sentence = _("“%(code)s” is of this kind already; there is one lead and one deal type.")
        yield (*path, "kind"), sentence % {"code": same[0]}
    yield from _formulas(path, part.sections)
    lists = [c for c, f in fields_of(part.sections).items() if f.kind in rules.LISTS]
    problems = rules.grade_problems(translating.grade(part), list_fields=lists)
    yield from _placed((*path, "grade"), problems)


def _formulas(path: Path, sections: Mapping[str, SectionSpec]) -> Iterator[Mistake]:
    """Check the formulas of a type's fields against the fields of the file."""
    rows = robots.rows_of(sections)
    names = formulas.field_names(rows.values())
    counted = [row for row in rows.values() if row.formula]
    circle = formulas.circle(counted)
    said = {"names": ", ".join(row.code for row in circle)}
    wrong: dict[str, Sentence] = {
        row.code: _("These fields count on each other in a circle: %(names)s.") % said
        for row in circle
    }
    for row in counted:
        if problem := formulas.problem(row, names):
            wrong[row.code] = problem
    for section, part in sections.items():
        for code in part.fields:
            if code in wrong:
                yield (*path, "sections", section, "fields", code, "formula"), str(wrong[code])


def _pipeline(blueprint: Blueprint, code: str, part: PipelineSpec) -> Iterator[Mistake]:
    path: Path = ("pipelines", code)
    types, calendars = blueprint.item_types, blueprint.calendars
    yield from _placed(path, rules.pipeline_problems(translating.pipeline(code, part)))
    if types is not None and part.type not in types:
        yield (*path, "type"), _no_type(part.type, types)
    if part.calendar and calendars is not None and part.calendar not in calendars:
        sentence = _("There is no calendar “%(code)s” in this file.")
        yield (*path, "calendar"), _unknown(sentence, part.calendar, calendars)
    yield from _stage_kinds((*path, "stages"), part)
    fields: Sequence[str] | None = None
    if types is not None and part.type in types:
        fields = (*SYSTEM_FIELDS, *fields_of(types[part.type].sections))
    for stage_code, stage in part.stages.items():
        yield from _stage(blueprint, code, stage_code, stage, fields)
    yield from _reasons((*path, "loss_reasons"), code, part.loss_reasons, set())
    for removed, heir in part.heirs.items():
        place = (*path, "heirs", removed)
        if removed in part.stages:
            sentence = _("“%(code)s” is still a stage here, so it needs no heir.")
            yield place, sentence % {"code": removed}
        if heir not in part.stages:
            yield place, _unknown(_("This funnel has no stage “%(code)s”."), heir, part.stages)


def _stage(
    blueprint: Blueprint,
    pipeline: str,
    code: str,
    part: StageSpec,
    fields: Sequence[str] | None,
) -> Iterator[Mistake]:
    path: Path = ("pipelines", pipeline, "stages", code)
    spec = translating.stage(pipeline, code, part)
    asked = [c.check.removeprefix("field:") for c in part.exit_criteria.values()]
    known = [*part.required, *asked] if fields is None else fields
    for unknown in [c for c in part.required if c not in known]:
        yield (*path, "required"), _no_field(unknown, known)
    problems = dict(
        rules.stage_problems(spec, field_codes=known, elements=_elements(blueprint, part))
    )
    if any(c not in known for c in part.required):
        problems.pop("required", None)  # said above, with the nearest known one
    yield from _placed(path, problems)
    kind, _colon, code = translating.responsible(part.responsible).partition(":")
    roles, places = blueprint.roles, blueprint.departments
    if kind == "role" and roles is not None and code not in roles:
        sentence = _("There is no role “%(code)s” in this file.")
        yield (*path, "responsible"), _unknown(sentence, code, roles)
    if kind == "department" and places is not None and code not in (known := codes_in(places)):
        sentence = _("There is no department “%(code)s” in this file.")
        yield (*path, "responsible"), _unknown(sentence, code, known)
    if kind not in ("", "role", "department", "user"):
        yield (*path, "responsible"), _("Name a role, department:… or user:….")


def codes_in(branch: Mapping[str, Department]) -> list[str]:
    """Return the codes of departments with those below them."""
    return [one for code, part in branch.items() for one in (code, *codes_in(part.departments))]


def _elements(blueprint: Blueprint, part: StageSpec) -> list[str] | None:
    """Return what criteria of a stage may ask of elements; None when the file does not say.

    A file that names no types, or only some funnels, leaves the rest to what is there already.
    """
    asked = [what for c in part.exit_criteria.values() if (what := elements_of(c.check))]
    types, pipelines = blueprint.item_types, blueprint.pipelines
    if not asked or types is None or pipelines is None:
        return None
    own = [code for code, kind in types.items() if kind.kind == "custom"]
    stages = [f"{funnel}/{stage}" for funnel, one in pipelines.items() for stage in one.stages]
    return [*own, *stages]


def _stage_kinds(place: Path, part: PipelineSpec) -> Iterator[Mistake]:
    kinds = [stage.kind for stage in part.stages.values()]
    for sentence in rules.unfinished(kinds):
        yield place, str(sentence)
    ranks = [rules.kind_rank(kind) for kind in kinds]
    if ranks != sorted(ranks):
        yield place, _("Stages stand in this order: those worked on, then won, then lost.")


def _reasons(
    path: Path, pipeline: str, branch: Mapping[str, LossReasonSpec], seen: set[str], depth: int = 1
) -> Iterator[Mistake]:
    for code, reason in branch.items():
        spec = specs.LossReasonSpec(pipeline, code, reason.name.local)
        yield from _placed((*path, code), rules.reason_problems(spec))
        if code in seen:
            yield (*path, code), _twice(code)
        if depth > MAX_DEPTH:
            yield (*path, code), _("At most three levels of reasons.")
        if depth > 1 and not reason.target:
            sentence = _("Say “target” at the outermost reason; those inside follow it.")
            yield (*path, code, "target"), sentence
        seen.add(code)
        inner = (*path, code, "reasons")
        yield from _reasons(inner, pipeline, reason.reasons, seen, depth + 1)
