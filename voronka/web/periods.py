"""Periods that reports offer to choose: thirty days, this month, the last one, a quarter …"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TITLES: dict[str, str | Promise] = {
    "30": _("30 days"),
    "month": _("This month"),
    "last_month": _("Last month"),
    "90": _("90 days"),
    "year": _("A year"),
}
DAYS = {"30": 30, "90": 90, "year": 365}


@dataclass(frozen=True, slots=True)
class Period:
    """A chosen period: `since` inclusive, `until` exclusive."""

    code: str
    since: datetime
    until: datetime

    @property
    def title(self) -> str:
        """How it is called."""
        return str(TITLES[self.code])

    @property
    def choices(self) -> list[tuple[str, str]]:
        """All codes with their titles."""
        return [(code, str(title)) for code, title in TITLES.items()]


def period(code: str, *, default: str = "30") -> Period:
    """Return the period of a code in an address; of `default` for one that is not known."""
    code = code if code in TITLES else default
    now = timezone.now()
    if code in DAYS:
        return Period(code, now - timedelta(days=DAYS[code]), now)
    first = timezone.localdate().replace(day=1)
    if code == "month":
        return Period(code, _midnight(first), now)
    before = (first - timedelta(days=1)).replace(day=1)
    return Period(code, _midnight(before), _midnight(first))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
