"""Money, dates and durations as people write them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.translation import override

from voronka.web import words

NBSP, THIN = words.NBSP, words.THIN
NOON = datetime(2025, 3, 12, 12, 0, tzinfo=UTC)  # 15:00 in Moscow


@pytest.fixture(autouse=True)
def moscow():
    with timezone.override("Europe/Moscow"):
        yield


def test_thousands_stand_apart_by_a_thin_space_and_kopecks_show_only_when_there_are_some():
    with override("ru"):
        assert words.money(1234567) == f"1{THIN}234{THIN}567{NBSP}₽"
        assert words.money(Decimal("1200.50")) == f"1{THIN}200,50{NBSP}₽"
        assert words.money(Decimal("1200.00"), currency="USD") == f"1{THIN}200{NBSP}$"
        assert words.money(0) == f"0{NBSP}₽"
        assert words.money(-5) == f"−5{NBSP}₽"
        assert words.money(None) == "—"
    with override("en"):
        assert words.money(Decimal("1200.50"), bare=True) == f"1{THIN}200.50"


def test_a_huge_amount_fits_a_column_head():
    with override("ru"):
        assert words.short_money(12_480_000) == f"12,5{NBSP}млн{NBSP}₽"
        assert words.short_money(482_500) == f"483{NBSP}тыс.{NBSP}₽"
        assert words.short_money(9_600) == f"9{THIN}600{NBSP}₽"
        assert words.short_money(3_000_000_000) == f"3{NBSP}млрд{NBSP}₽"
    with override("en"):
        assert words.short_money(12_480_000) == f"12.5M{NBSP}₽"


def test_an_amount_that_rounds_up_to_the_next_unit_takes_it():
    with override("en"):
        assert words.short_money(949_000) == f"949K{NBSP}₽"
        assert words.short_money(999_999) == f"1M{NBSP}₽"


def test_dates_near_today_are_words():
    with override("ru"):
        assert words.when(NOON, now=NOON) == f"сегодня{NBSP}15:00"
        assert words.when(NOON - timedelta(days=1), now=NOON) == f"вчера{NBSP}15:00"
        assert words.when(date(2025, 3, 13), now=NOON) == "завтра"
        assert words.when(date(2025, 5, 9), now=NOON) == f"9{NBSP}мая"
        assert words.when(date(2024, 5, 9), now=NOON) == f"9{NBSP}мая{NBSP}2024"
    with override("en"):
        assert words.when(NOON, now=NOON) == f"today{NBSP}15:00"
        assert words.when(date(2024, 9, 9), now=NOON) == f"9{NBSP}Sep{NBSP}2024"


def test_today_is_the_day_of_the_persons_own_zone():
    late = datetime(2025, 3, 12, 22, 30, tzinfo=UTC)  # already the 13th in Moscow
    with override("en"):
        assert words.when(late, now=NOON) == f"tomorrow{NBSP}01:30"
        with timezone.override("Europe/Kaliningrad"):
            assert words.when(late, now=NOON) == f"tomorrow{NBSP}00:30"
        with timezone.override("UTC"):
            assert words.when(late, now=NOON) == f"today{NBSP}22:30"


def test_the_title_of_a_date_says_it_in_full():
    with override("ru"):
        assert words.full(NOON) == "Среда, 12 марта 2025, 15:00"
    with override("en"):
        assert words.full(date(2025, 3, 12)) == "Wednesday, 12 March 2025"


def test_a_duration_has_two_units_at_most():
    with override("ru"):
        assert words.duration(timedelta(days=1, hours=4, minutes=7)) == f"1{NBSP}д{NBSP}4{NBSP}ч"
        assert words.duration(timedelta(minutes=35)) == f"35{NBSP}мин"
        assert words.duration(timedelta(days=24, hours=3)) == f"24{NBSP}д"
        assert words.duration(timedelta(days=1, minutes=7)) == f"1{NBSP}д"
        assert words.duration(timedelta(0)) == f"0{NBSP}с"
        assert words.duration(-timedelta(hours=2)) == f"−2{NBSP}ч"


def test_a_working_day_has_eight_hours():
    with override("en"):
        assert (
            words.duration(timedelta(hours=12), day=timedelta(hours=8)) == f"1{NBSP}d{NBSP}4{NBSP}h"
        )


@pytest.mark.parametrize(("count", "text"), [(1, "1 день"), (3, "3 дня"), (11, "11 дней")])
def test_russian_days_have_their_plural(count, text):
    with override("ru"):
        assert words.days(count) == text


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Марина Орлова", "МО"), ("ООО «Северный двор»", "ОС"), ("anna", "A"), ("«»", "?"), ("", "?")],
)
def test_initials_come_from_words_not_from_quotes(name, letters):
    assert words.initials(name) == letters
