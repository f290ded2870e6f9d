"""Formulas of robots: they may count on every fact of a card, and on today (RB-12).

A field of the card is named by its code, or as "field.<code>" like the fact; all other facts by
their codes. Source: docs/domain/formulas.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.automation.facts import CLIENT_FIELD, FIELD, fact_specs, gather
from voronka.items.models import Item
from voronka.kernel import formulas
from voronka.kernel.conditions import FactSpec
from voronka.kernel.errors import Sentence
from voronka.kernel.formulas import BadFormula, Kind, Name, Type
from voronka.people.schedules import company_schedule
from voronka.pipelines.formulas import type_of
from voronka.pipelines.models import Field, ItemType

# Facts whose kinds are the same everywhere: what a blueprint may name without a database.
STEADY: dict[str, Kind] = {
    "title": "text", "amount": "money", "grade": "choice", "source": "choice", "stage": "choice",
    "stage_kind": "choice", "pipeline": "choice", "loss_reason": "choice", "repeat": "boolean",
    "lines": "number", "next_step": "boolean", "overdue": "boolean", "created_at": "datetime",
    "stage_entered_at": "datetime", "deadline_at": "datetime", "next_step_at": "datetime",
    "last_touch_at": "datetime", "first_response_at": "datetime", "closed_at": "datetime",
    "now.working": "boolean", "now.weekday": "choice", "now.hour": "number", "owner": "reference",
    "author": "reference", "owner.role": "choice", "owner.department": "choice",
    "owner.absent": "boolean", "client": "boolean", "client.name": "text",
    "client.first_name": "text", "client.kind": "choice", "client.phone": "boolean",
    "client.email": "boolean", "client.open_cards": "number", "client.purchases": "number",
    "large": "boolean",
}  # fmt: skip
_SYSTEM_TARGETS: dict[str, Kind] = {"title": "text", "amount": "money"}
_UNCOUNTED = (Field.Kind.USER, Field.Kind.CLIENT, Field.Kind.ITEM, Field.Kind.FILE)


def names(item_type: ItemType) -> dict[str, Name]:
    """Return what formulas of robots on cards of a type may name. As many queries as facts."""
    return names_of(fact_specs(item_type).values())


def names_of(specs: Iterable[FactSpec]) -> dict[str, Name]:
    """Return the names of facts for formulas; facts about linked cards can't be counted on."""
    found: dict[str, Name] = {}
    own: dict[str, Name] = {}
    for spec in specs:
        if spec.kind == "related":
            continue
        name = Name(spec.name, Type(spec.kind, spec.options))
        found[spec.code] = name
        if spec.code.startswith(FIELD):
            own[spec.code.removeprefix(FIELD)] = name
    return found | own


def names_of_fields(fields: Iterable[Field], client_fields: Iterable[Field]) -> dict[str, Name]:
    """Return the names a formula has where only fields are known, as in a file of the set-up."""
    found = {code: Name(code, Type(kind)) for code, kind in STEADY.items()}
    for field in client_fields:
        found[CLIENT_FIELD + field.code] = Name(str(field.name), type_of(field))
    for field in fields:
        name = Name(str(field.name), type_of(field))
        found |= {FIELD + field.code: name, field.code: name}
    return found


def problem(
    text: str, target: str, known: Mapping[str, Name], fields: Mapping[str, Field]
) -> Sentence | None:
    """Say why a formula can't be written into a field, with the place; None when it can.

    Args:
        target: code of the field that gets the value.
        known: what the formula may name.
        fields: the custom fields of the type by code.
    """
    try:
        checked = formulas.check(text, known)
    except BadFormula as bad:
        return bad.detail
    field = fields.get(target)
    if field is None:
        kind = _SYSTEM_TARGETS.get(target)
        if kind is None:
            return _("This field can't be counted by a formula.")
        return formulas.fit_problem(checked.type, Type(kind))
    if field.kind in _UNCOUNTED:
        return _("This field can't be counted by a formula.")
    wanted = type_of(field)
    if wanted.kind == "choices":  # one choice may be put there, or all of another list
        alike = checked.type.kind in ("choices", "nothing")
        return None if alike else formulas.fit_problem(checked.type, Type("choice", wanted.options))
    return formulas.fit_problem(checked.type, wanted)


def count(
    text: str,
    item: Item,
    specs: Mapping[str, FactSpec],
    *,
    now: datetime,
    past: Mapping[str, Any] = MappingProxyType({}),
) -> Any:
    """Return what a formula gives for a card, as it would be typed into a field; None: no value.

    Args:
        specs: the facts of the card's type, see `RobotNames.facts`.
        past: facts of an earlier moment, over those of today.
    Raises:
        BadFormula: it names what is no longer there, or does not fit any more.
    """
    node = formulas.parse(text)
    wanted = formulas.names_in(node)
    known = names_of(specs.values())
    kind = formulas.check(text, known).type.kind
    local = timezone.localtime(now)
    codes = {name: FIELD + name if FIELD + name in known else name for name in wanted}
    found = {**gather(item, list(codes.values()), now=now), **past}
    facts = {
        name: formulas.typed(found.get(code), known[name].type.kind) for name, code in codes.items()
    }
    return formulas.kept(formulas.evaluate(node, facts, now=local, schedule=company_schedule), kind)
