"""Item types: lead, deal and the custom ones (smart processes, S3)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.pipelines import rules
from voronka.pipelines.commands.writing import arrange, begin, find, next_position, note, number
from voronka.pipelines.commands.writing import write as write_row
from voronka.pipelines.errors import InUse, InvalidSetup, refuse_if
from voronka.pipelines.models import Field, ItemType, Pipeline
from voronka.pipelines.specs import GradeRule, ItemTypeSpec
from voronka.pipelines.usage import cards_of


def type_by_code(code: str) -> ItemType:
    """Return an item type by its code.

    Raises:
        NoSuchPart: there is none.
    """
    return find(ItemType.objects.all(), code, _("There is no item type “%(code)s”."))


@transaction.atomic
def save_item_type(spec: ItemTypeSpec, *, by: Actor) -> ItemType:
    """Create an item type, or change the one with this code. The grade rule is kept.

    Raises:
        InvalidSetup: a part of the spec breaks a rule.
        InUse: the kind would change while cards exist.
    """
    begin(by)
    refuse_if(rules.item_type_problems(spec))
    row = ItemType.objects.filter(code=spec.code).first()
    if row is None:
        row = ItemType(code=spec.code, position=next_position(ItemType.objects.all()))
    elif row.kind != spec.kind and cards_of(row):
        raise InUse(_("Cards of this type exist, so it stays what it is. Make a new type."))
    values = {
        "name": spec.name,
        "plural": spec.plural,
        "kind": spec.kind,
        "icon": spec.icon,
        "prefix": spec.prefix,
        "has_client": spec.has_client,
        "has_amount": spec.has_amount,
        "has_lines": spec.has_lines,
        "counts_in_revenue": spec.counts_in_revenue,
        "success": spec.success,
    }
    return write_row(row, values, by=by)


@transaction.atomic
def save_grade_rule(item_type: str, rule: GradeRule, *, by: Actor) -> ItemType:
    """Say how the ABC grade of a type's cards is counted (QL-2); no fields: no grade.

    Raises:
        InvalidSetup: a field is not a list of this type, or the bounds are not 0 < B < A.
    """
    begin(by)
    row = type_by_code(item_type)
    lists = row.fields.filter(kind__in=rules.LISTS, archived=False)
    refuse_if(rules.grade_problems(rule, list_fields=set(lists.values_list("code", flat=True))))
    return write_row(row, {"grade_rule": rule.as_json()}, by=by)


@transaction.atomic
def reorder_item_types(order: Sequence[str], *, by: Actor) -> None:
    """Put the item types in the order of these codes."""
    begin(by)
    rows = arrange(list(ItemType.objects.all()), order)
    if number(rows):
        note(rows[0], "reordered", by=by, order=[row.code for row in rows])


@transaction.atomic
def remove_item_type(item_type: str, *, by: Actor) -> None:
    """Take away a custom type that never had a card, with its pipelines and fields.

    Raises:
        InvalidSetup: leads and deals stay.
        InUse: cards of this type exist, perhaps in the recycle bin.
    """
    begin(by)
    row = type_by_code(item_type)
    if row.kind != ItemType.Kind.CUSTOM:
        raise InvalidSetup({"code": _("Leads and deals belong to the CRM and stay.")})
    if count := cards_of(row):
        raise InUse(
            _(
                "%(count)d cards of this type exist, the recycle bin included."
                " Archive its funnels instead."
            )
            % {"count": count}
        )
    note(row, "removed", by=by, code=row.code, name=row.name.as_dict())
    Field.objects.filter(item_type=row).delete()
    Pipeline.objects.filter(item_type=row).delete()
    row.delete()
