"""What all planners share: rows, verdicts, notes, and reading of dates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import lru_cache
from typing import Any, Protocol

from dateutil import parser as dates
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.imports.models import ImportRow
from voronka.imports.repairing import Told
from voronka.kernel.errors import DomainError, Sentence

Verdict = ImportRow.Verdict
NOON = time(12)  # a day without an hour is its noon: the same day in every Russian time zone
_ISO = re.compile(r"\d{4}-\d\d-\d\d$")


@dataclass(slots=True)
class SourceRow:
    """One row of the table; `number` counts from 1 under the header."""

    number: int
    cells: list[str]
    left_out: str = ""  # what the reader of the file could not bring into a column


@dataclass(slots=True)
class Planned:
    """A row with its verdict, why, and what would be written."""

    row: SourceRow
    verdict: str
    notes: list[dict[str, str]] = field(default_factory=list)
    payload: Any = None
    object_id: int | None = None
    made: bool = False
    before: dict[str, Any] | None = None

    def note(self, code: str, sentence: Sentence) -> None:
        """Add why, or what was left out."""
        self.notes.append({"field": code, "text": str(sentence)})

    def tell(self, told: Iterable[Told]) -> None:
        """Add what was or should be repaired; the latter is counted as advice."""
        for code, sentence, waits in told:
            self.note(code, sentence)
            if waits:
                self.notes[-1]["advice"] = "repair"

    def double(self, code: str, row: int) -> None:
        """Leave the row out: an earlier one has the same key."""
        self.verdict = Verdict.DOUBLE
        self.note(code, _("The same key as in row %(row)d.") % {"row": row})

    def fix(self, code: str, sentence: Sentence) -> None:
        """Send the row to the fix list with a reason."""
        self.verdict = Verdict.FIX
        self.note(code, sentence)

    def refuse(self, refusal: DomainError) -> None:
        """Send the row to the fix list with a command's own words."""
        if refusal.fields:
            for code, sentence in refusal.fields.items():
                self.fix(code, sentence)
        else:
            self.fix("", refusal.detail)


class Planner(Protocol):
    """Plans and writes rows of one kind. One planner serves a whole file, chunk by chunk."""

    journal_type: str  # what `ImportRow.object_id` names
    # Object id -> row of the file, for the rows that were finished before a restart.
    done: dict[int, int]

    def plan(self, rows: list[SourceRow]) -> list[Planned]:
        """Give each row a verdict. Reads the base, writes nothing."""
        ...

    def write(self, planned: list[Planned]) -> None:
        """Write the rows whose verdict is "new" or "update", inside the caller's transaction.

        Sets `object_id`, `made` and `before`; a row that a command refuses goes to the fix list.
        """
        ...


@lru_cache(maxsize=50_000)
def moment(text: str, day_first: bool) -> datetime | None:
    """Read a date or date-time of a file in the current zone; None when it is none.

    A date without a time is noon of that day.
    """
    if _ISO.match(text):
        try:
            return timezone.make_aware(datetime.combine(datetime.fromisoformat(text).date(), NOON))
        except ValueError:
            return None
    try:
        default = datetime(2000, 1, 1, 12)  # noqa: DTZ001
        iso = text[:4].isdecimal()
        found = dates.parse(text, dayfirst=day_first and not iso, default=default)
    except (ValueError, OverflowError):
        return None
    if not 1900 <= found.year <= 2200:
        return None
    return timezone.make_aware(found) if timezone.is_naive(found) else found
