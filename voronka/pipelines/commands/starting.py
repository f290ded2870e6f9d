"""Beginnings: a custom type that can take cards at once, and the ready block of BANT."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override, pgettext

from voronka.journal.actors import Actor
from voronka.kernel.texts import LANGUAGES, LocalText
from voronka.pipelines.commands.fields import save_field
from voronka.pipelines.commands.pipelines import start_pipeline
from voronka.pipelines.commands.sections import save_section
from voronka.pipelines.commands.types import save_grade_rule, save_item_type, type_by_code
from voronka.pipelines.commands.writing import begin
from voronka.pipelines.errors import InvalidSetup
from voronka.pipelines.models import Field, ItemType, Pipeline
from voronka.pipelines.specs import (
    FieldSpec,
    GradeRule,
    ItemTypeSpec,
    Option,
    PipelineSpec,
    SectionSpec,
)


@transaction.atomic
def start_item_type(spec: ItemTypeSpec, *, by: Actor) -> Pipeline:
    """Create a custom type with a section of fields and a funnel; return the funnel.

    Raises:
        InvalidSetup: the code is taken, or a part of the spec breaks a rule.
    """
    begin(by)
    if ItemType.objects.filter(code=spec.code).exists():
        raise InvalidSetup({"code": _("This code is taken by another card type.")})
    save_item_type(spec, by=by)
    details = _in_both(lambda: pgettext("section", "Details"))
    save_section(SectionSpec(spec.code, "details", details), by=by)
    taken = Pipeline.objects.filter(code=spec.code).exists()
    funnel = PipelineSpec(
        f"{spec.code[:50]}_funnel" if taken else spec.code,
        spec.code,
        spec.plural,
        purpose=Pipeline.Purpose.FULFILMENT,
        naming=Pipeline.Naming.ACTIVITIES,
    )
    return start_pipeline(funnel, by=by)


BANT_SECTION = "qualification"
_BANT: tuple[tuple[str, str, str, tuple[tuple[str, str, int], ...]], ...] = (
    (
        "budget",
        gettext_noop("Budget"),
        gettext_noop("What sum have you planned for this?"),
        (
            ("enough", gettext_noop("Is enough and set aside"), 3),
            ("tight", gettext_noop("Is there, but tight"), 2),
            ("none", gettext_noop("Is not there yet"), 0),
        ),
    ),
    (
        "authority",
        gettext_noop("Who decides"),
        gettext_noop("Who besides you takes part in the decision?"),
        (
            ("self", gettext_noop("Decides alone"), 3),
            ("together", gettext_noop("Decides together with others"), 2),
            ("passes_on", gettext_noop("Only passes it on"), 0),
        ),
    ),
    (
        "need",
        gettext_noop("Need"),
        gettext_noop("What happens if you leave everything as it is?"),
        (
            ("sharp", gettext_noop("Sharp: it can't go on like this"), 3),
            ("wish", gettext_noop("Would like to, but it can wait"), 1),
            ("curious", gettext_noop("Just asks the price"), 0),
        ),
    ),
    (
        "urgency",
        gettext_noop("Urgency"),
        gettext_noop("By when do you need it?"),
        (
            ("now", gettext_noop("Within a month"), 3),
            ("quarter", gettext_noop("Within three months"), 2),
            ("later", gettext_noop("Later, or not known"), 0),
        ),
    ),
)
BANT_FROM_A, BANT_FROM_B = 9, 5  # points of 12


@transaction.atomic
def start_bant(item_type: str, *, by: Actor) -> list[Field]:
    """Add the ready block of qualification: four lists with points, questions and a grade (QL-1).

    Lists that exist already stay as they are; a grade rule that exists stays as well.

    Raises:
        NoSuchPart: there is no such item type.
        InvalidSetup: a field of another kind has one of the codes.
    """
    begin(by)
    row = type_by_code(item_type)
    name = _in_both(lambda: pgettext("section", "Qualification"))
    save_section(SectionSpec(item_type, BANT_SECTION, name), by=by)
    fields = []
    for code, title, question, options in _BANT:
        there = row.fields.filter(code=code).first()
        if there is not None:
            if there.kind != Field.Kind.LIST or there.archived:
                sentence = _("A field “%(code)s” exists already and is no list in use. Rework it.")
                raise InvalidSetup({"code": sentence % {"code": code}})
            fields.append(there)
            continue
        spec = FieldSpec(
            item_type,
            BANT_SECTION,
            code,
            _translated(title),
            Field.Kind.LIST,
            help=_translated(question),
            options=tuple(Option(c, _translated(words), points) for c, words, points in options),
            important=True,
        )
        fields.append(save_field(spec, by=by))
    if not row.grade_rule:
        codes = tuple(field.code for field in fields)
        save_grade_rule(item_type, GradeRule(codes, BANT_FROM_A, BANT_FROM_B), by=by)
    return fields


def _translated(message: str) -> LocalText:
    return _in_both(lambda: _(message))


def _in_both(say: Callable[[], str]) -> LocalText:
    said = {}
    for language in LANGUAGES:
        with override(language):
            said[language] = say()
    return LocalText(**said)
