"""Fields that count themselves: what their formulas may name, and in which order they are counted.

A field with a formula keeps its value like any other, so that lists, filters and sums need no
knowledge of formulas. The value is counted in the command that changes the card. What a type's
formulas are is kept on the type as well (`ItemType.formulas`), so that a card counts without a
query. Source: docs/domain/formulas.md, ADR 11 (RB-12).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.kernel import formulas
from voronka.kernel.errors import Sentence
from voronka.kernel.formulas import BadFormula, Kind, Name, Type
from voronka.kernel.texts import LocalText
from voronka.kernel.worktime import WorkSchedule
from voronka.people.schedules import company_schedule
from voronka.pipelines.models import Field
from voronka.pipelines.specs import FieldSpec

FORMULA_KINDS = (
    Field.Kind.NUMBER,
    Field.Kind.MONEY,
    Field.Kind.TEXT,
    Field.Kind.DATE,
    Field.Kind.DATETIME,
    Field.Kind.BOOLEAN,
)
_Plain = Literal["number", "money", "date", "datetime", "boolean", "choice", "choices", "reference"]
KINDS: dict[str, _Plain] = {  # for conditions as well; what is not here is a text
    Field.Kind.NUMBER: "number",
    Field.Kind.MONEY: "money",
    Field.Kind.DATE: "date",
    Field.Kind.DATETIME: "datetime",
    Field.Kind.BOOLEAN: "boolean",
    Field.Kind.LIST: "choice",
    Field.Kind.MULTI_LIST: "choices",
    Field.Kind.USER: "reference",
    Field.Kind.CLIENT: "reference",
    Field.Kind.ITEM: "reference",
    Field.Kind.FILE: "reference",
}
# of the card itself, besides its fields: what only the commands change that count anew
BUILT_IN: dict[str, tuple[Sentence, Kind]] = {
    "title": (gettext_lazy("Title"), "text"),
    "amount": (gettext_lazy("Amount"), "money"),
    "created_at": (gettext_lazy("Made"), "datetime"),
}
# what robots may count on and a kept value may not: it changes while the fields stand still
_ELSEWHERE = (
    "stage", "pipeline", "owner", "author", "client", "grade", "source", "loss_reason", "repeat",
    "lines", "next_step", "overdue", "deadline_at", "last_touch_at", "first_response_at",
    "closed_at", "now",
)  # fmt: skip
_LONGEST = 500  # signs of a kept text
Stored = Mapping[str, Any]


def type_of(field: Field) -> Type:
    """Return what a field is to a formula."""
    options: dict[str, Sentence] = {
        str(o["code"]): str(LocalText.of(o.get("name"))) for o in field.options
    }
    return Type(KINDS.get(field.kind, "text"), options)


def field_names(fields: Iterable[Field]) -> dict[str, Name]:
    """Return what formulas of a type's fields may name: the card's own and its fields."""
    found = {code: Name(title, Type(kind)) for code, (title, kind) in BUILT_IN.items()}
    return found | {field.code: Name(str(field.name), type_of(field)) for field in fields}


def problem(field: Field, names: Mapping[str, Name]) -> Sentence | None:
    """Say what is wrong with a field's formula, with its place; None when it is sound.

    Args:
        names: what it may name, see `field_names`.
    """
    try:
        checked = formulas.check(field.formula, names)
        if checked.moving is not None:
            raise BadFormula(
                _(
                    "Today and now change by themselves, a kept value does not."
                    " Use them in a robot, or compare two dates of the card."
                ),
                column=checked.moving,
            )
        if field.code in checked.names:
            raise BadFormula(_("A field can't count on itself."), column=1)
    except BadFormula as bad:
        return _elsewhere(field.formula, names) or bad.detail
    return formulas.fit_problem(checked.type, type_of(field))


def circle_problem(fields: Iterable[Field]) -> Sentence | None:
    """Say which fields count on each other in a circle; None when none do."""
    round_trip = circle(fields)
    if not round_trip:
        return None
    names = ", ".join(str(field.name) or field.code for field in round_trip)
    return _("These fields count on each other in a circle: %(names)s.") % {"names": names}


def _elsewhere(text: str, names: Mapping[str, Name]) -> Sentence | None:
    try:
        used = formulas.names_in(formulas.parse(text))
    except BadFormula:
        return None
    for code in sorted(used - set(names)):
        if code.split(".")[0] in _ELSEWHERE or code.startswith("stage_"):
            return _(
                "“%(name)s” changes while the fields of the card stand still, so that a kept value"
                " can't follow it. A robot may count on it."
            ) % {"name": code}
    return None


def in_order(fields: Iterable[Field]) -> list[Field]:
    """Return the fields with formulas, each behind those it counts on; those in a circle last."""
    waiting = {f.code: f for f in fields if f.formula}
    needs = {code: _used(f.formula) & set(waiting) for code, f in waiting.items()}
    done: list[Field] = []
    while ready := [code for code in waiting if not needs[code] & set(waiting)]:
        for code in ready:
            done.append(waiting.pop(code))
    return [*done, *waiting.values()]


def circle(fields: Iterable[Field]) -> list[Field]:
    """Return the fields whose formulas count on each other in a circle."""
    rows = in_order(fields)
    places = {f.code: n for n, f in enumerate(rows)}
    needs = {f.code: _used(f.formula) for f in rows}
    late = next(
        (n for n, f in enumerate(rows) if any(places.get(c, -1) >= n for c in needs[f.code])),
        len(rows),
    )
    found = rows[late:]  # those in a circle, and what counts on them
    while aside := [f for f in found if not any(f.code in needs[other.code] for other in found)]:
        found = [f for f in found if f not in aside]
    return found


def _used(text: str) -> frozenset[str]:
    try:
        return formulas.names_in(formulas.parse(text))
    except BadFormula:
        return frozenset()


def counts_on(fields: Iterable[Field], code: str) -> list[Field]:
    """Return the fields whose formulas name a field."""
    return [f for f in fields if f.formula and code in _used(f.formula)]


def kept_on_type(fields: Sequence[Field]) -> dict[str, Any]:
    """Return what a type keeps of its fields' formulas; empty when there are none."""
    rows = in_order(fields)
    if not rows:
        return {}
    used = frozenset().union(*(_used(f.formula) for f in rows))
    return {
        "kinds": {f.code: KINDS.get(f.kind, "text") for f in fields if f.code in used},
        "counted": [[f.code, f.kind, f.formula] for f in rows],
    }


def recount(
    stored: Stored,
    values: dict[str, Any],
    *,
    title: str,
    amount: Decimal,
    created_at: datetime,
    schedule: Callable[[], WorkSchedule] = company_schedule,
) -> dict[str, Any]:
    """Return a card's values with those of its formulas counted anew.

    Args:
        stored: `ItemType.formulas`.
        values: the card's values as they are kept; given back untouched when nothing is counted.
        schedule: gives the company's working days; read once by whoever counts many cards.
    """
    if not stored:
        return values
    found = dict(values)
    kinds: Mapping[str, Kind] = stored["kinds"]
    facts: dict[str, Any] = {"title": title, "amount": amount, "created_at": created_at}
    facts |= {code: formulas.typed(found.get(code), kind) for code, kind in kinds.items()}
    now = timezone.localtime(created_at, timezone.get_default_timezone())
    for code, kind, text in stored["counted"]:
        value = _count(text, KINDS.get(kind, "text"), facts, now, schedule)
        facts[code] = formulas.typed(value, KINDS.get(kind, "text"))
        if value is None:
            found.pop(code, None)
        else:
            found[code] = value
    return found


def _count(
    text: str,
    kind: Kind,
    facts: Mapping[str, Any],
    now: datetime,
    schedule: Callable[[], WorkSchedule],
) -> Any:
    try:
        value = formulas.evaluate(formulas.parse(text), facts, now=now, schedule=schedule)
    except BadFormula:
        return None
    value = formulas.kept(value, kind)
    return value[:_LONGEST] if isinstance(value, str) and kind == "text" else value


def count_workdays(stored: Stored) -> bool:
    """Whether a type's formulas change with the company's working calendar."""
    return any(formulas.by_calendar(text) for _code, _kind, text in stored.get("counted", ()))


def shape_problem(spec: FieldSpec) -> Sentence | None:
    """Say why a field of this spec can't have a formula at all, or None."""
    if not spec.formula:
        return None
    if spec.item_type is None:
        return _("Formulas stand on cards. A field of clients is filled in by people.")
    if spec.kind not in FORMULA_KINDS:
        return _("A formula gives a number, money, a text, a date or yes and no. Choose the kind.")
    if spec.rules:
        return _("A counted field has no limits: take them away.")
    if len(spec.formula) > formulas.MAX_LENGTH:
        return _("The formula is too long: at most %(limit)d signs.") % {
            "limit": formulas.MAX_LENGTH
        }
    return None
