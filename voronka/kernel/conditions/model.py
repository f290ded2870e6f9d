"""What a condition is: pydantic models, as blueprints, the API and the database keep them.

{"all": [{"fact": "amount", "op": "greater", "value": 100000},
         {"any": [{"fact": "grade", "op": "is", "value": "A"},
                  {"fact": "source", "op": "any_of", "values": ["site", "referral"]}]}]}
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias, get_args

from django.utils.translation import gettext as _
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from voronka.kernel.errors import InvalidInput, Sentence

MAX_DEPTH = 5  # groups inside groups; deeper ones nobody can read
MAX_PARTS = 50  # comparisons of one condition
_MAX_TEXT = 500  # letters of one value
_MAX_VALUES = 200
_MAX_DAYS = 3660


def _plain_date(value: Any) -> Any:
    """Keep dates as ISO text: YAML reads 2026-03-01 as a date."""
    return value.isoformat() if isinstance(value, date) else value


_Text = Annotated[str, Field(max_length=_MAX_TEXT)]
Scalar = Annotated[bool | int | float | _Text, BeforeValidator(_plain_date)]
Fact = Annotated[str, Field(min_length=1, max_length=120, description="The code of a fact")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OneValue(_Part):
    """Compares a fact with one value. Greater and less take numbers and dates."""

    fact: Fact
    op: Literal[
        "is", "is_not", "contains", "not_contains", "starts_with",
        "greater", "at_least", "less", "at_most", "changed_to", "changed_from",
    ]  # fmt: skip
    value: Scalar


class ManyValues(_Part):
    """Whether a fact is one of several values, or none of them."""

    fact: Fact
    op: Literal["any_of", "none_of"]
    values: Annotated[list[Scalar], Field(min_length=1, max_length=_MAX_VALUES)]


class BetweenValues(_Part):
    """Whether a number or a date lies between two, both included."""

    fact: Fact
    op: Literal["between"]
    low: Scalar
    high: Scalar


class NoValue(_Part):
    """Whether a fact is empty, filled, or has changed in what has just happened."""

    fact: Fact
    op: Literal["empty", "filled", "changed"]


class DaysCount(_Part):
    """How a date lies to today, in calendar days.

    `next_days`, `last_days`: within so many days, today included; `days_ago`, `days_ahead`:
    more than so many days away.
    """

    fact: Fact
    op: Literal["next_days", "last_days", "days_ago", "days_ahead"]
    days: Annotated[int, Field(ge=0, le=_MAX_DAYS)]


Comparison: TypeAlias = Annotated[
    OneValue | ManyValues | BetweenValues | NoValue | DaysCount, Field(discriminator="op")
]


class All(_Part):
    """Every part must hold; without parts it always holds."""

    all: list[Condition]


class AnyOf(_Part):
    """At least one part must hold; without parts it never holds."""

    any: list[Condition]


class NoneOf(_Part):
    """No part may hold."""

    none: list[Condition]


class Related(_Part):
    """What must be true of the cards behind a fact that holds a list of facts.

    "every" holds for an empty list; ask for `some` beside it where that is not meant.
    """

    related: Fact
    quantity: Literal["some", "every", "no"] = "some"
    where: Condition


def _tag(value: Any) -> str:
    keys = value if isinstance(value, Mapping) else getattr(type(value), "model_fields", {})
    return next((key for key in ("all", "any", "none", "related") if key in keys), "comparison")


Condition: TypeAlias = Annotated[
    Annotated[All, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[NoneOf, Tag("none")]
    | Annotated[Related, Tag("related")]
    | Annotated[Comparison, Tag("comparison")],
    Discriminator(_tag),
]


class Root(_Part):
    """A whole condition, bounded in depth and size."""

    condition: Condition

    @model_validator(mode="after")
    def _bounded(self) -> Root:
        if depth(self.condition) > MAX_DEPTH or size(self.condition) > MAX_PARTS:
            raise ValueError("too large")
        return self


for _model in (All, AnyOf, NoneOf, Related, Root):
    _model.model_rebuild()

ALWAYS = All(all=[])
_ADAPTER: TypeAdapter[Root] = TypeAdapter(Root)


def parse(raw: Any) -> Condition:
    """Read a stored, sent or written condition; None and {} always hold.

    Raises:
        InvalidInput: it is not a condition; `fields` says where ("all.0.value") and why.
    """
    if raw is None or raw == {}:
        return ALWAYS
    if isinstance(raw, Mapping) and _nesting(raw) > 4 * MAX_DEPTH:
        raise InvalidInput(_too_large())
    try:
        return _ADAPTER.validate_python({"condition": raw}).condition
    except ValidationError as error:
        fields: dict[str, Sentence] = {}
        for problem in error.errors(include_url=False):
            if problem["type"] == "value_error":
                raise InvalidInput(_too_large()) from None
            fields[_place(problem["loc"])] = _sentence(problem["type"])
        raise InvalidInput(_("A condition can't be read."), fields=fields) from None


def dump(condition: Condition) -> dict[str, Any]:
    """Return a condition as plain JSON, as `parse` reads it."""
    return condition.model_dump(mode="json")


def parts(condition: Condition) -> list[Condition]:
    """Return the conditions directly inside; nothing of a comparison."""
    match condition:
        case All(all=inside) | AnyOf(any=inside) | NoneOf(none=inside):
            return inside
        case Related(where=where):
            return [where]
    return []


def depth(condition: Condition) -> int:
    """Return how many groups lie inside each other."""
    return max((1 + depth(part) for part in parts(condition)), default=0)


def size(condition: Condition) -> int:
    """Return how many comparisons there are."""
    if isinstance(condition, All | AnyOf | NoneOf | Related):
        return sum(size(part) for part in parts(condition))
    return 1


def _nesting(raw: Any, level: int = 0) -> int:
    if level > 4 * MAX_DEPTH or not isinstance(raw, Mapping | list):
        return level
    inside = raw.values() if isinstance(raw, Mapping) else raw
    return max((_nesting(value, level + 1) for value in inside), default=level)


def _too_large() -> str:
    return _("At most %(parts)d comparisons, %(depth)d groups inside each other.") % {
        "parts": MAX_PARTS,
        "depth": MAX_DEPTH,
    }


def _place(location: tuple[int | str, ...]) -> str:
    """Return "all.0.value" of pydantic's location, in which tags stand between."""
    tags = {"condition", "comparison"}
    kept: list[str] = []
    for part in location:
        text = str(part)
        tagged = text in ("all", "any", "none", "related") and bool(kept) and kept[-1] == text
        if text not in tags and text not in _OPERATORS and not tagged:
            kept.append(text)
    return ".".join(kept) or "condition"


def _sentence(kind: str) -> Sentence:
    if kind == "missing":
        return _("This is needed.")
    if kind == "extra_forbidden":
        return _("This is not known here.")
    if kind.startswith("union_tag"):
        return _("Choose a comparison from the list.")
    return _("This can't be used here.")


def _operators() -> frozenset[str]:
    models = (OneValue, ManyValues, BetweenValues, NoValue, DaysCount)
    found: set[str] = set()
    for model in models:
        found |= set(get_args(model.model_fields["op"].annotation))
    return frozenset(found)


_OPERATORS = _operators()
