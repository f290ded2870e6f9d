"""The form of how one is told: the table of kinds, the quiet hours, the digest, the ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from voronka.people.models import User
from voronka.timeline.commands.notices.policies import PolicySpec
from voronka.timeline.notices.choices import mode_of
from voronka.timeline.notices.kinds import GROUPS, NoticeKind, kinds
from voronka.timeline.notices.rules import Choice, Mode, Quiet


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of the table, with what is chosen; `usual` is named where it differs."""

    kind: NoticeKind
    mode: str
    night: bool
    usual: str


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the table with its rows."""

    title: str | Promise
    rows: list[Row]


class PolicyForm(forms.Form):
    """How a person, or the company, is told of things.

    What is chosen just as it would be anyhow is not kept as a choice, so that it follows the
    company's default later.

    Args:
        choice: what counts now.
        under: what would count without this choice.
        shown: the kinds of the table.
    """

    quiet = forms.ChoiceField(label=_("Do not disturb"), choices=Quiet.choices)
    quiet_from = forms.TimeField(label=_("Quiet from"), required=False)
    quiet_until = forms.TimeField(label=_("Quiet until"), required=False)
    digest_first = forms.TimeField(label=_("Digest at"))
    digest_second = forms.TimeField(label=_("And once more at"), required=False)

    def __init__(
        self, data: Any = None, *, choice: Choice, under: Choice, shown: Iterable[NoticeKind]
    ) -> None:
        self.choice, self.under, self.shown = choice, under, list(shown)
        times = [*choice.digest_times, ""]
        initial = {
            "quiet": choice.quiet,
            "quiet_from": choice.quiet_from,
            "quiet_until": choice.quiet_until,
            "digest_first": times[0],
            "digest_second": times[1],
            "push": choice.push,
            "letters": choice.letters,
        }
        super().__init__(data, initial=initial)
        for name in ("quiet_from", "quiet_until", "digest_first", "digest_second"):
            self.fields[name].widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})

    def groups(self) -> list[Group]:
        """Return the table with what is chosen, or was just typed."""
        found: dict[str, list[Row]] = {}
        for kind in self.shown:
            mode, night = mode_of(self.choice, kind.code), kind.code in self.choice.night
            if self.is_bound:
                mode, night = self._mode(kind) or mode, self._night(kind)
            row = Row(kind, mode, night, mode_of(self.under, kind.code))
            found.setdefault(kind.group, []).append(row)
        return [Group(GROUPS[code], rows) for code, rows in found.items()]

    def spec(self) -> PolicySpec:
        """Return what was chosen, for the command."""
        data = self.cleaned_data
        shown = {kind.code for kind in self.shown}
        modes = {
            kind.code: mode
            for kind in self.shown
            if (mode := self._mode(kind)) and mode != mode_of(self.under, kind.code)
        }
        hidden = {code: mode for code, mode in self.choice.modes.items() if code not in shown}
        modes |= {c: m for c, m in hidden.items() if m != mode_of(self.under, c)}
        night = {kind.code for kind in self.shown if self._night(kind)}
        night |= self.choice.night - shown
        times = [_clock(data["digest_first"]), _clock(data["digest_second"])]
        times = [one for one in times if one]
        hours = (data["quiet"], data["quiet_from"], data["quiet_until"])
        return PolicySpec(
            modes=modes,
            night=None if night == self.under.night else sorted(night),
            quiet="" if self._inherits_hours(*hours) else data["quiet"],
            quiet_from=data["quiet_from"],
            quiet_until=data["quiet_until"],
            digest_times=[] if sorted(times) == sorted(self.under.digest_times) else times,
            push=bool(data.get("push", True)),
            letters=bool(data.get("letters", True)),
        )

    def _inherits_hours(self, quiet: str, since: time | None, until: time | None) -> bool:
        if quiet != self.under.quiet:
            return False
        own = (self.under.quiet_from, self.under.quiet_until)
        return quiet != Quiet.OWN or (since, until) == own

    def _mode(self, kind: NoticeKind) -> str:
        chosen = str(self.data.get(f"mode-{kind.code}", ""))
        return chosen if chosen in Mode.values else ""

    def _night(self, kind: NoticeKind) -> bool:
        return f"night-{kind.code}" in self.data


class OwnPolicyForm(PolicyForm):
    """A person's own, with the ways to reach them."""

    push = forms.BooleanField(label=_("Show urgent notices on my devices"), required=False)
    letters = forms.BooleanField(label=_("Send me e-mail"), required=False)


def kinds_for(user: User) -> list[NoticeKind]:
    """Return the kinds that a person may ever be told of."""
    return [kind for kind in kinds() if not kind.right or user.access.has(kind.right)]


def _clock(moment: time | None) -> str:
    return f"{moment:%H:%M}" if moment else ""
