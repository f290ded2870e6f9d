"""Formulas: one small typed language over plain facts, for robots, fields and whoever comes next.

A formula is read (`parse`), checked against the names there are (`check`) and counted
(`evaluate`). It knows nothing of where its facts come from, has no loops and no effects, and what
can't be counted is "no value". Source: docs/domain/formulas.md, ADR 11 (RB-12).
"""

from voronka.kernel.formulas.checking import Checked, check, fit_problem
from voronka.kernel.formulas.errors import BadFormula
from voronka.kernel.formulas.evaluating import by_calendar, evaluate
from voronka.kernel.formulas.functions import FUNCTIONS, Function
from voronka.kernel.formulas.model import KIND_NAMES, MAX_LENGTH, Kind, Name, Node, Type, names_in
from voronka.kernel.formulas.reading import bare, parse
from voronka.kernel.formulas.values import kept, typed

__all__ = [
    "FUNCTIONS",
    "KIND_NAMES",
    "MAX_LENGTH",
    "BadFormula",
    "Checked",
    "Function",
    "Kind",
    "Name",
    "Node",
    "Type",
    "bare",
    "by_calendar",
    "check",
    "evaluate",
    "fit_problem",
    "kept",
    "names_in",
    "parse",
    "typed",
]
