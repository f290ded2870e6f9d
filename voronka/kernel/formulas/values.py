"""Values as they are kept or told, and as formulas count with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from voronka.kernel.formulas.counting import is_missing
from voronka.kernel.formulas.model import Kind


def typed(value: Any, kind: Kind) -> Any:
    """Turn a kept value into what formulas count with; None when it is not of the kind."""
    if is_missing(value):
        return None
    try:
        return _TYPED[kind](value)
    except (ArithmeticError, ValueError, TypeError):
        return None


def kept(value: Any, kind: Kind) -> Any:
    """Turn what a formula gave into what is kept under a kind; None when there is no value.

    A whole number is an int; money is a string with two digits; a moment is in UTC.
    """
    if is_missing(value):
        return None
    if kind == "number":
        return int(value) if value == value.to_integral_value() else float(value)
    if kind == "money":
        return f"{value.quantize(Decimal('0.01'), rounding=ROUND_HALF_UP):f}"
    if kind == "datetime":
        return value.astimezone(UTC).isoformat()
    if kind == "date":
        return (value.date() if isinstance(value, datetime) else value).isoformat()
    return value


def _number(value: Any) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError(value)
    return number


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _choices(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def _span(value: Any) -> timedelta:
    if not isinstance(value, timedelta):
        raise TypeError(value)
    return value


_TYPED: dict[Kind, Callable[[Any], Any]] = {
    "text": str,
    "number": _number,
    "money": _number,
    "date": _date,
    "datetime": _moment,
    "duration": _span,
    "boolean": _boolean,
    "choice": str,
    "choices": _choices,
    "reference": lambda value: value,
    "nothing": lambda value: None,
}
