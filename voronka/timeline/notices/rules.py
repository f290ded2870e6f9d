"""Pure decisions on notices: how a kind is told, until when it is quiet, when the digest goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.db import models
from django.utils.translation import pgettext_lazy

from voronka.kernel.worktime import WorkSchedule

LETTER_AFTER = timedelta(minutes=5)  # what rings may be read in the bell before a letter goes
MOST_DIGESTS = 2  # a day
DIGESTS = ("09:00",)
_DAYS = 400  # as far as a working day is looked for


class Mode(models.TextChoices):
    """How a person hears of a kind. In every mode it stands behind the bell."""

    URGENT = "urgent", pgettext_lazy("notices", "urgent")
    DIGEST = "digest", pgettext_lazy("notices", "in the digest")
    SILENT = "silent", pgettext_lazy("notices", "silent")


class Quiet(models.TextChoices):
    """When nothing rings."""

    WORK = "work", pgettext_lazy("quiet", "Outside of working hours")
    OWN = "own", pgettext_lazy("quiet", "At hours of one's own")
    NEVER = "never", pgettext_lazy("quiet", "Never")


_STRENGTH = {Mode.SILENT: 0, Mode.DIGEST: 1, Mode.URGENT: 2}


def stronger(one: str, other: str) -> bool:
    """Whether a mode tells louder than another."""
    return _STRENGTH[Mode(one)] > _STRENGTH[Mode(other)]


@dataclass(frozen=True, slots=True)
class Choice:
    """What counts for one person, after the company's and the kinds' own defaults."""

    modes: Mapping[str, str] = field(default_factory=dict)
    night: frozenset[str] = frozenset()
    quiet: str = Quiet.WORK
    quiet_from: time = time(20)
    quiet_until: time = time(8)
    digest_times: Sequence[str] = DIGESTS
    push: bool = True
    letters: bool = True


def ring_at(choice: Choice, kind: str, schedule: WorkSchedule, *, at: datetime) -> datetime:
    """Return when an urgent notice may ring: now, or when the quiet hours end."""
    if kind in choice.night or choice.quiet == Quiet.NEVER:
        return at
    if choice.quiet == Quiet.OWN:
        return _after_own_hours(choice, schedule, at)
    return _when_awake(schedule, at)


def digest_at(choice: Choice, schedule: WorkSchedule, *, at: datetime) -> datetime:
    """Return when the next digest goes: at a chosen time of the person's own clock.

    Where it is quiet outside of working hours, days without work have none.
    """
    times = sorted(time.fromisoformat(t) for t in choice.digest_times or DIGESTS)
    day = at.astimezone(schedule.zone).date()
    for number in range(_DAYS):
        today = day + timedelta(days=number)
        if choice.quiet == Quiet.WORK and not schedule.intervals(today):
            continue
        for clock in times:
            moment = _local(schedule, today, clock)
            if moment > at:
                return moment
    return _local(schedule, day + timedelta(days=1), times[0])


def _when_awake(schedule: WorkSchedule, at: datetime) -> datetime:
    """Return the first moment from `at` on between the first and last hour of a working day.

    The break at noon is not quiet: the person is there. Who has no working hours is always there.
    """
    day = at.astimezone(schedule.zone).date()
    for number in range(-1, _DAYS):  # yesterday's may end after midnight
        hours = schedule.intervals(day + timedelta(days=number))
        if hours and at < hours[-1][1]:
            return max(at, hours[0][0])
    return at


def _after_own_hours(choice: Choice, schedule: WorkSchedule, at: datetime) -> datetime:
    start, end = choice.quiet_from, choice.quiet_until
    if start == end:
        return at
    local = at.astimezone(schedule.zone)
    today, now = local.date(), local.time()
    if start < end:
        return _local(schedule, today, end) if start <= now < end else at
    if now >= start:
        return _local(schedule, today + timedelta(days=1), end)
    return _local(schedule, today, end) if now < end else at


def _local(schedule: WorkSchedule, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, schedule.zone).astimezone(UTC)
