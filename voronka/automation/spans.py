"""Spans of time as people write them: "30m", "2h", "1d" of work, "3d calendar". Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voronka.kernel.worktime import WorkSchedule

WORKING_DAY = 8 * 3600  # seconds
CALENDAR_DAY = 24 * 3600  # seconds
LONGEST = 3660 * CALENDAR_DAY  # seconds
PATTERN = r"^\d{1,9}(s|m|h|d)( calendar)?$"
_SPAN = re.compile(r"(\d{1,9})([smhd])( calendar)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Span:
    """So many seconds of working time, or of calendar time."""

    seconds: int = 0
    working: bool = True

    @classmethod
    def read(cls, text: str) -> Span:
        """Read "45s", "30m", "4h", "2d" (of 8 hours) or "3d calendar" (of 24); "" is no time.

        Raises:
            ValueError: it is none of these, or more than ten years.
        """
        if not text:
            return cls()
        found = _SPAN.fullmatch(text)
        if found is None:
            raise ValueError(text)
        number, unit, calendar = found.groups()
        day = CALENDAR_DAY if calendar else WORKING_DAY
        seconds = int(number) * _SECONDS.get(unit, day)
        if seconds > LONGEST:
            raise ValueError(text)
        return cls(seconds, not calendar)

    def write(self) -> str:
        """Write it with the greatest unit that fits without a rest; "" when it is no time."""
        if not self.seconds:
            return ""
        day = WORKING_DAY if self.working else CALENDAR_DAY
        units = (("d", day), ("h", 3600), ("m", 60), ("s", 1))
        unit, size = next((u, s) for u, s in units if self.seconds % s == 0)
        return f"{self.seconds // size}{unit}" + ("" if self.working else " calendar")

    def after(self, moment: datetime, schedule: Callable[[], WorkSchedule]) -> datetime:
        """Return the moment when this much time has passed since `moment`, exact to the second.

        Args:
            schedule: asked only for working time.
        """
        if not self.seconds:
            return moment
        amount = timedelta(seconds=self.seconds)
        return schedule().add(moment, amount) if self.working else moment + amount

    def __bool__(self) -> bool:
        return self.seconds > 0

    def __str__(self) -> str:
        text = self._amount()
        return text if self.working else _("%(span)s of calendar time") % {"span": text}

    def _amount(self) -> str:
        day = WORKING_DAY if self.working else CALENDAR_DAY
        if self.seconds and self.seconds % day == 0:
            days = self.seconds // day
            if self.working:
                return ngettext("%(n)d working day", "%(n)d working days", days) % {"n": days}
            return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
        if self.seconds and self.seconds % 3600 == 0:
            hours = self.seconds // 3600
            return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
        if self.seconds % 60 == 0:
            minutes = self.seconds // 60
            return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
        return ngettext("%(n)d second", "%(n)d seconds", self.seconds) % {"n": self.seconds}
