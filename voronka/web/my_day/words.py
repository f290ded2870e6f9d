"""Why a row stands in the day, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from voronka.timeline.day import Row
from voronka.web.answer_clock import AnswerClock
from voronka.web.words import duration, when

SPANS: dict[str, Promise] = {
    "today": pgettext_lazy("my day", "Today"),
    "tomorrow": pgettext_lazy("my day", "Tomorrow"),
    "week": pgettext_lazy("my day", "Week"),
}
STATES: dict[str, Promise] = {
    "planned": pgettext_lazy("work", "Planned"),
    "overdue": pgettext_lazy("work", "Overdue"),
    "undated": pgettext_lazy("work", "Without a date"),
    "done": pgettext_lazy("work", "Done"),
}


@dataclass(frozen=True, slots=True)
class Why:
    """A reason with its icon. `tone`: "red", "amber" or ""."""

    text: str
    icon: str
    tone: str = ""
    clock: AnswerClock | None = None  # runs by the second


def why(row: Row) -> Why:
    """Say why a row is here: "15:00", "stage deadline passed 3 h ago", "no next step"."""
    return _WORDS.get(row.kind.code, _planned)(row)


def _planned(row: Row) -> Why:
    if row.activity is None or row.activity.due_at != row.at:
        return _clock(row)
    return Why(when(row.at), _ICONS.get(row.activity.kind, "checkbox"))


def _overdue(row: Row) -> Why:
    return Why(_("promised: %(moment)s") % {"moment": when(row.at)}, "alarm", "red")


def _enquiry(row: Row) -> Why:
    clock = AnswerClock.of(row.item.clock_started_at, row.at) if row.item else None
    if clock is None:
        return Why(_("the client waits for an answer"), "messages", "red")
    return Why(clock.text, "bolt", clock.tone, clock)


def _answer(row: Row) -> Why:
    span = duration(timezone.now() - row.at) if row.at else "—"
    return Why(_("the client waits %(span)s for an answer") % {"span": span}, "messages", "amber")


def _clock(row: Row) -> Why:
    left = row.at - timezone.now() if row.at else None
    if left is None or left.total_seconds() < 0:
        span = duration(-left if left else None)
        return Why(_("stage deadline passed %(span)s ago") % {"span": span}, "hourglass", "red")
    if left.total_seconds() < 2 * 3600:
        text = _("%(span)s left for this stage") % {"span": duration(left)}
        return Why(text, "hourglass", "amber")
    return Why(_("stage deadline: %(moment)s") % {"moment": when(row.at)}, "hourglass")


def _question(row: Row) -> Why:
    if row.at is not None and row.at < timezone.now():
        text = _("a question to you, answer was needed %(moment)s") % {"moment": when(row.at)}
        return Why(text, "message-question", "red")
    text = _("a question to you, answer by %(moment)s") % {"moment": when(row.at)}
    return Why(text, "message-question", "amber")


def _no_step(row: Row) -> Why:
    return Why(_("no next step"), "calendar-off", "red")


def _new(row: Row) -> Why:
    span = duration(timezone.now() - row.at) if row.at else "—"
    return Why(_("new, waits %(span)s") % {"span": span}, "sparkles", "amber")


_ICONS = {"call": "phone", "meeting": "users", "task": "checkbox"}
_WORDS: dict[str, Callable[[Row], Why]] = {
    "enquiry": _enquiry,
    "answer": _answer,
    "overdue": _overdue,
    "clock": _clock,
    "no_step": _no_step,
    "question": _question,
    "new": _new,
}
