"""When a notice rings, and when the digest goes (UI-11)."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from voronka.kernel.worktime import OFFICE_HOURS, WorkSchedule
from voronka.timeline.notices.rules import Choice, Quiet, digest_at, ring_at, stronger

OMSK = ZoneInfo("Asia/Omsk")
OFFICE = WorkSchedule(OFFICE_HOURS, OMSK)


def at(day: int, clock: str) -> datetime:
    """A moment of March 2026 in Omsk; the 2nd is a Monday."""
    return datetime.combine(date(2026, 3, day), time.fromisoformat(clock), OMSK)


@pytest.mark.parametrize(
    ("now", "rings"),
    [
        (at(3, "10:00"), at(3, "10:00")),
        (at(3, "13:30"), at(3, "13:30")),  # the break at noon is not quiet
        (at(3, "07:00"), at(3, "09:00")),
        (at(3, "18:00"), at(4, "09:00")),
        (at(6, "22:00"), at(9, "09:00")),  # Friday evening: Monday
    ],
)
def test_outside_of_working_hours_nothing_rings(now, rings):
    assert ring_at(Choice(), "mention", OFFICE, at=now) == rings


def test_what_is_marked_even_at_night_rings_at_once():
    now = at(3, "23:00")
    assert ring_at(Choice(night=frozenset({"enquiry"})), "enquiry", OFFICE, at=now) == now
    assert ring_at(Choice(night=frozenset({"enquiry"})), "mention", OFFICE, at=now) > now
    assert ring_at(Choice(quiet=Quiet.NEVER), "mention", OFFICE, at=now) == now


@pytest.mark.parametrize(
    ("since", "until", "now", "rings"),
    [
        ("22:00", "07:00", at(3, "23:00"), at(4, "07:00")),
        ("22:00", "07:00", at(3, "06:59"), at(3, "07:00")),
        ("22:00", "07:00", at(3, "07:00"), at(3, "07:00")),
        ("12:00", "13:00", at(3, "12:30"), at(3, "13:00")),
        ("12:00", "13:00", at(8, "09:00"), at(8, "09:00")),  # a Sunday is no quieter
    ],
)
def test_own_quiet_hours_may_go_over_midnight(since, until, now, rings):
    choice = Choice(
        quiet=Quiet.OWN,
        quiet_from=time.fromisoformat(since),
        quiet_until=time.fromisoformat(until),
    )
    assert ring_at(choice, "mention", OFFICE, at=now) == rings


def test_who_has_no_working_hours_is_reached_at_once():
    now = at(3, "23:00")
    assert ring_at(Choice(), "mention", WorkSchedule({}, OMSK), at=now) == now


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        (at(3, "08:00"), at(3, "09:00")),
        (at(3, "09:00"), at(3, "17:30")),
        (at(3, "20:00"), at(4, "09:00")),
        (at(6, "18:00"), at(9, "09:00")),  # no digest on free days
    ],
)
def test_the_digest_goes_at_the_next_chosen_time_of_the_persons_own_clock(now, goes):
    assert digest_at(Choice(digest_times=("17:30", "09:00")), OFFICE, at=now) == goes


def test_who_has_quiet_hours_of_their_own_gets_digests_on_free_days_too():
    choice = Choice(quiet=Quiet.OWN, digest_times=("09:00",))
    assert digest_at(choice, OFFICE, at=at(6, "18:00")) == at(7, "09:00")


def test_urgent_is_louder_than_the_digest_and_that_than_silence():
    assert stronger("urgent", "digest")
    assert stronger("digest", "silent")
    assert not stronger("urgent", "urgent")
