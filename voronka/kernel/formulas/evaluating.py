"""Counting a formula for one set of facts. It never fails: what can't be counted is None."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from voronka.kernel.formulas.counting import Clock
from voronka.kernel.formulas.counting import is_missing as missing
from voronka.kernel.formulas.errors import BadFormula
from voronka.kernel.formulas.functions import function
from voronka.kernel.formulas.model import Call, Fact, Node, Value, walk
from voronka.kernel.formulas.reading import parse
from voronka.kernel.worktime import WorkSchedule


def evaluate(
    node: Node,
    facts: Mapping[str, Any],
    *,
    now: datetime,
    schedule: Callable[[], WorkSchedule] | None = None,
) -> Any:
    """Return what a formula gives: Decimal, str, date, datetime, timedelta, bool, list or None.

    Args:
        facts: name -> value of that name's type; one that is not there is missing.
        now: aware, in the zone whose days count.
        schedule: gives the working days that count; without it they give no value.
    """
    found = _value(node, facts, Clock(now, schedule))
    return None if missing(found) else found


def _value(node: Node, facts: Mapping[str, Any], clock: Clock) -> Any:
    if isinstance(node, Value):
        return node.value
    if isinstance(node, Fact):
        value = facts.get(node.code)
        return Decimal(str(value)) if type(value) in (int, float) else value
    known = function(node.function)
    if known is None:
        return None
    parts = [_value(part, facts, clock) for part in node.parts]
    if not known.passing and any(missing(part) for part in parts):
        return None
    try:
        return known.run(parts, clock)
    except (ArithmeticError, ValueError, TypeError, AttributeError, IndexError):
        # a division by zero, a day beyond the calendar, a fact that is not of its type any more
        return None


def by_calendar(text: str) -> bool:
    """Whether a formula counts working days, so that another calendar changes what it gives."""
    try:
        parts = list(walk(parse(text)))
    except BadFormula:
        return False
    called = [function(part.function) for part in parts if isinstance(part, Call)]
    return any(one is not None and one.by_calendar for one in called)
