"""What formulas can do: each function and operator with its types, its work and its help.

Missing values: arithmetic with one gives none, a comparison with one does not hold (only "is not"
does), yes-or-no that is missing counts as no, texts are joined without it, `min`, `max` and
`coalesce` pass over it. What can't be counted (a division by zero, a day beyond the calendar) is
no value.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy

from voronka.kernel.errors import Sentence
from voronka.kernel.formulas import counting, typing
from voronka.kernel.formulas.typing import (
    ANY,
    DAYS,
    LOGICAL,
    NUMERIC,
    PLAIN,
    TEXTS,
    Typing,
    fixed,
    takes,
)


@dataclass(frozen=True, slots=True)
class Function:
    """A function or an operator.

    Attributes:
        example: how it is written, for a list of functions; "" of operators.
        also: its Russian name.
        typing: types of its parts -> type of what it gives.
        passing: takes missing values itself; without it one missing part makes the whole missing.
        moves: what it gives changes with the time, though no fact does.
        by_calendar: what it gives changes with the company's working calendar.
    """

    code: str
    run: counting.Run
    typing: Typing
    example: str = ""
    also: str = ""
    help: Sentence = ""
    passing: bool = False
    moves: bool = False
    by_calendar: bool = False


_number_kind, _text_kind, _yes = fixed("number"), fixed("text"), fixed("boolean")


_ALL = [
    Function("or", counting.either, takes(LOGICAL, LOGICAL, gives=_yes), passing=True),
    Function("and", counting.both, takes(LOGICAL, LOGICAL, gives=_yes), passing=True),
    Function("not", lambda p, c: p[0] is not True, takes(LOGICAL, gives=_yes), passing=True),
    Function("=", counting.ordered(lambda o: o == 0), typing.compared, passing=True),
    Function("<>", counting.differs, typing.compared, passing=True),
    Function("<", counting.ordered(lambda o: o < 0), typing.ordered, passing=True),
    Function(">", counting.ordered(lambda o: o > 0), typing.ordered, passing=True),
    Function("<=", counting.ordered(lambda o: o <= 0), typing.ordered, passing=True),
    Function(">=", counting.ordered(lambda o: o >= 0), typing.ordered, passing=True),
    Function("+", counting.add, typing.added),
    Function("-", counting.subtract, typing.subtracted),
    Function("*", counting.multiply, typing.multiplied),
    Function("/", counting.divide, typing.divided),
    Function("&", counting.join, takes(PLAIN, PLAIN, gives=_text_kind), passing=True),
    Function("negative", lambda p, c: -p[0], typing.negative),
    Function(
        "if",
        lambda p, c: p[1] if p[0] is True else (p[2] if len(p) > 2 else None),
        typing.chosen,
        "if(amount > 100000, 10, 5)",
        "если",
        gettext_lazy("One of two values: the first when the condition holds"),
        passing=True,
    ),
    Function(
        "coalesce",
        counting.first,
        typing.alike,
        "coalesce(budget, amount)",
        "первое",
        gettext_lazy("The first value that is filled"),
        passing=True,
    ),
    Function(
        "is_empty",
        lambda p, c: counting.is_missing(p[0]),
        takes(ANY, gives=_yes),
        "is_empty(budget)",
        "пусто",
        gettext_lazy("Yes when there is no value"),
        passing=True,
    ),
    Function(
        "is_filled",
        lambda p, c: not counting.is_missing(p[0]),
        takes(ANY, gives=_yes),
        "is_filled(budget)",
        "заполнено",
        gettext_lazy("Yes when there is a value"),
        passing=True,
    ),
    Function(
        "round",
        counting.rounded,
        takes(NUMERIC, ("number",), least=1, gives=typing.same_as_first),
        "round(amount * 0.15, 2)",
        "округлить",
        gettext_lazy("Rounded to so many digits after the point; −3 rounds to thousands"),
    ),
    Function(
        "min",
        counting.least,
        typing.least_or_most,
        "min(amount, budget)",
        "мин",
        gettext_lazy("The smallest number, the earliest day"),
        passing=True,
    ),
    Function(
        "max",
        counting.most,
        typing.least_or_most,
        "max(amount, budget)",
        "макс",
        gettext_lazy("The largest number, the latest day"),
        passing=True,
    ),
    Function(
        "abs",
        lambda p, c: abs(p[0]),
        takes(NUMERIC, gives=typing.same_as_first),
        "abs(amount - budget)",
        "модуль",
        gettext_lazy("The number without its minus"),
    ),
    Function(
        "money",
        counting.cents,
        takes(NUMERIC, gives=fixed("money")),
        "money(5000)",
        "деньги",
        gettext_lazy("A number as money, rounded to cents"),
    ),
    Function(
        "number",
        counting.number,
        takes((*NUMERIC, *TEXTS), gives=_number_kind),
        "number(floor)",
        "число",
        gettext_lazy("A text or money as a number; no value when it is none"),
    ),
    Function(
        "text",
        lambda p, c: counting.as_text(p[0], c),
        takes(PLAIN, gives=_text_kind),
        "text(amount)",
        "текст",
        gettext_lazy("A value as text; of a choice its code"),
    ),
    Function(
        "concat",
        counting.join,
        takes(PLAIN, repeat=True, gives=_text_kind),
        'concat(title, ", ", amount)',
        "сцепить",
        gettext_lazy("Values joined into one text, as with &"),
        passing=True,
    ),
    Function(
        "contains",
        counting.contains,
        typing.containing,
        'contains(title, "urgent")',
        "содержит",
        gettext_lazy("Whether a text holds a piece, or a list a choice"),
        passing=True,
    ),
    Function(
        "lower",
        lambda p, c: p[0].lower()[: counting.MAX_TEXT],
        takes(TEXTS, gives=_text_kind),
        "lower(title)",
        "строчные",
        gettext_lazy("In small letters"),
    ),
    Function(
        "upper",
        lambda p, c: p[0].upper()[: counting.MAX_TEXT],
        takes(TEXTS, gives=_text_kind),
        "upper(title)",
        "прописные",
        gettext_lazy("In capital letters"),
    ),
    Function(
        "length",
        lambda p, c: Decimal(len(p[0])),
        takes(TEXTS, gives=_number_kind),
        "length(title)",
        "длина",
        gettext_lazy("How many signs a text has"),
    ),
    Function(
        "days_between",
        counting.days_between,
        takes(DAYS, DAYS, gives=_number_kind),
        "days_between(created_at, delivery)",
        "дней_между",
        gettext_lazy("Calendar days from the first day to the second"),
    ),
    Function(
        "add_days",
        lambda p, c: p[0] + int(p[1]) * counting.DAY,
        takes(DAYS, ("number",), gives=typing.same_as_first),
        "add_days(delivery, -2)",
        "плюс_дней",
        gettext_lazy("A day so many days later, or earlier with a minus"),
    ),
    Function(
        "workdays",
        counting.workdays,
        takes(DAYS, DAYS, gives=_number_kind),
        "workdays(created_at, delivery)",
        "рабочих_дней",
        gettext_lazy("Working days from the first day to the second, by the company's calendar"),
        by_calendar=True,
    ),
    Function(
        "add_workdays",
        counting.add_workdays,
        takes(DAYS, ("number",), gives=typing.same_as_first),
        "add_workdays(delivery, 5)",
        "плюс_рабочих_дней",
        gettext_lazy("A day so many working days later, or earlier with a minus"),
        by_calendar=True,
    ),
    Function(
        "days",
        lambda p, c: counting.tenths(p[0], counting.DAY),
        takes(("duration",), gives=_number_kind),
        "days(delivery - created_at)",
        "дней",
        gettext_lazy("A duration as a number of days"),
    ),
    Function(
        "hours",
        lambda p, c: counting.tenths(p[0], timedelta(hours=1)),
        takes(("duration",), gives=_number_kind),
        "hours(3d)",
        "часов",
        gettext_lazy("A duration as a number of hours"),
    ),
    Function(
        "date",
        lambda p, c: counting.day(p[0], c),
        takes(DAYS, gives=fixed("date")),
        "date(created_at)",
        "дата",
        gettext_lazy("The day of a moment"),
    ),
    Function(
        "year",
        lambda p, c: Decimal(counting.day(p[0], c).year),
        takes(DAYS, gives=_number_kind),
        "year(delivery)",
        "год",
        gettext_lazy("The year of a day"),
    ),
    Function(
        "month",
        lambda p, c: Decimal(counting.day(p[0], c).month),
        takes(DAYS, gives=_number_kind),
        "month(delivery)",
        "месяц",
        gettext_lazy("The month of a day, 1 to 12"),
    ),
    Function(
        "today",
        lambda p, c: c.now.date(),
        takes(gives=fixed("date")),
        "today()",
        "сегодня",
        gettext_lazy("The day of today"),
        moves=True,
    ),
    Function(
        "now",
        lambda p, c: c.now,
        takes(gives=fixed("datetime")),
        "now()",
        "сейчас",
        gettext_lazy("This moment"),
        moves=True,
    ),
]
FUNCTIONS: dict[str, Function] = {one.code: one for one in _ALL}
_ALSO = {one.also: one for one in _ALL if one.also}


def function(code: str) -> Function | None:
    """Return a function by its English or Russian name, or an operator by its sign."""
    return FUNCTIONS.get(code) or _ALSO.get(code)


def spelled() -> list[str]:
    """Return all names of functions that can be written, for a suggestion."""
    return [one.code for one in _ALL if one.example] + list(_ALSO)
