"""Pure decisions of the blueprint: deadlines as words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

_MINUTES = {"m": 1, "h": 60}
WORKING_DAY = 8 * 60  # minutes
CALENDAR_DAY = 24 * 60


def read_deadline(text: str) -> tuple[int | None, bool]:
    """Read "30m", "4h", "2d" or "3d calendar" as (minutes, counts working time)."""
    found = re.fullmatch(r"(\d+)([mhd])( calendar)?", text)
    if found is None:
        return None, True
    number, unit, calendar = found.groups()
    day = CALENDAR_DAY if calendar else WORKING_DAY
    return int(number) * _MINUTES.get(unit, day), not calendar


def write_deadline(minutes: int | None, *, working: bool) -> str:
    """Write a deadline with the greatest unit that fits without a rest."""
    if not minutes:
        return ""
    units = [("d", WORKING_DAY if working else CALENDAR_DAY), ("h", 60), ("m", 1)]
    unit, size = next((u, s) for u, s in units if minutes % s == 0)
    return f"{minutes // size}{unit}" + ("" if working else " calendar")


def read_age(text: str | None) -> timedelta | None:
    """Read "30m", "4h" or "14d" of calendar time; None is "however long ago"."""
    if text is None:
        return None
    return timedelta(minutes=int(text[:-1]) * {"m": 1, "h": 60, "d": CALENDAR_DAY}[text[-1]])


def write_age(span: timedelta | None) -> str | None:
    """Write a span of calendar time with the greatest unit that fits without a rest."""
    if span is None:
        return None
    minutes = int(span.total_seconds() // 60)
    unit, size = next(
        (u, s) for u, s in (("d", CALENDAR_DAY), ("h", 60), ("m", 1)) if minutes % s == 0
    )
    return f"{minutes // size}{unit}"


def split_hours(hours: Mapping[Any, Iterable[str]]) -> dict[str, list[list[str]]]:
    """Turn {"mon": ["09:00-13:00"]} into {"mon": [["09:00", "13:00"]]}."""
    return {day: [part.split("-") for part in parts] for day, parts in hours.items()}


def join_hours(hours: Mapping[str, Iterable[Iterable[str]]]) -> dict[str, list[str]]:
    """Turn {"mon": [["09:00", "13:00"]]} into {"mon": ["09:00-13:00"]}; free days are left out."""
    return {day: ["-".join(pair) for pair in pairs] for day, pairs in hours.items() if pairs}
