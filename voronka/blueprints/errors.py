"""Refusals of the blueprint, with the place in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voronka.kernel.errors import DomainError, Sentence

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the file that can't be applied, and where it stands.

    Attributes:
        path: dotted, e.g. "pipelines.leads.stages.new.colour".
        line: counted from one; 0 when the place is the file as a whole.
    """

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class BrokenBlueprint(DomainError):
    """The file can't be read or does not fit together; `problems` say where."""

    code = "broken_blueprint"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        count = len(self.problems)
        head = ngettext(
            "The blueprint has %(count)s mistake. Correct it and try again:",
            "The blueprint has %(count)s mistakes. Correct them and try again:",
            count,
        ) % {"count": count}
        super().__init__("\n".join([head, *(str(p) for p in self.problems)]))


class HeirMissing(DomainError):
    """A removed stage holds cards or history, and the file does not say who takes them."""

    code = "heir_missing"

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        tail = _(
            "Name the stage that takes them under “heirs” of the funnel, for example: "
            "heirs: {old_stage: new_stage}."
        )
        super().__init__("\n".join([*(str(s) for s in sentences), tail]))


class Refused(DomainError):
    """Something in use stands in the way of the blueprint."""

    code = "in_use"

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        super().__init__("\n".join(str(s) for s in sentences))
