"""The language of formulas: what they give, where they go wrong, and that none breaks (RB-12)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from voronka.kernel.formulas import (
    FUNCTIONS,
    MAX_LENGTH,
    BadFormula,
    Name,
    Type,
    check,
    evaluate,
    fit_problem,
    parse,
)
from voronka.kernel.worktime import OFFICE_HOURS, WorkSchedule

NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
NAMES = {
    "title": Name("Title", Type("text")),
    "amount": Name("Amount", Type("money")),
    "budget": Name("Бюджет", Type("money")),
    "area": Name("Area", Type("number")),
    "delivery": Name("Delivery", Type("date")),
    "created_at": Name("Made", Type("datetime")),
    "urgent": Name("Urgent", Type("boolean")),
    "room": Name("Room", Type("choice", {"kitchen": "Kitchen", "bath": "Bath"})),
    "extras": Name("Extras", Type("choices", {"lamp": "Lamp", "oven": "Oven"})),
    "floor-no": Name("Floor", Type("text")),
    "maker": Name("Maker", Type("reference")),
    "lost": Name("Lost", Type("number")),
}
FACTS: dict[str, Any] = {
    "title": "Kitchen for Ann",
    "amount": Decimal("120000.00"),
    "budget": Decimal("150000.00"),
    "area": 12.5,
    "delivery": date(2026, 12, 6),
    "created_at": datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
    "urgent": True,
    "room": "kitchen",
    "extras": ["lamp"],
    "floor-no": "3",
}

OFFICE = WorkSchedule(OFFICE_HOURS, ZoneInfo("Europe/Moscow"))


def value(text: str, **facts: Any) -> Any:
    check(text, NAMES)
    return evaluate(parse(text), FACTS | facts, now=NOW, schedule=lambda: OFFICE)


@pytest.mark.parametrize(
    ("text", "gives"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * -3", -9),
        ("= amount * 10%", 12000),
        ("budget - amount", 30000),
        ("amount / budget", Decimal("0.8")),
        ("round(amount / area, 2)", 9600),
        ("round(2.5)", 3),
        ("round(12345, -3)", 12000),
        ("min(amount, budget, 5)", 5),
        ("max(area, lost)", Decimal("12.5")),
        ("abs(amount - budget)", 30000),
        ("coalesce(lost, area)", Decimal("12.5")),
        ('if(amount > 100000 and urgent, "big", "small")', "big"),
        ('если(amount > 100000 и не urgent; "big"; "small")', "small"),
        ("if(lost > 1, 5)", None),
        ('room = "Kitchen"', True),
        ('room <> "bath" or no', True),
        ('contains(extras, "lamp")', True),
        ('contains(title, "ANN")', True),
        ('title & ", " & {floor-no}', "Kitchen for Ann, 3"),
        ("concat(area, ' / ', delivery, ' / ', lost)", "12.5 / 06.12.2026 / "),
        ("upper(lower(title))", "KITCHEN FOR ANN"),
        ("length(title)", 15),
        ("days_between(created_at, delivery)", 16),
        ("delivery - 3d", date(2026, 12, 3)),
        ("created_at + 2ч", datetime(2026, 11, 20, 11, 0, tzinfo=UTC)),
        ("add_days(delivery, -2)", date(2026, 12, 4)),
        ("workdays(created_at, delivery)", 10),
        ("рабочих_дней(delivery; created_at)", -10),
        ("workdays(delivery, delivery)", 0),
        ("add_workdays(delivery, 1)", date(2026, 12, 7)),
        ("плюс_рабочих_дней(delivery; -6)", date(2026, 11, 27)),
        ("add_workdays(delivery, 0)", date(2026, 12, 6)),
        ("days(delivery - created_at)", 16),
        ("hours(3d) + days(2w) + hours(30m)", Decimal("86.5")),
        ("delivery < 31.12.2026 and delivery >= 2026-12-06", True),
        ("today()", date(2026, 11, 26)),
        ("now() - 1h", NOW - timedelta(hours=1)),
        ("year(delivery) * 100 + month(delivery)", 202612),
        ("is_empty(lost) and is_filled(maker) = no", True),
        ('number("1 200,5") + number({floor-no})', Decimal("1203.5")),
        ("text(amount)", "120000"),
        ("'it''s' & \" \" & «да»", "it's да"),
    ],
)
def test_a_table_of_examples(text: str, gives: Any):
    assert value(text) == gives


@pytest.mark.parametrize(
    "text",
    ["area / 0", "lost + 1", "amount / (area - 12.5)", "add_days(delivery, 99999999)",
     "workdays(created_at, 2050-01-01)", "add_workdays(delivery, 99999)",
     'number("floor")', "round(area, 900)", "abs(lost)", "delivery + lost * 1d",
     "area * " + " * ".join(["9999999999999"] * 9)],
)  # fmt: skip
def test_what_cant_be_counted_is_no_value_and_no_fault(text: str):
    assert value(text) is None


def test_a_comparison_with_nothing_does_not_hold_only_is_not_does():
    assert [value(t) for t in ("lost > 1", "lost <= 1", "lost = 1", "lost <> 1")] == [
        False,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("amount * 2 + budged", 14, "Perhaps “budget” (Бюджет)?"),
        ("бюджед + 1", 1, "Perhaps “budget” (Бюджет)?"),
        ("xyzzy", 1, "There is no field “xyzzy”."),
        ("1 + rownd(2.4)", 5, "Perhaps “round”?"),
        ("1 + today", 5, "is a function"),
        ("amount * budget", 8, "Money can't be multiplied by money"),
        ("amount + title", 8, "joined with &"),
        ("delivery + 1", 10, "don't go together"),
        ("delivery > 5", 10, "don't go together"),
        ("lower(area)", 7, "Wanted here: text, choice of a list; this is: number."),
        ('room = "kichen"', 8, "The list has no choice “kichen”. Its choices: kitchen, bath."),
        ('contains(extras, "lamb")', 18, "no choice “lamb”"),
        ('extras = "lamp"', 8, "contains(list, choice)"),
        ("if(amount, 1, 2)", 4, "Wanted here: yes or no; this is: money."),
        ("if(urgent, 1, title)", 1, "don't go together"),
        ("round()", 1, "At least 1 value"),
        ("today(1)", 1, "Nothing stands in these brackets."),
        ("(1 + 2", 7, "A bracket is not closed."),
        ("1 +", 4, "breaks off"),
        ("1 2", 3, "“2” can't stand here"),
        ('"abc', 1, "closing quotation mark"),
        ("1 + §", 5, "The sign “§” can't stand here."),
        ("31.02.2026", 1, "There is no such day"),
        ("  ", 1, "empty"),
        ("-" * 200 + "1", 121, "inside each other"),
        ("1+" * 600 + "1", MAX_LENGTH + 1, "too long"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, column: int, said: str):
    with override("en"), pytest.raises(BadFormula) as caught:
        check(text, NAMES)
    assert said in str(caught.value.problem)
    assert caught.value.column == column
    assert str(caught.value).startswith(f"Column {column}: ")


def test_a_mistake_is_told_in_russian_too():
    with override("ru"), pytest.raises(BadFormula) as caught:
        check("2 * бюджед", NAMES)
    assert str(caught.value) == "Знак 5. Нет поля «бюджед». Может быть, «budget» (Бюджет)?"


def test_what_moves_with_the_time_is_known_before_it_is_counted():
    assert check("delivery - today()", NAMES).moving == 12
    assert check("delivery - created_at", NAMES).moving is None
    assert check("amount + budget * area", NAMES).names == {"amount", "budget", "area"}


def test_a_result_is_held_against_where_it_goes():
    with override("en"):
        room = NAMES["room"].type
        words = check('if(urgent, "kitchen", "hall")', NAMES).type
        assert "no choice “hall”" in str(fit_problem(words, room))
        assert fit_problem(check('if(urgent, "kitchen", "bath")', NAMES).type, room) is None
        assert fit_problem(Type("number"), Type("money")) is None
        assert "days(…)" in str(fit_problem(Type("duration"), Type("number")))
        assert (
            fit_problem(Type("text"), Type("number"))
            == "The formula gives text, and number is wanted."
        )


_HAVE = {
    "text": st.text(max_size=20),
    "number": st.one_of(st.integers(-(10**14), 10**14), st.floats(-1e9, 1e9)),
    "money": st.decimals(-(10**9), 10**9, places=2),
    "date": st.dates(),
    "datetime": st.datetimes(timezones=st.just(UTC)),
    "boolean": st.booleans(),
    "choice": st.sampled_from(["kitchen", "bath"]),
    "choices": st.lists(st.sampled_from(["lamp", "oven"]), max_size=2),
    "reference": st.integers(1, 99),
}
_GIVES: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "choice": str,
    "number": Decimal,
    "money": Decimal,
    "date": date,
    "datetime": datetime,
    "duration": timedelta,
    "boolean": bool,
    "choices": list,
    "reference": int,
    "nothing": (),
}
_facts = st.fixed_dictionaries(
    {}, optional={code: st.none() | _HAVE[name.type.kind] for code, name in NAMES.items()}
)
_leaf = st.sampled_from(
    [*(c if "-" not in c else "{" + c + "}" for c in NAMES), "1", "0.5", "10%", "3d", "30м",
     "2026-02-28", '"kitchen"', "'lamp'", "yes", "нет", "none", "0"]
)  # fmt: skip
_calls = sorted(one.code for one in FUNCTIONS.values() if one.example)
_signs = ["+", "-", "*", "/", "&", "=", "<>", "<", ">=", " and ", " или "]


def _bigger(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(parts, st.sampled_from(_signs), parts).map(lambda p: f"({p[0]}{p[1]}{p[2]})"),
        st.tuples(st.sampled_from(_calls), st.lists(parts, max_size=3)).map(
            lambda p: f"{p[0]}({', '.join(p[1])})"
        ),
        parts.map(lambda p: f"-{p}"),
        parts.map(lambda p: f"not {p}"),
    )


_formulas = st.recursive(_leaf, _bigger, max_leaves=6)


@settings(max_examples=250, deadline=None)
@given(_formulas, _facts)
def test_a_formula_gives_the_type_it_promised(text: str, facts: dict[str, Any]):
    try:
        promised = check(text, NAMES).type
    except BadFormula:
        return
    found = evaluate(parse(text), facts, now=NOW)
    assert found is None or isinstance(found, _GIVES[promised.kind])
    if promised.kind == "date":
        assert not isinstance(found, datetime)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.text(alphabet="abифк«»\"'(){}.,;%&=<>+-*/ 0123456789dчm\n", max_size=60),
        st.lists(st.sampled_from([*_calls, *_signs, *NAMES, "(", ")", ",", '"', "1"])).map(
            " ".join
        ),
    )
)
def test_no_text_breaks_the_reader(text: str):
    bad = None
    try:
        check(text, NAMES)
    except BadFormula as refused:
        bad = refused
    if bad is None:
        evaluate(parse(text), FACTS, now=NOW)
    else:
        assert 1 <= bad.column <= MAX_LENGTH + 1
        assert str(bad)
