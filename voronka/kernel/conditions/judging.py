"""Whether a condition holds, and what each of its comparisons saw. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from voronka.kernel.conditions.model import (
    All,
    AnyOf,
    BetweenValues,
    Condition,
    DaysCount,
    ManyValues,
    NoneOf,
    NoValue,
    OneValue,
    Related,
    dump,
)

Changes = Mapping[str, Sequence[Any]]  # fact -> [old, new]
MAX_KEPT = 200  # letters of a text that an explanation keeps
MAX_RELATED = 20  # related cards that an explanation keeps


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a condition or a part of it.

    Attributes:
        saw: the fact as it was, of a comparison; how many cards, of `Related`.
        parts: verdicts on what lies inside; all of them, for nobody stops at the first "no".
    """

    condition: Condition
    holds: bool
    saw: Any = None
    parts: tuple[Judgement, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON, from which `words.explain` tells it months later."""
        kept: dict[str, Any] = {"holds": self.holds}
        match self.condition:
            case All():
                kept["group"] = "all"
            case AnyOf():
                kept["group"] = "any"
            case NoneOf():
                kept["group"] = "none"
            case Related(related=fact, quantity=quantity):
                kept |= {"group": "related", "fact": fact, "quantity": quantity, "saw": self.saw}
            case comparison:
                return kept | {"comparison": dump(comparison), "saw": _kept(self.saw)}
        return kept | {"parts": [part.as_json() for part in self.parts[:MAX_RELATED]]}


def judge(
    condition: Condition,
    facts: Mapping[str, Any],
    *,
    now: datetime,
    changes: Changes | None = None,
) -> Judgement:
    """Judge a condition by facts.

    A fact that is not there counts as empty. A fact with several values (a list with several
    choices) satisfies a comparison when one of the values does, and a denying one ("is not",
    "none of", "does not contain") when none does.

    Args:
        facts: code -> text, number, yes/no, date, datetime, None, a list of these, or for
            `Related` a list of mappings of facts.
        now: aware; its zone decides which day "today" is.
        changes: what has just changed: code -> [old, new].
    """
    match condition:
        case All(all=inside):
            found = tuple(judge(p, facts, now=now, changes=changes) for p in inside)
            return Judgement(condition, all(p.holds for p in found), parts=found)
        case AnyOf(any=inside):
            found = tuple(judge(p, facts, now=now, changes=changes) for p in inside)
            return Judgement(condition, any(p.holds for p in found), parts=found)
        case NoneOf(none=inside):
            found = tuple(judge(p, facts, now=now, changes=changes) for p in inside)
            return Judgement(condition, not any(p.holds for p in found), parts=found)
        case Related():
            return _related(condition, facts, now)
    saw = facts.get(condition.fact)
    return Judgement(condition, _holds(condition, saw, now, changes or {}), saw=saw)


def _related(condition: Related, facts: Mapping[str, Any], now: datetime) -> Judgement:
    cards = facts.get(condition.related)
    cards = cards if isinstance(cards, list | tuple) else []
    found = tuple(judge(condition.where, card, now=now) for card in cards)
    verdicts = [p.holds for p in found]
    holds = {"some": any(verdicts), "every": all(verdicts), "no": not any(verdicts)}
    return Judgement(condition, holds[condition.quantity], saw=len(found), parts=found)


def _holds(comparison: Any, saw: Any, now: datetime, changes: Changes) -> bool:
    match comparison:
        case OneValue(op="changed_to" | "changed_from", fact=fact, value=value):
            if fact not in changes:
                return False
            old, new = changes[fact]
            seen = new if comparison.op == "changed_to" else old
            return old != new and _some(seen, lambda one: same(one, value, now))
        case OneValue(op=op, value=value):
            if op in _DENIALS:
                return not _some(saw, lambda one: _ONE[_DENIALS[op]](one, value, now))
            return _some(saw, lambda one: _ONE[op](one, value, now))
        case ManyValues(op=op, values=values):
            found = _some(saw, lambda one: any(same(one, v, now) for v in values))
            return found == (op == "any_of")
        case BetweenValues(low=low, high=high):
            return _some(
                saw,
                lambda one: _ONE["at_least"](one, low, now) and _ONE["at_most"](one, high, now),
            )
        case NoValue(op="changed", fact=fact):
            return fact in changes and changes[fact][0] != changes[fact][1]
        case NoValue(op=op):
            return _is_empty(saw) == (op == "empty")
        case DaysCount(op=op, days=days):
            return _some(saw, lambda one: _by_days(op, one, days, now))
    raise TypeError(comparison)


def _some(saw: Any, test: Callable[[Any], bool]) -> bool:
    if isinstance(saw, list | tuple | set | frozenset):
        return any(test(one) for one in saw)
    return test(saw)


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == ()


def same(seen: Any, wanted: Any, now: datetime) -> bool:
    """Whether two values are the same: numbers by size, texts without letter case, days alike."""
    if seen is None:
        return False
    if isinstance(seen, bool) or isinstance(wanted, bool):
        return seen is wanted
    if isinstance(seen, int | float | Decimal) or isinstance(wanted, int | float | Decimal):
        left, right = number(seen), number(wanted)
        return left is not None and left == right
    if isinstance(seen, date):
        return _order(seen, wanted, now) == 0
    return str(seen).strip().casefold() == str(wanted).strip().casefold()


def number(value: Any) -> Decimal | None:
    """Return a value as a number, or None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def moment(value: Any) -> date | datetime | None:
    """Return a value as a date or an aware moment, or None when it is neither."""
    if isinstance(value, date):  # a datetime is one as well
        return value
    if not isinstance(value, str) or len(value) < 10:
        return None
    try:
        return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    except ValueError:
        return None


def _day(value: date | datetime, now: datetime) -> date:
    if not isinstance(value, datetime):
        return value
    return (value if value.tzinfo is None else value.astimezone(now.tzinfo)).date()


def _order(seen: Any, wanted: Any, now: datetime) -> int | None:
    """Return -1, 0 or 1 as `seen` is less, equal or greater; None when they can't be compared.

    A moment and a date are compared by day.
    """
    left, right = number(seen), number(wanted)
    if left is not None and right is not None:
        return (left > right) - (left < right)
    first, second = moment(seen), moment(wanted)
    if first is None or second is None:
        return None
    if isinstance(first, datetime) and isinstance(second, datetime):
        a, b = (m if m.tzinfo else m.replace(tzinfo=now.tzinfo) for m in (first, second))
        return (a > b) - (a < b)
    one, other = _day(first, now), _day(second, now)
    return (one > other) - (one < other)


def _by_days(op: str, seen: Any, days: int, now: datetime) -> bool:
    found = moment(seen)
    if found is None:
        return False
    ahead = (_day(found, now) - now.date()).days
    return {
        "next_days": 0 <= ahead <= days,
        "last_days": 0 <= -ahead <= days,
        "days_ago": -ahead > days,
        "days_ahead": ahead > days,
    }[op]


def _text(value: Any) -> str:
    return "" if value is None else str(value).casefold()


_ONE: dict[str, Callable[[Any, Any, datetime], bool]] = {
    "is": same,
    "contains": lambda seen, value, now: _text(value) in _text(seen),
    "starts_with": lambda seen, value, now: _text(seen).startswith(_text(value)),
    "greater": lambda seen, value, now: _order(seen, value, now) == 1,
    "at_least": lambda seen, value, now: _order(seen, value, now) in (0, 1),
    "less": lambda seen, value, now: _order(seen, value, now) == -1,
    "at_most": lambda seen, value, now: _order(seen, value, now) in (-1, 0),
}
_DENIALS = {"is_not": "is", "not_contains": "contains"}


def _kept(saw: Any) -> Any:
    """Return what an explanation keeps of a fact: JSON, and not a whole letter."""
    if isinstance(saw, list | tuple | set | frozenset):
        return [_kept(one) for one in list(saw)[:MAX_RELATED]]
    if saw is None or isinstance(saw, bool | int | float):
        return saw
    if isinstance(saw, date):
        return saw.isoformat()
    return str(saw)[:MAX_KEPT]
