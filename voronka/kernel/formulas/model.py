"""What a formula is made of once it has been read, and the types its parts have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

from voronka.kernel.errors import Sentence

MAX_LENGTH = 1000  # signs of a formula
MAX_DEPTH = 80  # parts inside each other

Kind = Literal[
    "text", "number", "money", "date", "datetime", "duration", "boolean", "choice", "choices",
    "reference", "nothing",
]  # fmt: skip

KIND_NAMES: dict[Kind, Sentence] = {
    "text": _("text"),
    "number": _("number"),
    "money": _("money"),
    "date": _("date"),
    "datetime": _("date with time"),
    "duration": _("duration"),
    "boolean": _("yes or no"),
    "choice": _("choice of a list"),
    "choices": _("several choices of a list"),
    "reference": _("reference"),
    "nothing": _("no value"),
}


@dataclass(frozen=True, slots=True)
class Type:
    """What a part of a formula gives.

    Attributes:
        options: code -> name, of a choice; empty when its codes are not known.
        words: the texts it can be, when these are written in the formula itself.
    """

    kind: Kind
    options: Mapping[str, Sentence] = field(default_factory=dict)
    words: frozenset[str] | None = None

    def __str__(self) -> str:
        return str(KIND_NAMES[self.kind])


@dataclass(frozen=True, slots=True)
class Name:
    """A fact that formulas may name: its title and type."""

    title: Sentence
    type: Type


@dataclass(frozen=True, slots=True)
class Value:
    """Something written in the formula itself."""

    value: Any
    kind: Kind
    column: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Fact:
    """The name of a fact."""

    code: str
    column: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator with what it is applied to."""

    function: str
    parts: tuple[Node, ...]
    column: int
    depth: int


Node = Value | Fact | Call


def walk(node: Node) -> Iterator[Node]:
    """Give a part and all parts inside it, from left to right."""
    yield node
    if isinstance(node, Call):
        for part in node.parts:
            yield from walk(part)


def names_in(node: Node) -> frozenset[str]:
    """Return the names of facts that a formula counts on."""
    return frozenset(part.code for part in walk(node) if isinstance(part, Fact))
