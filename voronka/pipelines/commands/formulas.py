"""Formulas of fields: refused when they make no sense, kept on the type in order."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from django.utils.translation import gettext as _

from voronka.pipelines import formulas
from voronka.pipelines.errors import InUse, InvalidSetup
from voronka.pipelines.models import Field, ItemType


def require_sound(row: Field, values: Mapping[str, Any]) -> None:
    """Refuse a field that would leave a formula of its type without sense.

    Args:
        row: the field, perhaps not saved yet.
        values: what is about to be written to it.
    Raises:
        InvalidSetup: its own formula; "formula" says where it goes wrong.
        InUse: the formula of another field counts on it as it was.
    """
    if row.item_type is None:
        return
    wanted = copy(row)
    for name, value in values.items():
        setattr(wanted, name, value)
    others = [f for f in _live(row.item_type) if f.code != row.code]
    counting = formulas.counts_on(others, row.code)
    if not wanted.formula and not counting:
        return
    fields = [*others, wanted]
    names = formulas.field_names(fields)
    if wanted.formula and (problem := formulas.problem(wanted, names)):
        raise InvalidSetup({"formula": problem})
    if problem := formulas.circle_problem(fields):
        raise InvalidSetup({"formula": problem})
    for other in counting:
        if problem := formulas.problem(other, names):
            raise InUse(
                _("The formula of “%(name)s” would break: %(problem)s")
                % {"name": other.name, "problem": problem}
            )


def require_uncounted(row: Field) -> None:
    """Refuse to take away a field that formulas count on.

    Raises:
        InUse: naming them.
    """
    if row.item_type is None:
        return
    if counting := formulas.counts_on(_live(row.item_type), row.code):
        names = ", ".join(str(field.name) for field in counting)
        raise InUse(
            _("Formulas count on this field: %(names)s. Change them first.") % {"names": names}
        )


def settle(item_type: ItemType | None) -> None:
    """Keep on a type what its fields' formulas are now, so that cards count without a query."""
    if item_type is None:
        return
    kept = formulas.kept_on_type(_live(item_type))
    ItemType.objects.filter(pk=item_type.pk).exclude(formulas=kept).update(formulas=kept)
    item_type.formulas = kept


def _live(item_type: ItemType) -> list[Field]:
    return list(Field.objects.filter(item_type=item_type, archived=False))
