"""Sections: the blocks in which fields stand on a card (F9, FS-17)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.pipelines import rules
from voronka.pipelines.commands.types import type_by_code
from voronka.pipelines.commands.writing import (
    arrange,
    begin,
    find,
    next_position,
    note,
    number,
    taken_codes,
)
from voronka.pipelines.commands.writing import write as write_row
from voronka.pipelines.errors import InUse, refuse_if
from voronka.pipelines.models import ItemType, Section
from voronka.pipelines.specs import SectionSpec


def owner_of(item_type: str | None) -> ItemType | None:
    """Return the item type of a code; None stands for clients."""
    return type_by_code(item_type) if item_type else None


@transaction.atomic
def save_section(spec: SectionSpec, *, by: Actor) -> Section:
    """Create a section, or change the one with this code.

    Raises:
        InvalidSetup: a part of the spec breaks a rule.
        NoSuchPart: the item type does not exist.
    """
    begin(by)
    item_type = owner_of(spec.item_type)
    pipelines = taken_codes(item_type.pipelines.all()) if item_type else ()
    refuse_if(rules.section_problems(spec, pipelines=pipelines))
    sections = Section.objects.filter(item_type=item_type)
    row = sections.filter(code=spec.code).first()
    if row is None:
        row = Section(item_type=item_type, code=spec.code, position=next_position(sections))
    return write_row(row, {"name": spec.name, "pipelines": list(spec.pipelines)}, by=by)


@transaction.atomic
def reorder_sections(item_type: str | None, order: Sequence[str], *, by: Actor) -> None:
    """Put the sections in the order of these codes."""
    begin(by)
    rows = arrange(list(Section.objects.filter(item_type=owner_of(item_type))), order)
    if number(rows):
        note(rows[0], "reordered", by=by, order=[row.code for row in rows])


@transaction.atomic
def remove_section(item_type: str | None, code: str, *, by: Actor) -> None:
    """Take away a section that holds no fields.

    Raises:
        InUse: fields are in it, perhaps archived ones.
        NoSuchPart: there is none.
    """
    begin(by)
    sections = Section.objects.filter(item_type=owner_of(item_type))
    row = find(sections, code, _("There is no section “%(code)s”."))
    if row.fields.exists():
        raise InUse(_("Fields stand in this section, perhaps archived ones. Move them first."))
    note(row, "removed", by=by, code=row.code, name=row.name.as_dict())
    row.delete()
