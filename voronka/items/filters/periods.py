"""Stretches of days as people choose them: "this month", or from one day to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

PRESETS = {
    "today": _("today"),
    "yesterday": _("yesterday"),
    "week": _("this week"),
    "last_week": _("last week"),
    "month": _("this month"),
    "last_month": _("last month"),
    "quarter": _("this quarter"),
    "year": _("this year"),
    "7d": _("7 days"),
    "30d": _("30 days"),
    "90d": _("90 days"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` through `last` in the person's time zone; either may be open.

    `preset` is one of PRESETS and moves with the calendar; then the days are empty.
    """

    preset: str = ""
    first: date | None = None
    last: date | None = None

    def __bool__(self) -> bool:
        return bool(self.preset or self.first or self.last)

    def days(self, today: date | None = None) -> tuple[date | None, date | None]:
        """Return the first and the last day, both inclusive; None leaves that end open."""
        if self.preset:
            return _days(self.preset, today or timezone.localdate())
        return self.first, self.last

    def moments(self) -> tuple[datetime | None, datetime | None]:
        """Return when it begins and when it is over (exclusive), in the person's time zone."""
        first, last = self.days()
        return (
            _start(first) if first else None,
            _start(last + timedelta(days=1)) if last else None,
        )


ANY_TIME = Period()


def read_day(text: str) -> date | None:
    """Read an ISO date between the years 1900 and 2200; None for anything else."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and 1900 <= day.year <= 2200 else None


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


def _days(preset: str, today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    match preset:
        case "today":
            return today, today
        case "yesterday":
            return today - timedelta(days=1), today - timedelta(days=1)
        case "week":
            return monday, monday + timedelta(days=6)
        case "last_week":
            return monday - timedelta(days=7), monday - timedelta(days=1)
        case "month":
            return month, _month_after(month) - timedelta(days=1)
        case "last_month":
            last = month - timedelta(days=1)
            return last.replace(day=1), last
        case "quarter":
            first = month.replace(month=(today.month - 1) // 3 * 3 + 1)
            third = _month_after(_month_after(first))
            return first, _month_after(third) - timedelta(days=1)
        case "year":
            return today.replace(month=1, day=1), today.replace(month=12, day=31)
    return today - timedelta(days=int(preset.removesuffix("d")) - 1), today


def _month_after(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
