"""The year behind the demo: how many enquiries a day brings, and when people work."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

# Furniture sells before winter and in spring; January and July are quiet. 1.0 is the mean.
SEASON = (0.62, 0.9, 1.12, 1.1, 0.95, 0.85, 0.75, 0.9, 1.18, 1.28, 1.25, 1.1)
_WEEKDAY = (1.2, 1.15, 1.1, 1.05, 1.0, 0.8, 0.7)
GROWTH = 0.35  # the last day brings so much more than the first
YEAR = 365  # days


class Days:
    """Draws days and hours, from a year before `today` until `now`."""

    def __init__(self, dice: Random, *, now: datetime, zone: ZoneInfo) -> None:
        self.dice = dice
        self.now = now
        self.zone = zone
        self.today = now.astimezone(zone).date()
        self._days = [self.today - timedelta(days=n) for n in range(YEAR, -1, -1)]
        self._weights = [self._weight(n, day) for n, day in enumerate(self._days)]

    def _weight(self, number: int, day: date) -> float:
        trend = 1 + GROWTH * (number / YEAR - 0.5)
        return SEASON[day.month - 1] * _WEEKDAY[day.weekday()] * trend

    def spread(self, count: int) -> list[date]:
        """Draw `count` days by season, in order."""
        return sorted(self.dice.choices(self._days, self._weights, k=count))

    def at(self, day: date, *, since: float = 9.0, until: float = 18.0) -> datetime:
        """Draw a moment of a day between two hours, never later than now."""
        hour = self.dice.uniform(since, until)
        moment = datetime.combine(day, time(), self.zone) + timedelta(hours=hour)
        return min(moment, self.now - timedelta(minutes=self.dice.uniform(1, 90)))

    def work_after(self, moment: datetime, days: float, *, weekends: bool = False) -> datetime:
        """Return a working moment some days after `moment`; it may lie in the future."""
        end = moment + timedelta(days=max(days, 0.01))
        local = end.astimezone(self.zone)
        while not weekends and local.weekday() >= 5:
            local += timedelta(days=1)
        if not 9 <= local.hour < 18:
            late = local.hour >= 18
            local = datetime.combine(local.date(), time(), self.zone)
            local += timedelta(days=1 if late else 0, hours=self.dice.uniform(9.1, 12))
            while not weekends and local.weekday() >= 5:
                local += timedelta(days=1)
        return max(local, moment + timedelta(minutes=3))

    def ahead(self, days: int) -> datetime:
        """Draw a moment of the working day that comes `days` after today; 0 is today."""
        day = self.today + timedelta(days=days)
        while days > 0 and day.weekday() >= 5:
            day += timedelta(days=1)
        hour = self.dice.choice((9, 10, 11, 12, 14, 15, 16, 17))
        minute = self.dice.choice((0, 0, 15, 30, 45))
        return datetime.combine(day, time(hour, minute), self.zone)
