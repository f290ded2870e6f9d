"""Conditions: nested groups of comparisons over plain facts, with an explanation and sentences.

Robots, routing tables and exit rules ask the same kind of question: "is the amount greater than
100 000 and the source one of …?". A condition knows nothing of where its facts come from.
Source: docs/domain/conditions.md (RB-6).
"""

from voronka.kernel.conditions.checking import FactSpec, check, facts_of, operators_for
from voronka.kernel.conditions.judging import Judgement, judge
from voronka.kernel.conditions.model import (
    ALWAYS,
    All,
    AnyOf,
    BetweenValues,
    Comparison,
    Condition,
    DaysCount,
    ManyValues,
    NoneOf,
    NoValue,
    OneValue,
    Related,
    dump,
    parse,
)
from voronka.kernel.conditions.words import (
    Line,
    Names,
    PlainNames,
    describe,
    explain,
    operator_title,
)

__all__ = [
    "ALWAYS",
    "All",
    "AnyOf",
    "BetweenValues",
    "Comparison",
    "Condition",
    "DaysCount",
    "FactSpec",
    "Judgement",
    "Line",
    "ManyValues",
    "Names",
    "NoValue",
    "NoneOf",
    "OneValue",
    "PlainNames",
    "Related",
    "check",
    "describe",
    "dump",
    "explain",
    "facts_of",
    "judge",
    "operator_title",
    "operators_for",
    "parse",
]
