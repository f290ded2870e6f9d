"""A person's working week, as the profile shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import formats

from voronka.people.models import User
from voronka.people.schedules import schedule_of

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONDAY = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Day:
    """One weekday: "09:00–13:00" and so on, one a line, or an empty string for a free day."""

    name: str
    hours: str


def week_of(user: User) -> list[Day]:
    """Return the usual week, Monday first. Two SQL queries at most."""
    hours = schedule_of(user.pk).hours
    return [
        Day(
            formats.date_format(MONDAY + timedelta(days=number), "D"),
            "\n".join(f"{start}–{end}" for start, end in hours.get(code, [])),
        )
        for number, code in enumerate(WEEKDAYS)
    ]
