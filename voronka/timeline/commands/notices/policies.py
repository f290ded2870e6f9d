"""Choosing what is told, how and when: one's own, and what the company begins with (UI-11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import InvalidInput
from voronka.people.access import require_right
from voronka.people.models import User
from voronka.people.schedules import schedule_of
from voronka.timeline.models import NoticePolicy, Notification
from voronka.timeline.notices.choices import choice_of, company_choice, mode_of
from voronka.timeline.notices.kinds import kinds
from voronka.timeline.notices.rules import MOST_DIGESTS, Mode, Quiet, digest_at


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """What a person, or the company, wants.

    Attributes:
        modes: of the kinds that were chosen; others are inherited.
        night: kinds that ring in quiet hours; None: inherited.
        quiet: a rules.Quiet; "": inherited, as are `digest_times` that are empty.
        digest_times: one or two, "09:00".
    """

    modes: Mapping[str, str]
    night: Sequence[str] | None = None
    quiet: str = ""
    quiet_from: time | None = None
    quiet_until: time | None = None
    digest_times: Sequence[str] = ()
    push: bool = True
    letters: bool = True


@transaction.atomic
def save_own_policy(user: User, spec: PolicySpec) -> NoticePolicy:
    """Keep what a person has chosen; what waits for a digest goes by its new time.

    Raises:
        InvalidInput: an unknown kind or way, quiet hours without their hours, no such time.
    """
    row = _save(spec, user=user)
    _plan_anew(user)
    return row


@transaction.atomic
def save_company_policy(spec: PolicySpec, *, by: Actor) -> NoticePolicy:
    """Keep what people begin with; records `notice_policy.changed`. Own choices stand over it.

    Raises:
        Forbidden: the role may not set up.
        InvalidInput: see `save_own_policy`.
    """
    require_right(by, "setup")
    before = company_choice()
    row = _save(spec, user=None)
    after = company_choice()
    changed = {
        kind.code: [str(mode_of(before, kind.code)), str(mode_of(after, kind.code))]
        for kind in kinds()
        if mode_of(before, kind.code) != mode_of(after, kind.code)
    }
    record("notice_policy.changed", row, by=by, modes=changed, quiet=after.quiet)
    return row


def _save(spec: PolicySpec, *, user: User | None) -> NoticePolicy:
    _check(spec)
    own_hours = spec.quiet == Quiet.OWN
    row, _made = NoticePolicy.objects.update_or_create(
        user=user,
        defaults={
            "modes": dict(spec.modes),
            "night": None if spec.night is None else sorted(set(spec.night)),
            "quiet": spec.quiet,
            "quiet_from": spec.quiet_from if own_hours else None,
            "quiet_until": spec.quiet_until if own_hours else None,
            "digest_times": sorted(set(spec.digest_times)) or None,
            "push": spec.push,
            "letters": spec.letters,
        },
    )
    return row


def _plan_anew(user: User) -> None:
    choice = choice_of(user.pk)
    waiting = Notification.objects.filter(user=user, read_at=None, letter=None, mode=Mode.DIGEST)
    when = None
    if choice.letters:
        when = digest_at(choice, schedule_of(user.pk), at=timezone.now())
    waiting.exclude(letter_due_at=None).update(letter_due_at=when)


def _check(spec: PolicySpec) -> None:
    known = {kind.code for kind in kinds()}
    wrong: dict[str, str] = {}
    if not set(spec.modes) <= known or not set(spec.modes.values()) <= set(Mode.values):
        wrong["modes"] = _("Choose for each kind of notice from the list.")
    if spec.night is not None and not set(spec.night) <= known:
        wrong["night"] = _("Choose from the list.")
    if spec.quiet and spec.quiet not in Quiet.values:
        wrong["quiet"] = _("Choose from the list.")
    if spec.quiet == Quiet.OWN:
        if spec.quiet_from is None or spec.quiet_until is None:
            wrong["quiet_from"] = _("Say from when until when it is quiet.")
        elif spec.quiet_from == spec.quiet_until:
            wrong["quiet_from"] = _("The quiet hours begin and end at the same time.")
    if len(set(spec.digest_times)) > MOST_DIGESTS:
        wrong["digest_times"] = _("The digest goes twice a day at most.")
    elif not all(_is_clock(one) for one in spec.digest_times):
        wrong["digest_times"] = _("Give the time as hours and minutes, such as 09:00.")
    if wrong:
        raise InvalidInput(_("This can't be saved yet."), fields=wrong)


def _is_clock(text: str) -> bool:
    try:
        return time.fromisoformat(text).strftime("%H:%M") == text
    except ValueError:
        return False
