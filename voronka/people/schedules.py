"""Whose working time counts: the person's own hours, their calendar, else the company's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings

from voronka.kernel.prepared import Prepared
from voronka.kernel.worktime import OFFICE_HOURS, WorkSchedule
from voronka.people.models import User, WorkingCalendar
from voronka.people.queries import company


def company_schedule() -> WorkSchedule:
    """Return the default calendar's schedule in the company's time zone. Two SQL queries.

    Office hours count while no calendar is set up.
    """
    return _schedule(_USUAL.first(), None, company().time_zone)


def calendar_schedule(calendar: WorkingCalendar | None) -> WorkSchedule:
    """Return a calendar's schedule, the company's when there is none. One or two SQL queries."""
    if calendar is None:
        return company_schedule()
    return _schedule(calendar, None, company().time_zone)


def schedules_of(users: Iterable[User]) -> dict[int, WorkSchedule]:
    """Return the working time of several people, loaded with their calendars. One SQL query."""
    usual = _USUAL.first()
    return {u.pk: _schedule(u.calendar or usual, u.hours, u.time_zone) for u in users}


def schedule_of(user_id: int, *, calendar_id: int | None = None) -> WorkSchedule:
    """Return the working time of one person. One or two SQL queries.

    Args:
        calendar_id: of a funnel that has working hours of its own, e.g. a shop open on Sundays;
            they outrank the person's. The time zone stays the person's.
    """
    user = _USER.get(user_id)
    if calendar_id is not None:
        of_funnel = _CALENDAR.first(calendar_id)
        if of_funnel is not None:
            return _schedule(of_funnel, None, user.time_zone)
    return _schedule(user.calendar or _USUAL.first(), user.hours, user.time_zone)


_USER = Prepared(
    lambda pk: (
        User.objects.select_related("calendar").only("hours", "time_zone", "calendar").filter(pk=pk)
    ),
    int,
    model=User,
    steady=True,
)
_CALENDAR = Prepared(
    lambda pk: WorkingCalendar.objects.filter(pk=pk), int, model=WorkingCalendar, steady=True
)
_USUAL = Prepared(
    lambda: WorkingCalendar.objects.filter(is_default=True), model=WorkingCalendar, steady=True
)


def _schedule(calendar: WorkingCalendar | None, hours: object, zone: str) -> WorkSchedule:
    own = hours if isinstance(hours, dict) else None
    if calendar is None:
        return WorkSchedule(own or OFFICE_HOURS, ZoneInfo(zone), settings.COUNTRY)
    return WorkSchedule(
        own or calendar.hours or OFFICE_HOURS,
        ZoneInfo(zone),
        calendar.country,
        frozenset(date.fromisoformat(d) for d in calendar.days_off),
        frozenset(date.fromisoformat(d) for d in calendar.days_on),
        calendar.region,
    )
