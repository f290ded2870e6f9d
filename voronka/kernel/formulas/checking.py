"""Whether a formula makes sense for the names there are, and what it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from voronka.kernel.errors import Sentence
from voronka.kernel.formulas.errors import BadFormula
from voronka.kernel.formulas.functions import function, spelled
from voronka.kernel.formulas.model import Call, Fact, Name, Node, Type, Value
from voronka.kernel.formulas.reading import parse
from voronka.kernel.formulas.typing import Misfit

_NEAR = 60  # how like an unknown name another has to be, of 100, to be suggested


@dataclass(frozen=True, slots=True)
class Checked:
    """A sound formula: what it gives, what it counts on.

    Attributes:
        moving: the column of a function whose answer changes with the time, or None.
    """

    type: Type
    names: frozenset[str]
    moving: int | None


def check(text: str, names: Mapping[str, Name]) -> Checked:
    """Read a formula and find the type of what it gives.

    Raises:
        BadFormula: it can't be read, names something unknown, or puts types together that don't
            go together; with the place and, for a mistyped name, a suggestion.
    """
    node = parse(text)
    used: dict[str, int] = {}
    moving: list[int] = []
    found = _type(node, names, used, moving)
    return Checked(found, frozenset(used), min(moving, default=None))


def _type(node: Node, names: Mapping[str, Name], used: dict[str, int], moving: list[int]) -> Type:
    if isinstance(node, Value):
        words = frozenset({str(node.value)}) if node.kind == "text" else None
        return Type(node.kind, words=words)
    if isinstance(node, Fact):
        name = names.get(node.code)
        if name is None:
            raise BadFormula(_unknown_name(node.code, names), column=node.column)
        used.setdefault(node.code, node.column)
        return name.type
    return _call(node, [_type(part, names, used, moving) for part in node.parts], moving)


def _call(node: Call, types: list[Type], moving: list[int]) -> Type:
    known = function(node.function)
    if known is None:
        raise BadFormula(_unknown_function(node.function), column=node.column)
    if known.moves:
        moving.append(node.column)
    try:
        return known.typing(types)
    except Misfit as misfit:
        column = node.column if misfit.part is None else node.parts[misfit.part].column
        raise BadFormula(misfit.problem, column=column) from None


def _unknown_name(code: str, names: Mapping[str, Name]) -> Sentence:
    if function(code.lower()) is not None:
        return _("“%(name)s” is a function: write %(name)s(…).") % {"name": code}
    titles = {name: str(spec.title) for name, spec in names.items()}
    near = _nearest(code, [*titles, *titles.values()])
    if near is None:
        return _("There is no field “%(name)s”.") % {"name": code}
    found = near if near in titles else next(n for n, title in titles.items() if title == near)
    return _("There is no field “%(name)s”. Perhaps “%(near)s” (%(title)s)?") % {
        "name": code,
        "near": found,
        "title": titles[found],
    }


def _unknown_function(name: str) -> Sentence:
    near = _nearest(name, spelled())
    if near is None:
        return _("There is no function “%(name)s”.") % {"name": name}
    return _("There is no function “%(name)s”. Perhaps “%(near)s”?") % {"name": name, "near": near}


def _nearest(word: str, known: Iterable[str]) -> str | None:
    found = process.extractOne(
        word, list(known), scorer=fuzz.ratio, processor=str.lower, score_cutoff=_NEAR
    )
    return None if found is None else str(found[0])


def fit_problem(found: Type, wanted: Type) -> Sentence | None:
    """Say why what a formula gives can't be put where `wanted` is kept, or None."""
    same = (
        found.kind in (wanted.kind, "nothing")
        or {found.kind, wanted.kind} <= {"number", "money"}
        or {found.kind, wanted.kind} <= {"text", "choice"}
    )
    if found.kind == "duration" and wanted.kind in ("number", "money"):
        return _("The formula gives a duration. Make it a number by days(…) or hours(…).")
    if (found.kind, wanted.kind) == ("datetime", "date"):
        return _("The formula gives a moment. Make it a day by date(…).")
    if not same:
        return _("The formula gives %(found)s, and %(wanted)s is wanted.") % {
            "found": found,
            "wanted": wanted,
        }
    if wanted.kind == "choice" and wanted.options and found.words:
        strange = sorted(found.words - set(wanted.options))
        if strange:
            return _("The list has no choice “%(word)s”. Its choices: %(known)s.") % {
                "word": strange[0],
                "known": ", ".join(list(wanted.options)[:12]),
            }
    return None
