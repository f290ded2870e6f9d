"""The times that are usually chosen for a next step, and how early to remind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

REMINDERS = {  # minutes before
    "": gettext_lazy("No reminder"),
    "0": gettext_lazy("At the time"),
    "15": gettext_lazy("15 minutes before"),
    "60": gettext_lazy("An hour before"),
    "1440": gettext_lazy("A day before"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that is often chosen."""

    title: str
    value: str  # as datetime-local wants it


def moments(now: datetime | None = None) -> list[Moment]:
    """Return the usual times for a next step: soon, tomorrow, in three days, in a week."""
    now = timezone.localtime(now)
    morning = now.replace(hour=10, minute=0, second=0, microsecond=0)
    soon = (now + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    chosen = [
        (_("in 2 hours"), soon),
        (_("tomorrow 10:00"), morning + timedelta(days=1)),
        (_("in 3 days"), morning + timedelta(days=3)),
        (_("in a week"), morning + timedelta(days=7)),
    ]
    return [Moment(title, f"{at:%Y-%m-%dT%H:%M}") for title, at in chosen]
