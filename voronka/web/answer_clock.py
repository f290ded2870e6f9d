"""The five-minute clock as pages show it: how long is left to answer the client (Q1, IN-14).

A page draws it once; `voronka/js/clocks.js` makes it run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from voronka.web import words

SOON = 0.75  # of the time spent: a clock turns amber, this one and that of a stage
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class AnswerClock:
    """A clock that runs: from the client's event to the moment when the answer is due."""

    since: datetime
    due: datetime
    now: datetime

    @classmethod
    def of(
        cls, since: datetime | None, due: datetime | None, now: datetime | None = None
    ) -> AnswerClock | None:
        """Return the clock of a card by its two moments; None when none runs."""
        if since is None or due is None:
            return None
        return cls(since, due, now or timezone.now())

    @property
    def left(self) -> timedelta:
        """How long is left; negative when it is late."""
        return self.due - self.now

    @property
    def late(self) -> bool:
        return self.left < timedelta(0)

    @property
    def spent(self) -> float:
        """The share that has passed, 0..1."""
        whole = self.due - self.since
        return min(max(0.0, 1 - self.left / whole), 1.0) if whole > timedelta(0) else 1.0

    @property
    def css(self) -> str:
        """The class of its ring, by what is spent."""
        return ring(self.spent, late=self.late)

    @property
    def tone(self) -> str:
        """The colour of its words."""
        return "red" if self.late else "amber" if self.css else ""

    @property
    def text(self) -> str:
        """How long is left, how late it is, or by when: "4:31 to answer"."""
        if self.left >= _HOUR:  # outside of working time
            day = words.when(self.due)
            hour = f"{timezone.localtime(self.due):%H:%M}"
            return _("answer by: %s") % (day if hour in day else f"{day}{words.NBSP}{hour}")
        span = countdown(abs(self.left))
        return (_("answer is %s late") if self.late else _("%s to answer")) % span

    @property
    def title(self) -> str:
        """Since when the client waits."""
        return _("Waits since %(moment)s") % {"moment": words.full(self.since)}

    @property
    def moments(self) -> SafeString:
        """The attributes by which the script goes on counting; milliseconds from 1970."""
        return format_html(
            'data-since="{}" data-due="{}" data-soon="{}"',
            _milliseconds(self.since),
            _milliseconds(self.due),
            SOON,
        )


def ring(spent: float, *, late: bool) -> str:
    """Return the class of a clock's ring by the share of its time that has passed."""
    return "clock-late" if late else "clock-soon" if spent > SOON else ""


def countdown(span: timedelta) -> str:
    """Write a span to the second while it is shorter than an hour: "4:31"; "2 h 5 min"."""
    if span >= _HOUR:
        return words.duration(span)
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    return f"{minutes}:{seconds:02}"


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
