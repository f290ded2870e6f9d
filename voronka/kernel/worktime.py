"""Working time: several intervals a day, holidays, arithmetic in both directions (RB-8)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from voronka.kernel.regions import regional_holidays

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE_HOURS: dict[str, list[list[str]]] = {
    day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in WEEKDAYS[:5]
}
_IDLE_DAYS = 400  # no working time for so long means there is none at all
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

Hours = Mapping[str, Sequence[Sequence[str]]]


@dataclass(frozen=True)
class WorkSchedule:
    """When somebody works.

    Attributes:
        hours: weekday ("mon") -> intervals of local time, e.g. [["09:00", "13:00"]].
        zone: the time zone of these hours.
        country: ISO 3166 code whose public holidays are free, "" for none.
        region: ISO 3166-2 code of a region of it whose own holidays are free too.
        days_off: further free dates; `days_on`: dates that are worked though they look free.
    """

    hours: Hours
    zone: ZoneInfo
    country: str = ""
    days_off: frozenset[date] = field(default_factory=frozenset)
    days_on: frozenset[date] = field(default_factory=frozenset)
    region: str = ""
    _known: dict[date, list[tuple[datetime, datetime]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # days asked before: a load of history asks for the same ones thousands of times

    def is_free(self, day: date) -> bool:
        """Whether the whole day is free although the weekday may have hours."""
        if self._is_worked(day):
            return False
        return day in self.days_off or (
            bool(self.country) and day in holidays_of(self.country, day.year, region=self.region)
        )

    def is_workday(self, day: date) -> bool:
        """Whether any time of the day is worked."""
        if self._is_worked(day):
            return True
        return bool(self.hours.get(WEEKDAYS[day.weekday()])) and not self.is_free(day)

    def intervals(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return the working intervals of one local day as UTC moments, in order.

        Moments are UTC so that arithmetic with them counts real time when clocks are changed.
        """
        found = self._known.get(day)
        if found is None:
            found = self._known[day] = self._intervals(day)
        return found

    def _intervals(self, day: date) -> list[tuple[datetime, datetime]]:
        if self.is_free(day):
            return []
        hours = self.hours.get(WEEKDAYS[day.weekday()]) or []
        if not hours and self._is_worked(day):  # a moved working Saturday has a Friday's hours
            hours = self.hours.get("fri") or []
        found: list[tuple[datetime, datetime]] = []
        for opens, closes in hours:
            start, end = self._at(day, opens), self._at(day, closes)
            if start < end:  # an interval inside the hour that is skipped in spring is empty
                found.append((start, end))
        return found

    def is_open(self, at: datetime) -> bool:
        """Whether `at` falls into working time."""
        local = at.astimezone(self.zone)
        return any(start <= at < end for start, end in self.intervals(local.date()))

    def add(self, at: datetime, amount: timedelta) -> datetime:
        """Return the moment when `amount` of working time has passed since `at`.

        Nothing to add gives the first working moment from `at` on. A schedule that has no
        working time at all counts calendar time.
        """
        left = amount
        idle = 0
        for day in self._days(at):
            intervals = self.intervals(day)
            for start, end in intervals:
                start = max(start, at)
                if start >= end:
                    continue
                if end - start >= left:
                    return (start + left).astimezone(at.tzinfo)
                left -= end - start
            idle = 0 if intervals else idle + 1
            if idle > _IDLE_DAYS:
                break
        return (at.astimezone(UTC) + left).astimezone(at.tzinfo)

    def between(self, since: datetime, until: datetime) -> timedelta:
        """Return how much working time lies between two moments; negative never."""
        total = timedelta()
        for day in self._days(since):
            for start, end in self.intervals(day):
                total += max(timedelta(), min(end, until) - max(start, since))
            if day > until.astimezone(self.zone).date():
                break
        return total

    def _days(self, at: datetime) -> Iterator[date]:
        day = at.astimezone(self.zone).date()
        while day.year < date.max.year:
            yield day
            day += timedelta(days=1)

    def _is_worked(self, day: date) -> bool:
        """Whether the day is worked by order: the company's own, or a moved day off."""
        if day in self.days_on:
            return True
        moved = bool(self.country) and day in moved_workdays(self.country, day.year)
        return moved and day not in self.days_off

    def _at(self, day: date, clock: str) -> datetime:
        if clock == "24:00":
            local = datetime.combine(day + timedelta(days=1), time(), self.zone)
        else:
            local = datetime.combine(day, time.fromisoformat(clock), self.zone)
        moment = local.astimezone(UTC)
        if moment.astimezone(self.zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            return self._skip(local)
        return moment

    def _skip(self, missing: datetime) -> datetime:
        """Return the moment when the clocks jumped over the local time `missing`."""
        moment = missing.replace(fold=1).astimezone(UTC)  # just before the jump
        before = moment.astimezone(self.zone).utcoffset()
        while moment.astimezone(self.zone).utcoffset() == before:
            moment += timedelta(minutes=1)
        return moment


def knows_country(country: str) -> bool:
    """Whether the public holidays of an ISO 3166 code are known."""
    return country in holidays.list_supported_countries(include_aliases=False)


@lru_cache(maxsize=256)
def holidays_of(
    country: str, year: int, language: str = "", *, region: str = ""
) -> Mapping[date, str]:
    """Return the public holidays of one year with their names, in order of date.

    Args:
        language: "ru" or "en"; the country's own where that is not known.
        region: with those of this region, an ISO 3166-2 code.
    """
    known = {code.split("_")[0]: code for code in _languages(country)}
    found = holidays.country_holidays(country, years=year, language=known.get(language))
    everywhere = dict(sorted(found.items()))
    if not region:
        return everywhere
    own = regional_holidays(region, year, everywhere)
    said = {day: name.en if language == "en" else name.ru for day, name in own.items()}
    return dict(sorted({**everywhere, **said}.items()))


@lru_cache(maxsize=256)
def moved_workdays(country: str, year: int) -> frozenset[date]:
    """Return the weekend days of one year that are worked because a day off was moved."""
    found = holidays.country_holidays(country, years=year)
    return frozenset(day for day in found.weekend_workdays if day.year == year)


def _languages(country: str) -> Sequence[str]:
    return holidays.list_localized_countries().get(country, [])


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
            if not _CLOCK.fullmatch(start) or not (end == "24:00" or _CLOCK.fullmatch(end)):
                return "clock"
            if start >= end:
                return "order"
            if last and start < last:
                return "overlap"
            last = end
    return ""
