"""Working hours as people type them: "9-13, 14-18" for a day, nothing for a free one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.utils import formats

from voronka.kernel.worktime import WEEKDAYS

_INTERVAL = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?")
_BETWEEN = re.compile(r"[\s,;]*")
_MONDAY = date(2024, 1, 1)

Day = list[list[str]]


def read_day(text: str) -> Day | None:
    """Read the intervals of one day; None when the text holds anything else."""
    found: Day = []
    rest = text.strip()
    while rest:
        match = _INTERVAL.match(rest)
        if match is None:
            return None
        from_hour, from_minute, to_hour, to_minute = match.groups(default="00")
        found.append([f"{int(from_hour):02}:{from_minute}", f"{int(to_hour):02}:{to_minute}"])
        rest = rest[match.end() :]
        gap = _BETWEEN.match(rest)
        rest = rest[gap.end() if gap else 0 :]
    return found


def write_day(intervals: Sequence[Sequence[str]]) -> str:
    """Write the intervals of one day as `read_day` takes them."""
    return ", ".join(f"{start}–{end}" for start, end in intervals)


def write_week(hours: Mapping[str, Sequence[Sequence[str]]]) -> dict[str, str]:
    """Return {weekday: text} for all seven days, Monday first."""
    return {day: write_day(hours.get(day, [])) for day in WEEKDAYS}


def day_name(code: str) -> str:
    """Return the weekday's name in the person's language."""
    return formats.date_format(_MONDAY + timedelta(days=WEEKDAYS.index(code)), "l")
