"""Notices that go by letter: gathered by the minute, written and sent by jobs (UI-11).

A notice stands in one letter at most (its `letter`), so nothing is written twice, and whoever has
read it behind the bell before gets none.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import override
from procrastinate.contrib.django import app

from voronka.items.models import Item
from voronka.people.schedules import schedule_of
from voronka.timeline.models import NoticeLetter, Notification
from voronka.timeline.notices.choices import choice_of
from voronka.timeline.notices.letters import NotCarried, carrier, write_letter
from voronka.timeline.notices.rules import Mode, ring_at

JOB = "timeline.letter"  # of voronka.timeline.tasks; named, for jobs call commands
ATTEMPTS = 8  # then it is given up: after some 12 hours
MOST_LINES = 100  # of one letter
KEEP = timedelta(days=30)
_TOO_OLD = timedelta(days=2)  # what waited so long for a mailbox is not written any more
_CLAIM = timedelta(minutes=10)
_FIRST_PAUSE = timedelta(seconds=20)
_LONGEST_PAUSE = timedelta(hours=6)
_FORGOTTEN = timedelta(minutes=5)


@transaction.atomic
def gather_letters(*, at: datetime | None = None, batch: int = 2000) -> int:
    """Put what is due and unread into one letter for each person; return how many letters.

    Runs each minute. While no mailbox is set up nothing is gathered. What falls into somebody's
    quiet hours is put off until their end.
    """
    now = at or timezone.now()
    if carrier() is None:
        return 0
    due = (
        Notification.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(read_at=None, letter=None, letter_due_at__lte=now)
        .filter(letter_due_at__gt=now - _TOO_OLD, user__is_active=True)
        .order_by("letter_due_at")[:batch]
    )
    of_person: dict[int, list[Notification]] = defaultdict(list)
    for row in due:
        of_person[row.user_id].append(row)
    letters = 0
    for user_id, rows in of_person.items():
        ready = _out_of_quiet(user_id, rows, now)
        if not ready:
            continue
        letter = NoticeLetter.objects.create(user_id=user_id, due_at=now, created_at=now)
        Notification.objects.filter(pk__in=ready[:MOST_LINES]).update(letter=letter)
        _defer(letter.pk)
        letters += 1
    return letters


def _out_of_quiet(user_id: int, rows: list[Notification], now: datetime) -> list[int]:
    """Return the ids of what may be written of now; put off what rings in quiet hours."""
    choice, schedule = choice_of(user_id), schedule_of(user_id)
    ready = []
    for row in rows:
        ring = ring_at(choice, row.kind, schedule, at=now) if row.mode == Mode.URGENT else now
        if ring <= now:  # the time of a digest was chosen: it is never quiet then
            ready.append(row.pk)
        else:
            Notification.objects.filter(pk=row.pk).update(letter_due_at=ring)
    return ready


def perform_letter(letter_id: int) -> bool:
    """Try a letter once, outside of any transaction; return whether it is over."""
    letter = _claim(letter_id)
    if letter is None:
        return True
    user = letter.user
    rows = list(letter.notifications.filter(read_at=None).order_by("at"))
    wanted = {n.item_id for n in rows if n.item_id is not None}
    seen = set(Item.objects.visible_to(user).filter(pk__in=wanted).values_list("pk", flat=True))
    rows = [n for n in rows if n.item_id is None or n.item_id in seen]
    by = carrier()
    if not rows or not user.is_active:
        return _end(letter, NoticeLetter.State.DROPPED)
    if by is None:
        return _end(letter, NoticeLetter.State.FAILED, "no mailbox is set up")
    with override(user.language):
        written = write_letter(f"notices-{letter.pk}", user.email, rows)
        try:
            by.carry(written)
        except NotCarried as refusal:
            return _put_off(letter, refusal)
    return _end(letter, NoticeLetter.State.DONE)


@transaction.atomic
def pick_up(*, at: datetime | None = None, limit: int = 200) -> int:
    """Defer jobs for letters that seem forgotten; return how many. Runs each minute."""
    late = (at or timezone.now()) - _FORGOTTEN
    waiting = NoticeLetter.objects.filter(state=NoticeLetter.State.WAITING, due_at__lt=late)
    ids = list(waiting.order_by("due_at").values_list("pk", flat=True)[:limit])
    for pk in ids:
        _defer(pk)
    return len(ids)


@transaction.atomic
def forget_old(*, at: datetime | None = None) -> int:
    """Delete letters that went long ago, unless they hold something unread; return how many."""
    until = (at or timezone.now()) - KEEP
    unread = Notification.objects.filter(read_at=None, letter__isnull=False).values("letter_id")
    return NoticeLetter.objects.filter(ended_at__lt=until).exclude(pk__in=unread).delete()[0]


def _claim(letter_id: int) -> NoticeLetter | None:
    now = timezone.now()
    waiting = NoticeLetter.State.WAITING
    due = NoticeLetter.objects.filter(pk=letter_id, state=waiting, due_at__lte=now)
    if not due.update(due_at=now + _CLAIM):
        return None
    return NoticeLetter.objects.select_related("user__role").filter(pk=letter_id).first()


def _end(letter: NoticeLetter, state: str, error: str = "") -> bool:
    NoticeLetter.objects.filter(pk=letter.pk).update(
        state=state, error=error[:300], attempts=letter.attempts + 1, ended_at=timezone.now()
    )
    return True


@transaction.atomic
def _put_off(letter: NoticeLetter, refusal: NotCarried) -> bool:
    attempts = letter.attempts + 1
    if not refusal.again or attempts >= ATTEMPTS:
        return _end(letter, NoticeLetter.State.FAILED, refusal.why)
    again = timezone.now() + min(_FIRST_PAUSE * 4 ** (attempts - 1), _LONGEST_PAUSE)
    NoticeLetter.objects.filter(pk=letter.pk).update(
        due_at=again, attempts=attempts, error=refusal.why[:300]
    )
    _defer(letter.pk, at=again)
    return False


def _defer(letter_id: int, *, at: datetime | None = None) -> None:
    job = app.configure_task(JOB, queue="outside", schedule_at=at, allow_unknown=True)
    job.defer(letter_id=letter_id)
