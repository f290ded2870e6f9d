"""What is wrong with a formula, and where."""

from __future__ import annotations

from django.utils.translation import gettext as _

from voronka.kernel.errors import InvalidInput, Sentence


class BadFormula(InvalidInput):
    """A formula can't be read or makes no sense.

    Args:
        problem: what is wrong, a full sentence.
        column: the place of the first sign that is wrong, from 1.
    """

    code = "bad_formula"

    def __init__(self, problem: Sentence, *, column: int) -> None:
        said = _("Column %(column)d: %(problem)s") % {"column": column, "problem": problem}
        super().__init__(said)
        self.problem = problem
        self.column = column
