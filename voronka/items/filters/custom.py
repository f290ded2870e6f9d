"""Filters by custom fields: what is asked of a value depends on the field's kind."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal

from django.db.models import BooleanField, F, Func, Q, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Upper
from django.db.models.lookups import Contains, GreaterThanOrEqual, LessThan

from voronka.items.filters.periods import PRESETS, Period, read_day
from voronka.pipelines.models import Field
from voronka.pipelines.values import BadValue, parse_decimal

FILLED, EMPTY = "filled", "empty"
RANGES = (Field.Kind.NUMBER, Field.Kind.MONEY)
DATES = (Field.Kind.DATE, Field.Kind.DATETIME)
CHOICES = (Field.Kind.LIST, Field.Kind.MULTI_LIST)
REFERENCES = (Field.Kind.USER, Field.Kind.CLIENT, Field.Kind.ITEM)


@dataclass(frozen=True, slots=True)
class FieldTest:
    """What is asked of one custom field, as it was typed; its meaning depends on the kind.

    values: any of them (lists, references), yes or no, a piece of the text, or a named period;
    low, high: a range of numbers, amounts or days; filled: FILLED, EMPTY or nothing.
    """

    code: str
    values: tuple[str, ...] = ()
    low: str = ""
    high: str = ""
    filled: str = ""

    def condition(self, field: Field) -> Q:
        """Return the condition of cards whose value of `field` passes.

        Raises:
            BadValue: what was typed does not fit the field's kind.
        """
        present = Q(values__has_key=self.code) & ~Q(values__contains={self.code: None})
        if self.filled:
            return present if self.filled == FILLED else ~present
        if field.kind in RANGES:
            return Q(_Path(_range(self.code, self.low, self.high)))
        if field.kind in DATES:
            return self._dates(field)
        if field.kind == Field.Kind.BOOLEAN:
            return _any_of(self.code, [value == "1" for value in self.values])
        if field.kind == Field.Kind.LIST:
            return _any_of(self.code, self.values)
        if field.kind == Field.Kind.MULTI_LIST:
            return _any_of(self.code, [[value] for value in self.values])
        if field.kind in REFERENCES:
            return _any_of(self.code, ids_in(self.values))
        if field.kind == Field.Kind.FILE:
            return present
        return self._text(field)

    def period(self) -> Period:
        """Return the days that are asked for."""
        preset = self.values[0] if self.values and self.values[0] in PRESETS else ""
        if preset:
            return Period(preset)
        return Period("", read_day(self.low), read_day(self.high))

    def _dates(self, field: Field) -> Q:
        value = ValueText(self.code)
        found = Q(values__has_key=self.code)
        if field.kind == Field.Kind.DATETIME:
            moments = self.period().moments()
            since, until = ("" if m is None else m.astimezone(UTC).isoformat() for m in moments)
        else:
            first, last = self.period().days()
            since = first.isoformat() if first else ""
            until = f"{last.isoformat()}~" if last else ""  # behind every spelling of that day
        if since:
            found &= Q(GreaterThanOrEqual(value, since))
        if until:
            found &= Q(LessThan(value, until))
        return found

    def _text(self, field: Field) -> Q:
        typed = self.values[0] if self.values else ""
        if field.kind == Field.Kind.PHONE:
            digits = re.sub(r"\D", "", typed)
            typed = "7" + digits[1:] if len(digits) == 11 and digits[0] == "8" else digits
        return Q(Contains(Upper(ValueText(self.code)), typed.upper()))


class ValueText(Func):
    """The stored value of a custom field as text; NULL while it is not filled."""

    template = "(%(expressions)s)"
    arg_joiner = " ->> "
    output_field = TextField()

    def __init__(self, code: str) -> None:
        super().__init__(F("values"), Value(code))


class _Path(Func):
    """Whether the values of a card pass a JSON path; a value of another kind does not."""

    template = "(%(expressions)s::jsonpath)"
    arg_joiner = " @? "
    output_field = BooleanField()

    def __init__(self, path: str) -> None:
        values: Combinable = F("values")
        super().__init__(values, Value(path))


def _range(code: str, low: str, high: str) -> str:
    """Write a JSON path: money is stored as a string, numbers as numbers; both are compared."""
    tests = [
        f"@ {sign} {limit}"
        for sign, limit in ((">=", read_limit(low)), ("<=", read_limit(high)))
        if limit is not None
    ]
    return f"$.{json.dumps(code)}.double() ? ({' && '.join(tests) or '@ == @'})"


def read_limit(text: str) -> str | None:
    """Return an end of a range in digits; None when it is open.

    Raises:
        BadValue: it is not a number.
    """
    if not text:
        return None
    number = parse_decimal(text)
    if abs(number) >= Decimal("1e15"):
        number = Decimal("1e15").copy_sign(number)
    return f"{number.quantize(Decimal('0.0001')):f}"


def _any_of(code: str, values: Sequence[object]) -> Q:
    found = Q()
    for value in values:
        found |= Q(values__contains={code: value})
    return found if values else Q(pk__in=[])


def ids_in(values: Sequence[str]) -> list[int]:
    """Return the values that are ids of something."""
    return [int(value) for value in values if value.isdecimal() and len(value) < 19]


def fits(test: FieldTest, field: Field) -> bool:
    """Whether a test asks anything that its field's kind can answer."""
    if test.filled:
        return True
    if field.kind in RANGES:
        try:
            return any(read_limit(end) is not None for end in (test.low, test.high))
        except BadValue:
            return False
    if field.kind in DATES:
        return bool(test.period())
    if field.kind == Field.Kind.BOOLEAN:
        return bool(test.values) and set(test.values) <= {"0", "1"}
    if field.kind in REFERENCES:
        return bool(ids_in(test.values))
    if field.kind == Field.Kind.PHONE:
        return bool(test.values) and any(c.isdigit() for c in test.values[0])
    return bool(test.values)
