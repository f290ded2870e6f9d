"""Pure decisions about the set-up: what a valid piece of it looks like. No database.

Source: docs/domain/stages.md, docs/domain/fields.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.pipelines.codes import is_code
from voronka.pipelines.criteria import check_problem
from voronka.pipelines.formulas import shape_problem
from voronka.pipelines.models import COLORS, Field, ItemType, Pipeline, Stage
from voronka.pipelines.specs import (
    FieldSpec,
    GradeRule,
    ItemTypeSpec,
    LossReasonSpec,
    PipelineSpec,
    SectionSpec,
    SourceSpec,
    StageSpec,
)

Problems = dict[str, Sentence]

MAX_NAME = 80  # letters
MAX_TEXT = 4000  # letters
MAX_DEADLINE = 366 * 24 * 60  # minutes
MAX_POINTS = 1000
MAX_PARTS = 100  # steps, criteria, objections of one stage; options are up to 500
MAX_OPTIONS = 500
MANY_STAGES = 15  # F8
MANY_LEAD_STAGES = 4  # QL-4

LISTS = (Field.Kind.LIST, Field.Kind.MULTI_LIST)
TEXTS = (
    Field.Kind.TEXT,
    Field.Kind.LONG_TEXT,
    Field.Kind.PHONE,
    Field.Kind.EMAIL,
    Field.Kind.URL,
    Field.Kind.ADDRESS,
)
NUMBERS = (Field.Kind.NUMBER, Field.Kind.MONEY)
DATES = (Field.Kind.DATE, Field.Kind.DATETIME)
# A kind may become one of these while cards hold values: what is stored stays readable.
SAFE_KINDS: dict[str, tuple[str, ...]] = {
    Field.Kind.TEXT: (Field.Kind.LONG_TEXT,),
    Field.Kind.PHONE: (Field.Kind.TEXT, Field.Kind.LONG_TEXT),
    Field.Kind.EMAIL: (Field.Kind.TEXT, Field.Kind.LONG_TEXT),
    Field.Kind.URL: (Field.Kind.TEXT, Field.Kind.LONG_TEXT),
    Field.Kind.ADDRESS: (Field.Kind.TEXT, Field.Kind.LONG_TEXT),
}


def code_problem(code: str) -> Sentence | None:
    """Say what is wrong with a code, or None."""
    if is_code(code):
        return None
    return _(
        "A code is small Latin letters, digits, “_” and “-”, begins with a letter"
        " and has at most 60 signs."
    )


def name_problem(name: LocalText, limit: int = MAX_NAME) -> Sentence | None:
    """Say what is wrong with a name, or None; one language is enough."""
    if not (name.ru.strip() or name.en.strip()):
        return _("Give it a name.")
    if max(len(name.ru), len(name.en)) > limit:
        return _("Too long: at most %(limit)d letters.") % {"limit": limit}
    return None


def _collect(**problems: Sentence | None) -> Problems:
    return {name: sentence for name, sentence in problems.items() if sentence}


def _long(text: LocalText) -> Sentence | None:
    if max(len(text.ru), len(text.en)) > MAX_TEXT:
        return _("Too long: at most %(limit)d letters.") % {"limit": MAX_TEXT}
    return None


def _one_of(value: str, known: Collection[str]) -> Sentence | None:
    if value in known:
        return None
    return _("“%(value)s” is not known here. Use one of: %(known)s.") % {
        "value": value,
        "known": ", ".join(known),
    }


def _repeated(codes: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            return code
        seen.add(code)
    return None


def item_type_problems(spec: ItemTypeSpec) -> Problems:
    """Check an item type by itself."""
    problems = _collect(
        code=code_problem(spec.code),
        name=name_problem(spec.name),
        plural=name_problem(spec.plural),
        kind=_one_of(spec.kind, ItemType.Kind.values),
        success=_long(spec.success),
    )
    if len(spec.prefix) > 8:
        problems["prefix"] = _("Too long: at most %(limit)d letters.") % {"limit": 8}
    if spec.counts_in_revenue and spec.kind == ItemType.Kind.CUSTOM:
        problems["counts_in_revenue"] = _("Only deals count as revenue.")
    if spec.has_lines and not spec.has_amount:
        problems["has_lines"] = _("Products need an amount: switch the amount on as well.")
    return problems


def grade_problems(rule: GradeRule, *, list_fields: Collection[str]) -> Problems:
    """Check a grade rule against the codes of the list fields of its type."""
    if not rule.fields:
        return {}
    problems: Problems = {}
    for code in rule.fields:
        if code not in list_fields:
            problems["fields"] = _(
                "“%(code)s” is not a list field of this type: only lists carry points."
            ) % {"code": code}
    if _repeated(rule.fields):
        problems["fields"] = _("Every field counts once.")
    if not 0 < rule.b < rule.a:
        problems["a"] = _("Grade A needs more points than B, and B more than none.")
    return problems


def pipeline_problems(spec: PipelineSpec) -> Problems:
    """Check a pipeline by itself."""
    return _collect(
        code=code_problem(spec.code),
        name=name_problem(spec.name),
        purpose=_one_of(spec.purpose, Pipeline.Purpose.values),
        naming=_one_of(spec.naming, Pipeline.Naming.values),
        split_reason=_long(spec.split_reason),
    )


def stage_problems(
    spec: StageSpec,
    *,
    field_codes: Collection[str],
    elements: Collection[str] | None = None,
) -> Problems:
    """Check a stage with its passport.

    Args:
        field_codes: custom and system fields that cards of this pipeline have.
        elements: what criteria about elements may name; None where that can't be known yet.
    """
    problems = _collect(
        code=code_problem(spec.code),
        name=name_problem(spec.name),
        kind=_one_of(spec.kind, Stage.Kind.values),
        color=_one_of(spec.color, COLORS),
        goal=_long(spec.goal),
        sells_next=_long(spec.sells_next),
        deadline_minutes=_deadline_problem(spec),
        required=_required_problem(spec.required, field_codes),
        exit_criteria=_criteria_problem(spec, field_codes, elements),
    )
    if spec.key and spec.kind != Stage.Kind.OPEN:
        problems["key"] = _("The key stage is a stage in work: won and lost can't be it.")
    if any(not step or _long(step) for step in spec.steps) or len(spec.steps) > MAX_PARTS:
        problems["steps"] = _("Every step needs a text, at most 4000 letters; at most 100 steps.")
    for answer in spec.objections:
        if not answer.objection or not answer.answer:
            problems["objections"] = _("Give both the objection and the answer to it.")
        elif _long(answer.objection) or _long(answer.answer):
            problems["objections"] = _("Too long: at most %(limit)d letters.") % {"limit": MAX_TEXT}
    return problems


def _deadline_problem(spec: StageSpec) -> Sentence | None:
    if spec.deadline_minutes is None:
        return None
    if spec.kind != Stage.Kind.OPEN:
        return _("Only stages in work have a deadline.")
    if not 1 <= spec.deadline_minutes <= MAX_DEADLINE:
        return _("The deadline is from one minute to a year.")
    return None


def _required_problem(required: tuple[str, ...], field_codes: Collection[str]) -> Sentence | None:
    unknown = [code for code in required if code not in field_codes]
    if unknown:
        return _("These required fields do not exist: %(codes)s.") % {"codes": ", ".join(unknown)}
    return _("Every field is asked for once.") if _repeated(required) else None


def _criteria_problem(
    spec: StageSpec, field_codes: Collection[str], elements: Collection[str] | None
) -> Sentence | None:
    if len(spec.exit_criteria) > MAX_PARTS:
        return _("At most %(limit)d criteria.") % {"limit": MAX_PARTS}
    if twice := _repeated(c.code for c in spec.exit_criteria):
        return _("The criterion code “%(code)s” is used twice.") % {"code": twice}
    for criterion in spec.exit_criteria:
        problem = (
            code_problem(criterion.code)
            or name_problem(criterion.text, limit=300)
            or check_problem(criterion.check, field_codes=field_codes, elements=elements)
        )
        if problem:
            return problem
    return None


def section_problems(spec: SectionSpec, *, pipelines: Collection[str]) -> Problems:
    """Check a section against the codes of its type's pipelines."""
    problems = _collect(code=code_problem(spec.code), name=name_problem(spec.name))
    unknown = [code for code in spec.pipelines if code not in pipelines]
    if unknown:
        problems["pipelines"] = _("This item type has no such funnel: %(codes)s.") % {
            "codes": ", ".join(unknown)
        }
    return problems


def field_problems(spec: FieldSpec, *, reserved: Collection[str] = ()) -> Problems:
    """Check a field by itself.

    Args:
        reserved: codes of system fields, which a custom field may not take.
    """
    problems = _collect(
        code=code_problem(spec.code),
        name=name_problem(spec.name),
        kind=_one_of(spec.kind, Field.Kind.values),
        help=_long(spec.help),
        options=_options_problem(spec),
        rules=_rules_problem(spec),
        formula=shape_problem(spec),
    )
    if spec.code in reserved:
        problems["code"] = _("“%(code)s” is a field that every card has. Choose another code.") % {
            "code": spec.code
        }
    return problems


def _options_problem(spec: FieldSpec) -> Sentence | None:
    if spec.kind not in LISTS:
        return _("Only lists have choices.") if spec.options else None
    if not spec.options:
        return _("Add at least one choice.")
    if len(spec.options) > MAX_OPTIONS:
        return _("At most %(limit)d choices.") % {"limit": MAX_OPTIONS}
    if twice := _repeated(option.code for option in spec.options):
        return _("The choice code “%(code)s” is used twice.") % {"code": twice}
    for option in spec.options:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", option.code):
            return _("The code of a choice is small Latin letters, digits, “_” and “-”.")
        if problem := name_problem(option.name, limit=200):
            return problem
        if abs(option.points) > MAX_POINTS:
            return _("Points are from −1000 to 1000.")
    return None


def _rules_problem(spec: FieldSpec) -> Sentence | None:
    allowed = (
        ("min", "max")
        if spec.kind in NUMBERS + DATES
        else ("pattern", "max_length")
        if spec.kind in TEXTS
        else ()
    )
    rules = spec.rules
    if stray := [name for name in rules if name not in allowed]:
        return _("This kind of field has no such rule: %(names)s.") % {"names": ", ".join(stray)}
    if "max_length" in rules and not (
        isinstance(rules["max_length"], int) and 1 <= rules["max_length"] <= 100_000
    ):
        return _("The length is a whole number from 1 to 100000.")
    if "pattern" in rules:
        return _pattern_problem(rules["pattern"])
    bounds = [_bound(spec.kind, rules[name]) for name in ("min", "max") if name in rules]
    if None in bounds:
        return _("A bound is a number, of dates a date such as 2026-01-31.")
    if len(bounds) == 2 and bounds[0] > bounds[1]:
        return _("The lower bound is above the upper one.")
    return None


def _pattern_problem(pattern: object) -> Sentence | None:
    if not isinstance(pattern, str) or len(pattern) > 200:
        return _("The pattern is a regular expression of at most 200 signs.")
    try:
        re.compile(pattern)
    except re.error:
        return _("This is not a valid regular expression.")
    if re.search(r"[+*}]\)*[+*{]", pattern):  # (a+)+ takes for ever on hostile input
        return _("The pattern repeats what is already repeated. Make it simpler.")
    return None


def _bound(kind: str, value: object) -> Any:
    """Read a bound so that two of a kind compare; None when it can't be read."""
    try:
        if kind in DATES:
            return date.fromisoformat(str(value)[:10])
        number = Decimal(str(value))
        return number if number.is_finite() else None
    except (ValueError, InvalidOperation):
        return None


def kind_change_problem(before: str, after: str, *, values: int) -> Sentence | None:
    """Say why a field's kind may not change while `values` rows hold one, or None."""
    if before == after or not values or after in SAFE_KINDS.get(before, ()):
        return None
    return _(
        "%(count)d cards or clients hold a value of this field and would lose it."
        " Archive the field and add a new one."
    ) % {"count": values}


def reason_problems(spec: LossReasonSpec) -> Problems:
    """Check a loss reason by itself."""
    return _collect(code=code_problem(spec.code), name=name_problem(spec.name))


def source_problems(spec: SourceSpec) -> Problems:
    """Check a source by itself."""
    return _collect(code=code_problem(spec.code), name=name_problem(spec.name))


def unfinished(kinds: Iterable[str]) -> list[Sentence]:
    """Say what a pipeline with stages of these kinds still lacks before it may take cards."""
    have = list(kinds)
    missing: list[Sentence] = []
    if Stage.Kind.OPEN not in have:
        missing.append(_("Add a stage in which cards are worked on."))
    if have.count(Stage.Kind.WON) != 1:
        missing.append(_("Add the won stage: a funnel has exactly one."))
    if Stage.Kind.LOST not in have:
        missing.append(_("Add a lost stage: refusals need a place and a reason."))
    return missing


_KIND_ORDER = {Stage.Kind.OPEN: 0, Stage.Kind.WON: 1, Stage.Kind.LOST: 2}


def kind_rank(kind: str) -> int:
    """Order of kinds in a pipeline: in work, won, lost."""
    return _KIND_ORDER[Stage.Kind(kind)]


PASSPORT_PARTS = (
    "goal",
    "steps",
    "exit_criteria",
    "objections",
    "has_responsible",
    "deadline_minutes",
    "required",
    "sells_next",
)
CLOSED_PARTS = ("goal", "steps")


def passport_gaps(stage: Stage) -> list[str]:
    """Return the parts of the passport that are still empty, in their order on the form."""
    parts = PASSPORT_PARTS if stage.is_open else CLOSED_PARTS
    return [part for part in parts if not getattr(stage, part)]


def passport_completeness(stage: Stage) -> float:
    """Share (0..1) of the passport's parts that are filled; won and lost have fewer parts."""
    parts = PASSPORT_PARTS if stage.is_open else CLOSED_PARTS
    return 1 - len(passport_gaps(stage)) / len(parts)
