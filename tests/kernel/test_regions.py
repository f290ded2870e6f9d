"""Regional holidays: fixed days, feasts by the moon, days in lieu, regions of other countries."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from voronka.kernel.regions import knows_region, regions_of
from voronka.kernel.worktime import OFFICE_HOURS, WorkSchedule, holidays_of

MOSCOW = ZoneInfo("Europe/Moscow")


def added(region, year):
    """What a region adds to the holidays of Russia."""
    everywhere = holidays_of("RU", year)
    return {d: n for d, n in holidays_of("RU", year, "ru", region=region).items()
            if d not in everywhere}  # fmt: skip


def test_tatarstan_has_its_days_the_feasts_and_a_monday_in_lieu_of_a_sunday():
    assert added("RU-TA", 2026) == {
        date(2026, 3, 20): "Ураза-байрам",
        date(2026, 5, 27): "Курбан-байрам",
        date(2026, 8, 30): "День Республики Татарстан",
        date(2026, 8, 31): "День Республики Татарстан (перенос)",
        date(2026, 11, 6): "День Конституции Татарстана",
    }


@pytest.mark.parametrize(
    ("year", "fitr", "adha"),
    [
        (2023, date(2023, 4, 21), date(2023, 6, 28)),
        (2024, date(2024, 4, 10), date(2024, 6, 16)),
        (2025, date(2025, 3, 30), date(2025, 6, 6)),
    ],
)
def test_the_feasts_fell_on_the_days_that_the_muftiate_named(year, fitr, adha):
    said = {name: day for day, name in added("RU-CE", year).items()}
    assert (said["Ураза-байрам"], said["Курбан-байрам"]) == (fitr, adha)


def test_what_is_free_everywhere_is_not_told_again():
    days = [d for d, n in added("RU-CE", 2033).items() if n == "Ураза-байрам"]
    assert days == [date(2033, 12, 23)]  # the other one of this year is the 2nd of January


def test_a_region_without_feasts_has_its_own_days_alone():
    assert "Ысыах" in added("RU-SA", 2027).values()
    assert not any("байрам" in name for name in added("RU-SA", 2027).values())


def test_work_stands_still_on_a_regional_holiday_unless_the_company_works():
    at = datetime(2026, 10, 12, 10, 0, tzinfo=MOSCOW)  # in lieu of Sunday, Bashkortostan
    assert WorkSchedule(OFFICE_HOURS, MOSCOW, "RU").is_open(at)
    assert not WorkSchedule(OFFICE_HOURS, MOSCOW, "RU", region="RU-BA").is_open(at)
    works = frozenset({at.date()})
    assert WorkSchedule(OFFICE_HOURS, MOSCOW, "RU", days_on=works, region="RU-BA").is_open(at)


def test_regions_of_other_countries_come_from_the_library():
    assert regions_of("DE")["DE-BY"]
    bavaria = holidays_of("DE", 2026, region="DE-BY")
    assert date(2026, 1, 6) in bavaria
    assert date(2026, 1, 6) not in holidays_of("DE", 2026)
    assert knows_region("DE", "DE-BY")
    assert not knows_region("RU", "DE-BY")
    assert not knows_region("", "RU-TA")
