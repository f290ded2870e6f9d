"""A robot's actions as a chain with branches: the ways through it, walked step by step (RB-6).

A branch holds two further lists: what is done if its conditions hold, and what is done otherwise;
in them an action is {code: parameters}, as in a blueprint. A run keeps the number of its next step,
counted over all the ways, so it goes on where it was after a wait or a crash.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BRANCH = "branch"
WAYS = ("then", "otherwise")
DEEPEST = 2  # branches inside each other
Listed = tuple[str, Mapping[str, Any]]  # an action's code and its parameters


@dataclass(frozen=True, slots=True)
class Step:
    """One action on its way.

    Attributes:
        after: the step that follows; the number of all steps when none does.
        otherwise: of a branch, the step that follows when its conditions do not hold.
    """

    action: str
    settings: Mapping[str, Any]
    after: int
    otherwise: int


def kept(actions: Iterable[Mapping[str, Any]]) -> list[Listed]:
    """Return a robot's actions as its row keeps them as pairs."""
    return [(str(one["action"]), one.get("with") or {}) for one in actions]


def inner(code: str, settings: Mapping[str, Any]) -> Iterator[tuple[str, list[Listed]]]:
    """Return the lists that lie in an action, by their names; none but a branch has any."""
    if code != BRANCH:
        return
    for way in WAYS:
        listed = settings.get(way)
        parts = listed if isinstance(listed, list) else []
        yield way, [pair for one in parts if isinstance(one, Mapping) for pair in one.items()]


def everything(actions: Iterable[Listed]) -> Iterator[Listed]:
    """Return all actions with those that lie in branches, in the order of their steps."""
    for code, settings in actions:
        yield code, settings
        for _way, listed in inner(code, settings):
            yield from everything(listed)


def steps(actions: Iterable[Mapping[str, Any]]) -> list[Step]:
    """Lay out a robot's actions as its row keeps them; without branches, one step for each."""
    pairs = kept(actions)
    return list(_laid(pairs, 0, sum(map(_size, pairs))))


def _size(pair: Listed) -> int:
    return 1 + sum(_size(one) for _way, listed in inner(*pair) for one in listed)


def _laid(pairs: Sequence[Listed], start: int, end: int) -> Iterator[Step]:
    """Lay out a list from a number on; `end` is where its last step leads to."""
    at = start
    for number, (code, settings) in enumerate(pairs):
        following = at + _size((code, settings)) if number + 1 < len(pairs) else end
        ways = dict(inner(code, settings))
        then, otherwise = ways.get("then", []), ways.get("otherwise", [])
        second = at + 1 + sum(map(_size, then))
        yield Step(
            code,
            settings,
            after=at + 1 if then else following,
            otherwise=second if otherwise else following,
        )
        yield from _laid(then, at + 1, following)
        yield from _laid(otherwise, second, following)
        at += _size((code, settings))
