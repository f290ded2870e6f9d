"""Reads of what a person has chosen, with the company's defaults under it."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from voronka.kernel.prepared import Prepared
from voronka.people.models import User
from voronka.timeline.models import NoticePolicy
from voronka.timeline.notices.kinds import kind_of
from voronka.timeline.notices.rules import DIGESTS, Choice, Quiet

_POLICIES = Prepared(
    lambda user_id: NoticePolicy.objects.filter(Q(user_id=user_id) | Q(user_id=None)),
    int,
    model=NoticePolicy,
    steady=True,
)
_USUAL = Choice()


def choice_of(user_id: int) -> Choice:
    """Return what counts for a person. One SQL query."""
    return choices_of({user_id})[user_id]


def choices_of(user_ids: Collection[int]) -> dict[int, Choice]:
    """Return what counts for each of these people. One SQL query."""
    if len(user_ids) == 1:
        rows = _POLICIES.all(*user_ids)
    else:
        rows = list(NoticePolicy.objects.filter(Q(user_id__in=user_ids) | Q(user_id=None)))
    of_whom = {row.user_id: row for row in rows}
    return {pk: merged(of_whom.get(pk), of_whom.get(None)) for pk in user_ids}


def company_choice() -> Choice:
    """Return what counts for whoever has chosen nothing. One SQL query."""
    return merged(None, NoticePolicy.objects.filter(user=None).first())


def own_policy(user: User | None) -> NoticePolicy | None:
    """Return the stored row of a person, or of the company; None when nothing was chosen."""
    return NoticePolicy.objects.filter(user=user).first()


def mode_of(choice: Choice, kind: str) -> str:
    """Return how a person hears of a kind."""
    return choice.modes.get(kind) or kind_of(kind).usual


def merged(own: NoticePolicy | None, company: NoticePolicy | None) -> Choice:
    """Lay a person's choice over the company's."""
    rows = [row for row in (own, company) if row is not None]
    modes = {kind: mode for row in reversed(rows) for kind, mode in row.modes.items()}
    night: list[str] = next((row.night for row in rows if row.night is not None), [])
    hours = next((row for row in rows if row.quiet), None)
    times = next((row.digest_times for row in rows if row.digest_times), DIGESTS)
    return Choice(
        modes=modes,
        night=frozenset(night),
        quiet=hours.quiet if hours else Quiet.WORK,
        quiet_from=(hours.quiet_from if hours else None) or _USUAL.quiet_from,
        quiet_until=(hours.quiet_until if hours else None) or _USUAL.quiet_until,
        digest_times=times,
        push=own.push if own else True,
        letters=own.letters if own else True,
    )
