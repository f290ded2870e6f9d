"""Conditions: groups, comparisons, what an explanation keeps, and sentences in two languages."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from voronka.kernel.conditions import (
    ALWAYS,
    Condition,
    FactSpec,
    NoneOf,
    check,
    describe,
    dump,
    explain,
    facts_of,
    judge,
    operators_for,
    parse,
)
from voronka.kernel.errors import InvalidInput

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=ZoneInfo("Europe/Moscow"))


def holds(raw, facts, **extra):
    return judge(parse(raw), facts, now=NOW, **extra).holds


@pytest.mark.parametrize(
    ("op", "value", "fact", "expected"),
    [
        ("is", "A", "a", True),
        ("is", 5, Decimal("5.00"), True),
        ("is", 5, "5.00", True),
        ("is", True, 1, False),
        ("is", "2026-03-10", datetime(2026, 3, 9, 22, 0, tzinfo=UTC), True),  # 1 a.m. in Moscow
        ("is", "x", None, False),
        ("is_not", "x", None, True),
        ("is", "kitchen", ["hall", "kitchen"], True),
        ("is_not", "kitchen", ["hall", "kitchen"], False),
        ("contains", "кух", "Большая Кухня", True),
        ("not_contains", "кух", None, True),
        ("starts_with", "боль", "Большая", True),
        ("greater", 100, Decimal("100.01"), True),
        ("greater", 100, None, False),
        ("greater", 100, "many", False),
        ("at_least", 100, 100, True),
        ("less", "2026-03-10", date(2026, 3, 9), True),
        ("at_most", "2026-03-10", "2026-03-10", True),
        ("greater", "2026-03-10T09:00:00+00:00", NOW, False),
    ],
)
def test_a_comparison_with_one_value(op, value, fact, expected):
    assert holds({"fact": "f", "op": op, "value": value}, {"f": fact}) is expected


@pytest.mark.parametrize(
    ("op", "days", "day", "expected"),
    [
        ("next_days", 3, date(2026, 3, 13), True),
        ("next_days", 3, date(2026, 3, 14), False),
        ("next_days", 0, date(2026, 3, 10), True),
        ("next_days", 3, date(2026, 3, 9), False),
        ("last_days", 1, date(2026, 3, 9), True),
        ("days_ago", 30, date(2026, 2, 7), True),
        ("days_ago", 31, date(2026, 2, 7), False),
        ("days_ahead", 1, date(2026, 3, 12), True),
        ("days_ahead", 1, None, False),
    ],
)
def test_distances_in_days_count_calendar_days_of_the_reader(op, days, day, expected):
    assert holds({"fact": "f", "op": op, "days": days}, {"f": day}) is expected


def test_many_values_between_and_emptiness():
    assert holds({"fact": "f", "op": "any_of", "values": ["a", "b"]}, {"f": "b"})
    assert holds({"fact": "f", "op": "none_of", "values": ["a", "b"]}, {"f": None})
    assert holds({"fact": "f", "op": "between", "low": 1, "high": 3}, {"f": 3})
    assert holds({"fact": "f", "op": "empty"}, {"f": []})
    assert holds({"fact": "f", "op": "filled"}, {"f": 0})
    assert holds({"fact": "f", "op": "empty"}, {})


def test_a_change_is_seen_only_when_the_fact_has_changed():
    changed = {"stage": [1, 2], "title": ["a", "a"]}
    assert holds({"fact": "stage", "op": "changed"}, {}, changes=changed)
    assert not holds({"fact": "title", "op": "changed"}, {}, changes=changed)
    assert not holds({"fact": "amount", "op": "changed_to", "value": 2}, {"amount": 2})
    assert holds({"fact": "stage", "op": "changed_to", "value": 2}, {}, changes=changed)
    assert holds({"fact": "stage", "op": "changed_from", "value": 1}, {}, changes=changed)


def test_groups_lie_inside_each_other():
    raw = {
        "all": [
            {"fact": "amount", "op": "greater", "value": 100},
            {"any": [{"fact": "x", "op": "filled"}, {"none": [{"fact": "y", "op": "filled"}]}]},
        ]
    }
    assert holds(raw, {"amount": 200})
    assert not holds(raw, {"amount": 200, "y": 1})
    assert holds(raw, {"amount": 200, "x": 1, "y": 1})


def test_nothing_to_ask_always_holds():
    assert parse(None) == parse({}) == ALWAYS
    assert holds({}, {})
    assert not holds({"any": []}, {})
    assert describe(ALWAYS) == ""


def test_related_cards_are_judged_each_by_their_own_facts():
    parts = {"parts": [{"stage": "ready"}, {"stage": "saw"}]}
    where = {"fact": "stage", "op": "is", "value": "ready"}
    assert holds({"related": "parts", "where": where}, parts)
    assert not holds({"related": "parts", "quantity": "every", "where": where}, parts)
    assert not holds({"related": "parts", "quantity": "no", "where": where}, parts)
    assert holds({"related": "parts", "quantity": "every", "where": where}, {})


def test_an_unreadable_condition_says_where_it_is_wrong():
    with pytest.raises(InvalidInput) as refusal:
        parse({"all": [{"any": [{"fact": "amount", "op": "greater"}]}, {"fact": "x", "op": "?"}]})
    assert set(refusal.value.fields) == {"all.0.any.0.value", "all.1"}


def test_a_condition_is_bounded_in_depth_and_size():
    deep = {"fact": "x", "op": "filled"}
    for _level in range(6):
        deep = {"all": [deep]}
    wide = {"any": [{"fact": "x", "op": "filled"}] * 51}
    endless = {"all": []}
    for _level in range(5000):
        endless = {"all": [endless]}
    for raw in (deep, wide, endless, "x", [1]):
        with pytest.raises(InvalidInput):
            parse(raw)


def test_a_written_condition_reads_back_as_it_was():
    raw = {
        "all": [
            {"fact": "budget", "op": "is", "value": True},
            {"fact": "amount", "op": "between", "low": 1, "high": 2.5},
            {"none": [{"fact": "day", "op": "next_days", "days": 3}]},
            {"related": "parts", "quantity": "every", "where": {"fact": "x", "op": "filled"}},
        ]
    }
    assert dump(parse(raw)) == raw
    dated = parse({"fact": "day", "op": "is", "value": date(2026, 3, 1)})
    assert dump(dated)["value"] == "2026-03-01"


FACTS = {
    "amount": FactSpec("amount", "Amount", "money"),
    "grade": FactSpec("grade", "Grade", "choice", {"A": "A", "B": "B"}),
    "day": FactSpec("day", "Day", "date", changes=False),
    "paid": FactSpec("paid", "Paid", "boolean"),
    "parts": FactSpec("parts", "Parts", "related", inside={"x": FactSpec("x", "X", "text")}),
}


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ({"all": [{"fact": "nope", "op": "filled"}]}, "all.0"),
        ({"any": [{"all": [{"fact": "grade", "op": "greater", "value": 1}]}]}, "any.0.all.0"),
        ({"fact": "grade", "op": "is", "value": "D"}, "value"),
        ({"fact": "amount", "op": "greater", "value": "much"}, "value"),
        ({"fact": "day", "op": "changed"}, "op"),
        ({"fact": "day", "op": "less", "value": "soon"}, "value"),
        ({"fact": "paid", "op": "is", "value": "yes"}, "value"),
        ({"related": "parts", "where": {"fact": "y", "op": "filled"}}, "where"),
        ({"related": "amount", "where": {"fact": "y", "op": "filled"}}, "related"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place(raw, place):
    assert list(check(parse(raw), FACTS)) == [place]


def test_what_makes_sense_is_let_through():
    raw = {
        "all": [
            {"fact": "amount", "op": "greater", "value": "100.50"},
            {"fact": "grade", "op": "changed_to", "value": "A"},
            {"related": "parts", "where": {"fact": "x", "op": "contains", "value": "a"}},
        ]
    }
    assert check(parse(raw), FACTS) == {}
    assert facts_of(parse(raw)) == {"amount", "grade", "parts"}
    assert "changed" not in operators_for(FACTS["day"])


class Named:
    def fact(self, code):
        return {"amount": "Сумма", "grade": "Оценка", "day": "День", "parts": "Изделия"}[code]

    def value(self, code, value):
        return f"{value} ₽" if code == "amount" else str(value)


RAW = {
    "all": [
        {"fact": "amount", "op": "greater", "value": 100},
        {"any": [{"fact": "grade", "op": "is", "value": "A"}, {"fact": "day", "op": "empty"}]},
    ]
}


def test_a_condition_reads_as_a_sentence_in_both_languages():
    with override("en"):
        assert describe(parse(RAW), Named()) == (
            "“Сумма” is greater than 100 ₽ and (“Оценка” is A or “День” is not filled)"
        )
    with override("ru"):
        assert describe(parse(RAW), Named()) == (
            "«Сумма» больше 100 ₽ и («Оценка» — A или «День»: не заполнено)"
        )
        days = {"fact": "day", "op": "days_ago", "days": 2}
        assert describe(parse(days), Named()) == "с даты «День» прошло больше 2 дней"
        late = {"fact": "day", "op": "greater", "value": "2026-03-01"}
        assert describe(parse(late), Named()) == "«День» позже 2026-03-01"
        none = {"none": [{"fact": "grade", "op": "any_of", "values": ["A", "B"]}]}
        assert describe(parse(none), Named()) == "неверно, что («Оценка» — одно из: A, B)"


def test_an_explanation_tells_what_each_comparison_saw_even_from_kept_json():
    judged = judge(parse(RAW), {"amount": Decimal("45.00"), "grade": "A"}, now=NOW)
    kept = json.loads(json.dumps(judged.as_json()))
    with override("en"):
        told = [(line.depth, line.text, line.saw, line.holds) for line in explain(kept, Named())]
    assert told == [
        (0, "“Сумма” is greater than 100 ₽", "45.00 ₽", False),
        (0, "at least one of this", "", True),
        (1, "“Оценка” is A", "A", True),
        (1, "“День” is not filled", "empty", True),
    ]


def test_an_explanation_keeps_related_cards_and_short_texts_only():
    where = {"fact": "x", "op": "contains", "value": "a"}
    raw = {"all": [{"related": "parts", "where": where}, {"fact": "x", "op": "filled"}]}
    facts = {"parts": [{"x": "a" * 9000}] * 500, "x": "b" * 9000}
    kept = json.dumps(judge(parse(raw), facts, now=NOW).as_json())
    assert len(kept) < 10_000
    with override("en"):
        lines = explain(json.loads(kept))
    assert (lines[0].text, lines[0].saw) == ("at least one of “parts”", "500")


scalars = st.one_of(
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.dates().map(str),
)
comparisons = st.one_of(
    st.fixed_dictionaries(
        {
            "fact": st.sampled_from("abc"),
            "op": st.sampled_from(
                ["is", "is_not", "contains", "greater", "at_most", "changed_to", "starts_with"]
            ),
            "value": scalars,
        }
    ),
    st.fixed_dictionaries(
        {"fact": st.sampled_from("abc"), "op": st.just("between"), "low": scalars, "high": scalars}
    ),
    st.fixed_dictionaries(
        {"fact": st.sampled_from("abc"), "op": st.sampled_from(["empty", "filled", "changed"])}
    ),
    st.fixed_dictionaries(
        {
            "fact": st.sampled_from("abc"),
            "op": st.sampled_from(["next_days", "days_ago"]),
            "days": st.integers(0, 3660),
        }
    ),
)
trees = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        *(st.fixed_dictionaries({g: st.lists(inner, max_size=3)}) for g in ("all", "any", "none"))
    ),
    max_leaves=8,
)
facts = st.dictionaries(
    st.sampled_from("abc"),
    st.one_of(scalars, st.none(), st.datetimes(timezones=st.just(UTC)), st.lists(scalars)),
)


@given(trees, facts)
def test_whatever_the_facts_there_is_a_verdict_an_explanation_and_its_denial(raw, facts):
    try:
        condition = parse(raw)
    except InvalidInput:
        return  # too deep
    judged = judge(condition, facts, now=NOW, changes={"a": [None, facts.get("a")]})
    kept = json.loads(json.dumps(judged.as_json()))
    assert isinstance(explain(kept), list)
    assert isinstance(describe(condition), str)
    denied = judge(NoneOf(none=[condition]), facts, now=NOW, changes={"a": [None, facts.get("a")]})
    assert denied.holds != judged.holds


def test_the_schema_can_be_drawn_for_blueprints_and_the_api():
    schema = json.dumps(TypeAdapter(Condition).json_schema())
    assert "next_days" in schema
    assert "quantity" in schema
