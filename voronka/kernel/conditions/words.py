"""Conditions and judgements as sentences, in the language of the reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from voronka.kernel.conditions.judging import moment
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
    parse,
)
from voronka.kernel.errors import Sentence


class Names(Protocol):
    """Says what facts and their values are called."""

    def fact(self, code: str) -> Sentence:
        """Return the name of a fact: "Amount"."""
        ...

    def value(self, code: str, value: Any) -> Sentence:
        """Return the name of a fact's value: of a choice, a person, a number."""
        ...


class PlainNames:
    """Calls facts by their codes and shows values as they are."""

    def fact(self, code: str) -> Sentence:
        return code

    def value(self, code: str, value: Any) -> Sentence:
        return shown(value)


def shown(value: Any) -> str:
    """Show a value that has no name of its own: yes and no, numbers, dates, text."""
    if value is None or value == "" or value == []:
        return _("empty")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple):
        return ", ".join(shown(one) for one in value)
    if isinstance(value, int | float | Decimal):
        return formats.number_format(value, use_l10n=True, force_grouping=True)
    found = moment(value)
    if isinstance(found, datetime):
        local = timezone.localtime(found) if timezone.is_aware(found) else found
        return formats.date_format(local, "SHORT_DATETIME_FORMAT")
    if isinstance(found, date):
        return formats.date_format(found, "SHORT_DATE_FORMAT")
    return str(value)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an explanation: how deep it lies, what was asked, what was seen, the verdict."""

    depth: int
    text: str
    saw: str
    holds: bool


def describe(condition: Condition, names: Names | None = None) -> str:
    """Say a condition in one sentence without a full stop: "“Amount” is greater than 100 000".

    A condition that always holds gives an empty text.
    """
    return _describe(condition, names or PlainNames(), inner=False)


def explain(judged: Mapping[str, Any], names: Names | None = None) -> list[Line]:
    """Tell a kept judgement (`Judgement.as_json`) line by line, from the top."""
    return _explain(judged, names or PlainNames(), 0)


def operator_title(op: str) -> Sentence:
    """Return how a builder calls an operator."""
    return _TITLES[op]


_TITLES: dict[str, Sentence] = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "contains": gettext_lazy("contains"),
    "not_contains": gettext_lazy("does not contain"),
    "starts_with": gettext_lazy("begins with"),
    "greater": gettext_lazy("greater or later than"),
    "at_least": gettext_lazy("at least, not before"),
    "less": gettext_lazy("less or earlier than"),
    "at_most": gettext_lazy("at most, not after"),
    "between": gettext_lazy("from … to"),
    "any_of": gettext_lazy("one of"),
    "none_of": gettext_lazy("none of"),
    "empty": gettext_lazy("is not filled"),
    "filled": gettext_lazy("is filled"),
    "changed": gettext_lazy("has changed"),
    "changed_to": gettext_lazy("has become"),
    "changed_from": gettext_lazy("was before the change"),
    "next_days": gettext_lazy("within the next days"),
    "last_days": gettext_lazy("within the last days"),
    "days_ago": gettext_lazy("more days ago than"),
    "days_ahead": gettext_lazy("more days ahead than"),
}
_ONE: dict[str, Sentence] = {
    "is": gettext_lazy("“%(fact)s” is %(value)s"),
    "is_not": gettext_lazy("“%(fact)s” is not %(value)s"),
    "contains": gettext_lazy("“%(fact)s” contains “%(value)s”"),
    "not_contains": gettext_lazy("“%(fact)s” does not contain “%(value)s”"),
    "starts_with": gettext_lazy("“%(fact)s” begins with “%(value)s”"),
    "greater": gettext_lazy("“%(fact)s” is greater than %(value)s"),
    "at_least": gettext_lazy("“%(fact)s” is at least %(value)s"),
    "less": gettext_lazy("“%(fact)s” is less than %(value)s"),
    "at_most": gettext_lazy("“%(fact)s” is at most %(value)s"),
    "changed_to": gettext_lazy("“%(fact)s” has become %(value)s"),
    "changed_from": gettext_lazy("“%(fact)s” is no longer %(value)s"),
}
_DATED: dict[str, Sentence] = {
    "greater": gettext_lazy("“%(fact)s” is later than %(value)s"),
    "at_least": gettext_lazy("“%(fact)s” is not before %(value)s"),
    "less": gettext_lazy("“%(fact)s” is earlier than %(value)s"),
    "at_most": gettext_lazy("“%(fact)s” is not after %(value)s"),
}
_MANY: dict[str, Sentence] = {
    "any_of": gettext_lazy("“%(fact)s” is one of: %(values)s"),
    "none_of": gettext_lazy("“%(fact)s” is none of: %(values)s"),
}
_BARE: dict[str, Sentence] = {
    "empty": gettext_lazy("“%(fact)s” is not filled"),
    "filled": gettext_lazy("“%(fact)s” is filled"),
    "changed": gettext_lazy("“%(fact)s” has changed"),
}
_QUANTITIES: dict[str, Sentence] = {
    "some": gettext_lazy("for at least one of “%(fact)s”: %(where)s"),
    "every": gettext_lazy("for every one of “%(fact)s”: %(where)s"),
    "no": gettext_lazy("for none of “%(fact)s”: %(where)s"),
}
_HEADINGS: dict[str, Sentence] = {
    "all": gettext_lazy("all of this"),
    "any": gettext_lazy("at least one of this"),
    "none": gettext_lazy("none of this"),
    "some": gettext_lazy("at least one of “%(fact)s”"),
    "every": gettext_lazy("every one of “%(fact)s”"),
    "no": gettext_lazy("none of “%(fact)s”"),
}


def _describe(condition: Condition, names: Names, *, inner: bool) -> str:
    match condition:
        case All(all=inside):
            return _join([_describe(p, names, inner=True) for p in inside], _(" and "), inner)
        case AnyOf(any=inside):
            return _join([_describe(p, names, inner=True) for p in inside], _(" or "), inner)
        case NoneOf(none=inside):
            text = _join([_describe(p, names, inner=True) for p in inside], _(" or "), False)
            return _("not true that (%(text)s)") % {"text": text}
        case Related(related=fact, quantity=quantity, where=where):
            text = _describe(where, names, inner=True)
            return str(_QUANTITIES[quantity]) % {"fact": names.fact(fact), "where": text}
    return _compare(condition, names)


def _join(texts: list[str], word: str, inner: bool) -> str:
    text = word.join(text for text in texts if text)
    return f"({text})" if inner and len(texts) > 1 else text


def _compare(comparison: Any, names: Names) -> str:
    fact = comparison.fact
    said: dict[str, Any] = {"fact": names.fact(fact)}
    match comparison:
        case OneValue(op=op, value=value):
            said["value"] = names.value(fact, value)
            dated = op in _DATED and isinstance(value, str) and moment(value) is not None
            return str((_DATED if dated else _ONE)[op]) % said
        case ManyValues(op=op, values=values):
            said["values"] = ", ".join(str(names.value(fact, v)) for v in values)
            return str(_MANY[op]) % said
        case BetweenValues(low=low, high=high):
            said |= {"low": names.value(fact, low), "high": names.value(fact, high)}
            return _("“%(fact)s” is from %(low)s to %(high)s") % said
        case NoValue(op=op):
            return str(_BARE[op]) % said
        case DaysCount(op=op, days=days):
            return _days(op, days) % said
    raise TypeError(comparison)


def _days(op: str, days: int) -> str:
    """Return the sentence of a distance in days, with %(fact)s still to be filled in."""
    if days == 0 and op in ("next_days", "last_days"):
        return _("“%(fact)s” is today")
    if op == "next_days":
        text = ngettext(
            "“%%(fact)s” is within the next %(days)d day",
            "“%%(fact)s” is within the next %(days)d days",
            days,
        )
    elif op == "last_days":
        text = ngettext(
            "“%%(fact)s” is within the last %(days)d day",
            "“%%(fact)s” is within the last %(days)d days",
            days,
        )
    elif op == "days_ago":
        text = ngettext(
            "“%%(fact)s” is more than %(days)d day ago",
            "“%%(fact)s” is more than %(days)d days ago",
            days,
        )
    else:
        text = ngettext(
            "“%%(fact)s” is more than %(days)d day ahead",
            "“%%(fact)s” is more than %(days)d days ahead",
            days,
        )
    return text % {"days": days}


def _explain(judged: Mapping[str, Any], names: Names, depth: int) -> list[Line]:
    holds = bool(judged.get("holds"))
    if "comparison" in judged:
        comparison = parse(judged["comparison"])
        text = _compare(comparison, names)
        saw = judged.get("saw")
        told = names.value(judged["comparison"]["fact"], saw) if _filled(saw) else shown(None)
        return [Line(depth, text, str(told), holds)]
    group = judged.get("quantity") or judged["group"]
    fact = names.fact(judged["fact"]) if "fact" in judged else ""
    inside = judged.get("parts") or []
    saw = shown(judged["saw"]) if "saw" in judged else ""
    below = [line for part in inside for line in _explain(part, names, depth + 1)]
    if depth == 0 and group == "all":  # the outermost "all of this" says nothing
        return [Line(line.depth - 1, line.text, line.saw, line.holds) for line in below]
    return [Line(depth, str(_HEADINGS[group]) % {"fact": fact}, saw, holds), *below]


def _filled(value: Any) -> bool:
    return value is not None and value != "" and value != []
