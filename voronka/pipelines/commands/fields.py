"""Custom fields of item types and of clients."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voronka.journal.actors import Actor
from voronka.kernel.formulas import bare
from voronka.pipelines import rules
from voronka.pipelines.commands.formulas import require_sound, require_uncounted, settle
from voronka.pipelines.commands.sections import owner_of
from voronka.pipelines.commands.writing import arrange, begin, find, next_position, note, number
from voronka.pipelines.commands.writing import write as write_row
from voronka.pipelines.criteria import FIELD_PREFIX
from voronka.pipelines.errors import InUse, refuse_if
from voronka.pipelines.models import Field, ItemType, Section, Stage
from voronka.pipelines.specs import FieldSpec
from voronka.pipelines.system_fields import SYSTEM_FIELDS
from voronka.pipelines.usage import erase_values, values_of

MOST_ERASED = 20_000  # cards whose values go with a field; more would hold the base up


def _fields(item_type: ItemType | None) -> QuerySet[Field]:
    return Field.objects.filter(item_type=item_type)


def field_by_code(item_type: str | None, code: str) -> Field:
    """Return a field of an item type, or of clients when that is None.

    Raises:
        NoSuchPart: there is none.
    """
    rows = _fields(owner_of(item_type)).select_related("item_type", "section")
    return find(rows, code, _("There is no field “%(code)s”."))


@transaction.atomic
def save_field(spec: FieldSpec, *, by: Actor) -> Field:
    """Create a field, or change the one with this code; an archived one is restored.

    Raises:
        InvalidSetup: a part of the spec breaks a rule, or its formula makes no sense.
        InUse: values exist that the new kind or a formula would destroy, a choice that cards hold
            would go, a list that the grade rule counts or a field that a formula counts on would
            become something else.
        NoSuchPart: the item type or the section does not exist.
    """
    begin(by)
    refuse_if(rules.field_problems(spec, reserved=SYSTEM_FIELDS if spec.item_type else ()))
    item_type = owner_of(spec.item_type)
    sections = Section.objects.filter(item_type=item_type)
    section = find(sections, spec.section, _("There is no section “%(code)s”."))
    row = _fields(item_type).filter(code=spec.code).first()
    if row is None:
        row = Field(item_type=item_type, code=spec.code)
    else:
        _require_safe(row, spec)
    if row.pk is None or row.section_id != section.pk:
        row.position = next_position(section.fields.all())
    values = {
        "section_id": section.pk,
        "name": spec.name,
        "kind": spec.kind,
        "help": spec.help,
        "options": [option.as_json() for option in spec.options],
        "rules": dict(spec.rules),
        "important": spec.important,
        "formula": bare(spec.formula),
        "archived": False,
    }
    require_sound(row, values)
    if row.pk is not None and row.section_id != section.pk:
        Field.objects.filter(pk=row.pk).update(position=row.position)
    row = write_row(row, values, by=by)
    settle(item_type)
    return row


def _require_safe(row: Field, spec: FieldSpec) -> None:
    """Refuse a change that would make stored values unreadable."""
    if spec.formula and not row.formula and (count := values_of(row)):
        sentence = ngettext(
            "%(count)d card holds a value that somebody has typed; the formula would overwrite it."
            " Add a new field for the formula.",
            "%(count)d cards hold values that people have typed; the formula would overwrite them."
            " Add a new field for the formula.",
            count,
        ) % {"count": count}
        raise InUse(sentence, fields={"formula": sentence})
    if row.kind != spec.kind and not (row.formula and spec.formula):
        if problem := rules.kind_change_problem(row.kind, spec.kind, values=values_of(row)):
            raise InUse(problem, fields={"kind": problem})
        graded = row.item_type.grade_rule.get("fields", ()) if row.item_type else ()
        if row.code in graded and spec.kind not in rules.LISTS:
            raise InUse(_("The grade counts this list. Take it out of the grade rule first."))
    kept = {option.code for option in spec.options}
    for option in row.options:
        code = str(option["code"])
        if code not in kept and (count := values_of(row, code)):
            sentence = ngettext(
                "%(count)d card holds the choice “%(code)s”. Rename the choice or change the card.",
                "%(count)d cards hold the choice “%(code)s”. Rename it or change the cards.",
                count,
            ) % {"count": count, "code": code}
            raise InUse(sentence, fields={"options": sentence})


@transaction.atomic
def reorder_fields(
    item_type: str | None, section: str, order: Sequence[str], *, by: Actor
) -> list[Field]:
    """Put fields into a section in the order of these codes; they may come from others.

    Fields of the section that are not named keep their places behind.

    Raises:
        InvalidSetup: a code is unknown or named twice.
        NoSuchPart: the section does not exist.
    """
    begin(by)
    owner = owner_of(item_type)
    sections = Section.objects.filter(item_type=owner)
    target = find(sections, section, _("There is no section “%(code)s”."))
    wanted = set(order)
    rows = [f for f in _fields(owner) if f.section_id == target.pk or f.code in wanted]
    arranged = arrange(rows, order)
    for row in arranged:
        write_row(row, {"section_id": target.pk}, by=by)
    if number(arranged):
        note(target, "changed", by=by, changes={"fields": [None, [f.code for f in arranged]]})
    return arranged


@transaction.atomic
def archive_field(item_type: str | None, code: str, *, by: Actor) -> Field:
    """Take a field off the cards; what was filled in stays and comes back with it.

    Raises:
        InUse: a stage asks for it, an exit criterion checks it, the grade counts it, or a
            formula counts on it.
    """
    begin(by)
    row = field_by_code(item_type, code)
    if row.archived:
        return row
    if row.item_type is not None:
        stages = _stages_that_ask(row.item_type, code)
        if stages:
            names = ", ".join(f"{stage.pipeline}: {stage}" for stage in stages[:5])
            raise InUse(
                _("Stages ask for this field: %(stages)s. Take it off there first.")
                % {"stages": names}
            )
        if code in row.item_type.grade_rule.get("fields", ()):
            raise InUse(_("The grade counts this list. Take it out of the grade rule first."))
        require_uncounted(row)
    row.archived = True
    row.save(update_fields=["archived"])
    settle(row.item_type)
    note(row, "archived", by=by)
    return row


def _stages_that_ask(item_type: ItemType, code: str) -> list[Stage]:
    stages = Stage.objects.filter(pipeline__item_type=item_type).select_related("pipeline")
    check = FIELD_PREFIX + code
    return [
        stage
        for stage in stages
        if code in stage.required or any(c.get("check") == check for c in stage.exit_criteria)
    ]


@transaction.atomic
def restore_field(item_type: str | None, code: str, *, by: Actor) -> Field:
    """Bring an archived field back with its values; a formula counts them anew.

    Raises:
        InvalidSetup: its formula names what is no longer there.
    """
    begin(by)
    row = field_by_code(item_type, code)
    if row.archived:
        require_sound(row, {"archived": False})
        row.archived = False
        row.save(update_fields=["archived"])
        settle(row.item_type)
        note(row, "restored", by=by)
    return row


@transaction.atomic
def remove_field(item_type: str | None, code: str, *, erase: bool = False, by: Actor) -> int:
    """Take an archived field away for good; return how many cards or clients lost a value.

    Args:
        erase: whether values that are held may go with it. They can't be brought back.
    Raises:
        InUse: it is not in the archive, holds values that may not go, or too many of them.
        NoSuchPart: there is none.
    """
    begin(by)
    row = field_by_code(item_type, code)
    if not row.archived:
        raise InUse(_("Put the field into the archive first; then it can be deleted."))
    count = values_of(row)
    if count and not erase:
        sentence = ngettext(
            "%(count)d card or client holds a value here. It would be lost.",
            "%(count)d cards or clients hold a value here. They would be lost.",
            count,
        )
        raise InUse(sentence % {"count": count})
    if count > MOST_ERASED:
        sentence = _(
            "%(count)d cards or clients hold a value here: too many to erase. Leave it archived."
        )
        raise InUse(sentence % {"count": count})
    erased = erase_values(row) if count else 0
    note(row, "removed", by=by, code=row.code, name=row.name.as_dict(), values=erased)
    row.delete()
    return erased
