"""The work of functions and operators: plain values in, a value or None out.

Numbers are `Decimal`, durations `timedelta`; what can't be counted raises an arithmetic or value
error, of which `evaluate` makes "no value".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from voronka.kernel.worktime import WorkSchedule

MAX_TEXT = 2000  # signs of a text that a formula makes
_TOO_LARGE = Decimal("1e15")
DAY = timedelta(days=1)
_FAR = 3660 * DAY  # working days are counted one by one: ten years at most


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is for a formula, and in which zone a moment becomes a day.

    Attributes:
        schedule: gives the working days; asked only by a formula that counts them.
    """

    now: datetime
    schedule: Callable[[], WorkSchedule] | None = None

    @property
    def zone(self) -> tzinfo | None:
        """The zone of days."""
        return self.now.tzinfo


Run = Callable[[Sequence[Any], Clock], Any]


def is_missing(value: Any) -> bool:
    """Whether a value counts as none."""
    return value is None or value == "" or value == []


def _sized(value: Decimal) -> Decimal | None:
    return value if abs(value) < _TOO_LARGE else None


def day(value: date | datetime, clock: Clock) -> date:
    """The day of a moment in the zone of the clock; a day as it is."""
    if isinstance(value, datetime):
        return (value.astimezone(clock.zone) if value.tzinfo else value).date()
    return value


def add(parts: Sequence[Any], clock: Clock) -> Any:
    """Add numbers, durations, or a duration to a day."""
    left, right = parts
    if isinstance(left, timedelta) and not isinstance(right, timedelta):
        left, right = right, left
    total = left + right
    return _sized(total) if isinstance(total, Decimal) else total


def subtract(parts: Sequence[Any], clock: Clock) -> Any:
    """Take numbers, durations or days from each other."""
    left, right = parts
    if isinstance(left, date) and isinstance(right, date) and type(left) is not type(right):
        left, right = day(left, clock), day(right, clock)
    rest = left - right
    return _sized(rest) if isinstance(rest, Decimal) else rest


def multiply(parts: Sequence[Any], clock: Clock) -> Any:
    """Multiply numbers, or a duration by a number."""
    left, right = parts
    if isinstance(left, timedelta) or isinstance(right, timedelta):
        span, times = (left, right) if isinstance(left, timedelta) else (right, left)
        return _times(span, times)
    return _sized(left * right)


def divide(parts: Sequence[Any], clock: Clock) -> Any:
    """Divide numbers and durations."""
    left, right = parts
    if isinstance(left, timedelta):
        if isinstance(right, timedelta):
            return _sized(_seconds(left) / _seconds(right))
        return _times(left, 1 / right)
    return _sized(left / right)


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(microseconds=1)) / 1_000_000


def _times(span: timedelta, times: Decimal) -> timedelta:
    return timedelta(seconds=int(_seconds(span) * times))


def ordered(test: Callable[[int], bool]) -> Run:
    """Return a comparison that holds when `test` likes the order (−1, 0, 1) of two values."""

    def run(parts: Sequence[Any], clock: Clock) -> bool:
        left, right = parts
        if is_missing(left) or is_missing(right):
            return False
        return test(_order(left, right, clock))

    return run


def _order(left: Any, right: Any, clock: Clock) -> int:
    if isinstance(left, date) and isinstance(right, date):
        if not (isinstance(left, datetime) and isinstance(right, datetime)):
            left, right = day(left, clock), day(right, clock)
    elif isinstance(left, str) and isinstance(right, str):
        left, right = left.casefold(), right.casefold()
    return int(left > right) - int(left < right)


def differs(parts: Sequence[Any], clock: Clock) -> bool:
    """Whether two values are not the same; a missing one differs from all."""
    return not ordered(lambda order: order == 0)(parts, clock)


def either(parts: Sequence[Any], clock: Clock) -> bool:
    """Whether one of two holds."""
    return any(part is True for part in parts)


def both(parts: Sequence[Any], clock: Clock) -> bool:
    """Whether both hold."""
    return all(part is True for part in parts)


def join(parts: Sequence[Any], clock: Clock) -> str:
    """Write values one behind the other."""
    return "".join(as_text(part, clock) for part in parts)[:MAX_TEXT]


def as_text(value: Any, clock: Clock) -> str:
    """Write a value as formulas join it: the same in every language, so that it can be kept."""
    if is_missing(value):
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return f"{_local(value, clock):%d.%m.%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    return str(value)


def _local(value: datetime, clock: Clock) -> datetime:
    return value.astimezone(clock.zone) if value.tzinfo else value


def rounded(parts: Sequence[Any], clock: Clock) -> Decimal | None:
    """Round half up to so many digits; negative ones round to tens, hundreds …"""
    digits = int(parts[1]) if len(parts) > 1 else 0
    if not -12 <= digits <= 10:
        return None
    step = Decimal(1).scaleb(-digits)
    whole = (parts[0] / step).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return _sized(whole * step)


def _filled(parts: Sequence[Any]) -> list[Any]:
    return [part for part in parts if not is_missing(part)]


def least(parts: Sequence[Any], clock: Clock) -> Any:
    """The smallest of the values that are there."""
    return min(_filled(parts), default=None)


def most(parts: Sequence[Any], clock: Clock) -> Any:
    """The greatest of the values that are there."""
    return max(_filled(parts), default=None)


def first(parts: Sequence[Any], clock: Clock) -> Any:
    """The first value that is there."""
    return next(iter(_filled(parts)), None)


def contains(parts: Sequence[Any], clock: Clock) -> bool:
    """Whether a text holds a piece, or a list a choice; letter case does not count."""
    where, what = parts
    if is_missing(where) or is_missing(what):
        return False
    if isinstance(where, list | tuple):
        return str(what).casefold() in {str(one).casefold() for one in where}
    return str(what).casefold() in str(where).casefold()


def days_between(parts: Sequence[Any], clock: Clock) -> Decimal:
    """Calendar days from the first to the second."""
    return Decimal((day(parts[1], clock) - day(parts[0], clock)).days)


def workdays(parts: Sequence[Any], clock: Clock) -> Decimal | None:
    """Working days after the first day up to the second, it included; negative backwards."""
    since, until = day(parts[0], clock), day(parts[1], clock)
    if clock.schedule is None or abs(until - since) > _FAR:
        return None
    schedule, sign = clock.schedule(), 1
    if until < since:
        since, until, sign = until, since, -1
    days = (since + n * DAY for n in range(1, (until - since).days + 1))
    return Decimal(sign * sum(schedule.is_workday(one) for one in days))


def add_workdays(parts: Sequence[Any], clock: Clock) -> Any:
    """The day that is so many working days after another one, or before it."""
    left = int(parts[1])
    if clock.schedule is None or abs(left) * DAY > _FAR:
        return None
    schedule, step, moved = clock.schedule(), DAY if left > 0 else -DAY, parts[0]
    for _n in range(_FAR.days):
        if not left:
            return moved
        moved += step
        left -= (1 if left > 0 else -1) if schedule.is_workday(day(moved, clock)) else 0
    return None


def number(parts: Sequence[Any], clock: Clock) -> Decimal | None:
    """A text or money as a number."""
    value = parts[0]
    if isinstance(value, str):
        value = Decimal("".join(value.split()).replace(",", "."))
    return _sized(value) if value.is_finite() else None


def cents(parts: Sequence[Any], clock: Clock) -> Decimal:
    """An amount rounded to cents."""
    return Decimal(parts[0]).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def tenths(span: timedelta, unit: timedelta) -> Decimal:
    """How many units a duration has, to four digits."""
    return (_seconds(span) / _seconds(unit)).quantize(Decimal("0.0001")).normalize() + 0
