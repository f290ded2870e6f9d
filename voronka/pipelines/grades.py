"""The ABC grade: points of the chosen options, added up and cut into A, B and C (Q7, QL-2).

A grade rule is {"fields": [codes of list fields], "a": points, "b": points}: from "a" points on
the grade is A, from "b" on B, else C. While no field is answered there is no grade.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Field

ORDER = {"A": 1, "B": 2, "C": 3}


@dataclass(frozen=True, slots=True)
class Factor:
    """What one answer adds to the grade; `answer` is empty while it was not found out."""

    field: Field
    answer: LocalText
    points: int
    most: int  # the best answer's points


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade with its explanation. `letter` is "" while nothing was found out."""

    letter: str
    points: int
    factors: list[Factor]
    from_a: int
    from_b: int

    @property
    def order(self) -> int:
        """1 for A, 2 for B, 3 for C, 9 without a grade."""
        return ORDER.get(self.letter, 9)


def grade(rule: Mapping[str, Any], fields: Iterable[Field], values: Mapping[str, Any]) -> Grade:
    """Compute the grade of a card from its type's rule and its values."""
    wanted = list(rule.get("fields") or [])
    by_code = {f.code: f for f in fields if f.code in wanted}
    factors: list[Factor] = []
    answered = False
    for code in wanted:
        field = by_code.get(code)
        if field is None:
            continue
        chosen = values.get(code)
        codes = chosen if isinstance(chosen, list) else [chosen]
        answers = [o for o in field.options if o["code"] in codes]
        answered = answered or bool(answers)
        best = max(answers, key=_points, default=None)
        factors.append(
            Factor(
                field,
                LocalText.of(best["name"]) if best else LocalText(),
                _points(best) if best else 0,
                max((_points(o) for o in field.options), default=0),
            )
        )
    points = sum(f.points for f in factors)
    from_a, from_b = int(rule.get("a") or 0), int(rule.get("b") or 0)
    letter = ""
    if factors and answered:
        letter = "A" if points >= from_a else "B" if points >= from_b else "C"
    return Grade(letter, points, factors, from_a, from_b)


def _points(option: Mapping[str, Any]) -> int:
    return int(option.get("points") or 0)
