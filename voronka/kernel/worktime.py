"""Working time: several intervals a day, holidays, arithmetic in both directions (RB-8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE_HOURS: dict[str, list[list[str]]] = {
    day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in WEEKDAYS[:5]
}
_HORIZON_DAYS = 3 * 366  # a schedule with no working time ends the search here

Hours = Mapping[str, Sequence[Sequence[str]]]


@dataclass(frozen=True)
class WorkSchedule:
    """When somebody works.

    Attributes:
        hours: weekday ("mon") -> intervals of local time, e.g. [["09:00", "13:00"]].
        zone: the time zone of these hours.
        country: ISO 3166 code whose public holidays are free, "" for none.
        days_off: further free dates; `days_on`: dates that are worked though they look free.
    """

    hours: Hours
    zone: ZoneInfo
    country: str = ""
    days_off: frozenset[date] = field(default_factory=frozenset)
    days_on: frozenset[date] = field(default_factory=frozenset)

    def is_free(self, day: date) -> bool:
        """Whether the whole day is free although the weekday may have hours."""
        if day in self.days_on:
            return False
        return day in self.days_off or (bool(self.country) and day in _calendar(self.country))

    def intervals(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return the working intervals of one local day as aware moments, in order."""
        if self.is_free(day):
            return []
        hours = self.hours.get(WEEKDAYS[day.weekday()]) or []
        if not hours and day in self.days_on:  # a moved working Saturday has a Friday's hours
            hours = self.hours.get("fri") or []
        return [(self._at(day, start), self._at(day, end)) for start, end in hours]

    def is_open(self, at: datetime) -> bool:
        """Whether `at` falls into working time."""
        local = at.astimezone(self.zone)
        return any(start <= at < end for start, end in self.intervals(local.date()))

    def add(self, at: datetime, amount: timedelta) -> datetime:
        """Return the moment when `amount` of working time has passed since `at`.

        A schedule that has no working time at all counts calendar time.
        """
        left = amount
        for start, end in self._from(at):
            start = max(start, at)
            if end - start >= left:
                return start + left
            left -= end - start
        return at + amount

    def between(self, since: datetime, until: datetime) -> timedelta:
        """Return how much working time lies between two moments; negative never."""
        total = timedelta()
        for start, end in self._from(since):
            if start >= until:
                break
            total += max(timedelta(), min(end, until) - max(start, since))
        return total

    def _from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = at.astimezone(self.zone).date()
        for offset in range(_HORIZON_DAYS):
            for start, end in self.intervals(day + timedelta(days=offset)):
                if end > at:
                    yield start, end

    def _at(self, day: date, clock: str) -> datetime:
        if clock == "24:00":
            return datetime.combine(day + timedelta(days=1), time(), self.zone)
        return datetime.combine(day, time.fromisoformat(clock), self.zone)


@lru_cache(maxsize=32)
def _calendar(country: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country)


def check_hours(hours: Hours) -> str:
    """Return what is wrong with typed working hours as a short code, or "" when they are sound.

    Codes: "day" (unknown weekday), "clock" (not HH:MM), "order" (end before start), "overlap".
    """
    for day, intervals in hours.items():
        if day not in WEEKDAYS:
            return "day"
        last = ""
        for pair in intervals:
            if len(pair) != 2:
                return "clock"
            start, end = pair
            for clock in (start, end):
                if clock == "24:00":
                    continue
                try:
                    time.fromisoformat(clock)
                except ValueError:
                    return "clock"
            if start >= end:
                return "order"
            if last and start < last:
                return "overlap"
            last = end
    return ""
