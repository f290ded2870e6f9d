"""Working time: arithmetic in both directions, holidays, changed clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voronka.kernel.worktime import (
    OFFICE_HOURS,
    WEEKDAYS,
    WorkSchedule,
    check_hours,
    holidays_of,
    knows_country,
    moved_workdays,
)

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = WorkSchedule(OFFICE_HOURS, MOSCOW, "RU")
ROUND_THE_CLOCK = WorkSchedule({day: [["00:00", "24:00"]] for day in WEEKDAYS}, BERLIN)


def at(text, zone=MOSCOW):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@st.composite
def days(draw):
    marks = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    pairs = list(zip(marks[::2], marks[1::2], strict=False))
    return [[f"{a // 4:02}:{a % 4 * 15:02}", f"{b // 4:02}:{b % 4 * 15:02}"] for a, b in pairs]


@st.composite
def schedules(draw):
    hours = draw(st.fixed_dictionaries({day: days() for day in WEEKDAYS}))
    zone = draw(st.sampled_from(["Europe/Moscow", "Europe/Berlin", "America/St_Johns", "UTC"]))
    country = draw(st.sampled_from(["", "RU", "DE"]))
    off = draw(st.frozensets(st.dates(date(2025, 3, 1), date(2025, 4, 30)), max_size=3))
    return WorkSchedule(hours, ZoneInfo(zone), country, days_off=off)


moments = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
amounts = st.integers(1, 200 * 60).map(lambda minutes: timedelta(minutes=minutes))


@given(schedules(), moments, amounts)
def test_adding_and_measuring_are_inverse(schedule, since, amount):
    until = schedule.add(since, amount)
    has_time = any(schedule.hours.values())
    assert schedule.between(since, until) == (amount if has_time else timedelta())
    if has_time:
        assert schedule.between(since, until - timedelta(seconds=1)) < amount  # the first such


@given(schedules(), moments, moments, moments)
def test_measuring_adds_up(schedule, a, b, c):
    a, b, c = sorted([a, b, c])
    assert schedule.between(a, b) + schedule.between(b, c) == schedule.between(a, c)
    assert timedelta() <= schedule.between(a, c) <= c - a
    assert schedule.between(c, a) == timedelta()


@given(schedules(), moments)
def test_the_first_working_moment_is_open(schedule, moment):
    first = schedule.add(moment, timedelta())
    if any(schedule.hours.values()):
        assert schedule.is_open(first)
        assert schedule.is_open(moment) == (first == moment)


def test_lunch_and_the_weekend_are_jumped_over():
    assert OFFICE.add(at("2025-06-20 12:30"), timedelta(hours=1)) == at("2025-06-20 14:30")
    assert OFFICE.add(at("2025-06-20 17:00"), timedelta(hours=2)) == at("2025-06-23 10:00")
    assert OFFICE.between(at("2025-06-20 17:00"), at("2025-06-23 10:00")) == timedelta(hours=2)


def test_public_holidays_are_free_unless_the_company_works():
    assert not OFFICE.is_open(at("2025-06-12 10:00"))  # Russia Day, a Thursday
    works = WorkSchedule(OFFICE_HOURS, MOSCOW, "RU", days_on=frozenset({date(2025, 6, 12)}))
    assert works.is_open(at("2025-06-12 10:00"))


def test_a_saturday_worked_for_a_moved_day_off_has_a_fridays_hours():
    assert date(2025, 11, 1) in moved_workdays("RU", 2025)
    assert OFFICE.is_open(at("2025-11-01 10:00"))
    assert not OFFICE.is_open(at("2025-11-03 10:00"))
    free = WorkSchedule(OFFICE_HOURS, MOSCOW, "RU", days_off=frozenset({date(2025, 11, 1)}))
    assert not free.is_open(at("2025-11-01 10:00"))


def test_a_changed_clock_neither_adds_nor_loses_time():
    spring = at("2025-03-30 00:00", BERLIN)
    assert ROUND_THE_CLOCK.between(spring, at("2025-03-31 00:00", BERLIN)) == timedelta(hours=23)
    autumn = at("2025-10-26 00:00", BERLIN)
    assert ROUND_THE_CLOCK.between(autumn, at("2025-10-27 00:00", BERLIN)) == timedelta(hours=25)
    assert ROUND_THE_CLOCK.add(autumn, timedelta(hours=25)) == at("2025-10-27 00:00", BERLIN)


def test_an_interval_in_the_hour_that_is_skipped_is_empty():
    night = WorkSchedule({"sun": [["02:15", "02:45"], ["03:00", "04:00"]]}, BERLIN)
    total = sum((e - s for s, e in night.intervals(date(2025, 3, 30))), timedelta())
    assert total == timedelta(hours=1)


def test_a_schedule_without_any_working_time_counts_calendar_time():
    empty = WorkSchedule({}, MOSCOW)
    start = at("2025-06-20 12:30")
    assert empty.add(start, timedelta(hours=5)) == start + timedelta(hours=5)


def test_years_of_working_time_are_counted_to_the_end():
    hour_a_week = WorkSchedule({"mon": [["09:00", "10:00"]]}, MOSCOW)
    start = at("2020-01-01 00:00")
    assert hour_a_week.between(start, hour_a_week.add(start, timedelta(hours=520))) == timedelta(
        hours=520
    )


@pytest.mark.parametrize(
    ("hours", "fault"),
    [
        ({"mon": [["09:00", "13:00"], ["14:00", "24:00"]]}, ""),
        ({"monday": [["09:00", "13:00"]]}, "day"),
        ({"mon": [["9:00", "13:00"]]}, "clock"),
        ({"mon": [["09:00", "25:00"]]}, "clock"),
        ({"mon": [["24:00", "24:00"]]}, "clock"),
        ({"mon": [["09:00"]]}, "clock"),
        ({"mon": [["13:00", "09:00"]]}, "order"),
        ({"mon": [["09:00", "13:00"], ["12:00", "18:00"]]}, "overlap"),
    ],
)
def test_typed_hours_are_checked(hours, fault):
    assert check_hours(hours) == fault


def test_holidays_have_names_in_the_persons_language():
    assert holidays_of("RU", 2025, "en")[date(2025, 6, 12)] == "Russia Day"
    assert holidays_of("RU", 2025, "ru")[date(2025, 6, 12)] == "День России"
    assert knows_country("KZ")
    assert not knows_country("XX")
