"""Whether a condition makes sense for the facts there are: what a builder offers and refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext as _

from voronka.kernel.conditions.judging import moment, number
from voronka.kernel.conditions.model import (
    All,
    AnyOf,
    BetweenValues,
    Condition,
    ManyValues,
    NoneOf,
    OneValue,
    Related,
    parts,
)
from voronka.kernel.errors import Sentence

Kind = Literal[
    "text", "number", "money", "date", "datetime", "boolean", "choice", "choices", "reference",
    "related",
]  # fmt: skip

_CHANGING = ("changed", "changed_to", "changed_from")
_TEXT = ("is", "is_not", "contains", "not_contains", "starts_with", "any_of", "none_of")
_SIZE = ("greater", "at_least", "less", "at_most", "between")
_DAYS = ("next_days", "last_days", "days_ago", "days_ahead")
_FILLED = ("filled", "empty")
_CHOICE = ("is", "is_not", "any_of", "none_of")
_OPERATORS: dict[str, tuple[str, ...]] = {
    "text": (*_TEXT, *_FILLED, *_CHANGING),
    "number": ("is", "is_not", *_SIZE, *_FILLED, *_CHANGING),
    "money": ("is", "is_not", *_SIZE, *_FILLED, *_CHANGING),
    "date": ("is", "is_not", *_SIZE, *_DAYS, *_FILLED, "changed"),
    "datetime": ("is", "is_not", *_SIZE, *_DAYS, *_FILLED, "changed"),
    "boolean": ("is", "is_not", *_FILLED, *_CHANGING),
    "choice": (*_CHOICE, *_FILLED, *_CHANGING),
    "choices": (*_CHOICE, *_FILLED, "changed"),
    "reference": (*_CHOICE, *_FILLED, *_CHANGING),
    "related": (),
}


@dataclass(frozen=True, slots=True)
class FactSpec:
    """A fact that a condition may ask for.

    Attributes:
        options: value -> name, of choices; empty when it is not a short list.
        changes: whether "has changed" can be told of it.
        inside: the facts of each card, of kind "related".
        group: under what heading a builder shows it.
        picks: what a value names, of references: "user", "client", "item" … .
    """

    code: str
    name: Sentence
    kind: Kind
    options: Mapping[str, Sentence] = field(default_factory=dict)
    changes: bool = True
    inside: Mapping[str, FactSpec] = field(default_factory=dict)
    group: Sentence = ""
    picks: str = ""


def operators_for(fact: FactSpec) -> tuple[str, ...]:
    """Return the operators that fit a fact, in the order in which a builder shows them."""
    found = _OPERATORS[fact.kind]
    return found if fact.changes else tuple(op for op in found if op not in _CHANGING)


def check(condition: Condition, facts: Mapping[str, FactSpec]) -> dict[str, Sentence]:
    """Return what is wrong with a condition by place ("all.0"); nothing when it is sound."""
    return dict(_problems(condition, facts, ""))


def facts_of(condition: Condition) -> set[str]:
    """Return the codes of the facts that a condition asks for, so that no others are gathered."""
    if isinstance(condition, Related):
        return {condition.related}
    if isinstance(condition, All | AnyOf | NoneOf):
        return {code for part in parts(condition) for code in facts_of(part)}
    return {condition.fact}


def _problems(
    condition: Condition, facts: Mapping[str, FactSpec], place: str
) -> Iterator[tuple[str, Sentence]]:
    if isinstance(condition, Related):
        known = facts.get(condition.related)
        if known is None or known.kind != "related":
            yield place or "related", _unknown(condition.related)
        else:
            yield from _problems(condition.where, known.inside, _join(place, "where"))
        return
    if isinstance(condition, All | AnyOf | NoneOf):
        name = next(iter(type(condition).model_fields))
        for index, part in enumerate(parts(condition)):
            yield from _problems(part, facts, _join(place, f"{name}.{index}"))
        return
    spec = facts.get(condition.fact)
    if spec is None:
        yield place or "fact", _unknown(condition.fact)
    elif condition.op not in operators_for(spec):
        yield (
            place or "op",
            _("“%(fact)s” can't be compared in this way. Choose from the list.")
            % {"fact": spec.name},
        )
    elif (problem := _value_problem(condition, spec)) is not None:
        yield place or "value", problem


def _value_problem(condition: Any, spec: FactSpec) -> Sentence | None:
    match condition:
        case OneValue(value=value):
            values: list[Any] = [value]
        case ManyValues(values=many):
            values = list(many)
        case BetweenValues(low=low, high=high):
            values = [low, high]
        case _:
            return None
    if spec.kind in ("number", "money") and any(number(v) is None for v in values):
        return _("Compare “%(fact)s” with a number.") % {"fact": spec.name}
    if spec.kind in ("date", "datetime") and any(moment(v) is None for v in values):
        return _("Compare “%(fact)s” with a date.") % {"fact": spec.name}
    if spec.kind == "boolean" and not all(isinstance(v, bool) for v in values):
        return _("Compare “%(fact)s” with yes or no.") % {"fact": spec.name}
    if spec.kind in ("choice", "choices") and spec.options:
        strange = next((v for v in values if str(v) not in spec.options), None)
        if strange is not None:
            return _("“%(value)s” is not among the choices of “%(fact)s”.") % {
                "value": strange,
                "fact": spec.name,
            }
    return None


def _unknown(code: str) -> Sentence:
    return _("There is nothing called “%(code)s” to ask about here.") % {"code": code}


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
