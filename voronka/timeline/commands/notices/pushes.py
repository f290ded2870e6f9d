"""Notices on their way to devices: planned with the notice, sent by jobs (UI-11).

The claim moves `due_at` on, so two jobs for one push can't both send it; a sender that died leaves
it due again. The service worker folds a repeat by the notice's id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from procrastinate.contrib.django import app

from voronka.items.models import Item
from voronka.kernel.outgoing import Answer
from voronka.people.models import User, UserSession
from voronka.timeline.models import NoticeDevice, NoticePush, Notification
from voronka.timeline.notices import push
from voronka.timeline.notices.kinds import kind_of

JOB = "timeline.push"  # of voronka.timeline.tasks; named, for jobs call commands
ATTEMPTS = 6
_CLAIM = timedelta(minutes=10)  # longer than any sender lives with one push
_FIRST_PAUSE = timedelta(seconds=30)
_FORGOTTEN = timedelta(minutes=5)
GONE = (404, 410)
KEEP = timedelta(days=7)


def plan_pushes(notification: Notification, devices: Sequence[int], *, at: datetime) -> None:
    """Write down that a notice goes to these devices at a moment; in the caller's transaction."""
    rows = NoticePush.objects.bulk_create(
        NoticePush(notification=notification, device_id=pk, due_at=at) for pk in devices
    )
    for row in rows:
        _defer(row.pk, at=at)


def perform_push(push_id: int) -> bool:
    """Try a push once, outside of any transaction; return whether it is over."""
    row = _claim(push_id)
    if row is None:
        return True
    device, notification = row.device, row.notification
    if not _may_show(notification, device) or not _is_open(device):
        NoticePush.objects.filter(pk=row.pk).update(
            state=NoticePush.State.DROPPED, ended_at=timezone.now()
        )
        return True
    return _settle(row, push.send(device, payload_of(notification), topic=f"n{notification.pk}"))


def payload_of(notification: Notification) -> dict[str, object]:
    """Return what a device is told, in its person's language: kind, words, and the notice's id."""
    with override(notification.user.language):
        title = str(kind_of(notification.kind).title)
    return {"id": notification.pk, "title": title, "body": notification.text}


def try_device(device_id: int, *, user: User) -> Answer:
    """Send a test notice to one of a person's devices now, and return what its service said."""
    device = NoticeDevice.objects.get(pk=device_id, user=user)
    with override(user.language):
        said: dict[str, object] = {
            "id": 0,
            "title": _("Voronka"),
            "body": _("Notices come to this device."),
        }
    answer = push.send(device, said, topic="test")
    if answer.status in GONE:
        device.delete()
    else:
        _note(device, answer)
    return answer


@transaction.atomic
def pick_up(*, at: datetime | None = None, limit: int = 200) -> int:
    """Defer jobs for pushes that seem forgotten; return how many. Runs each minute."""
    late = (at or timezone.now()) - _FORGOTTEN
    waiting = NoticePush.objects.filter(state=NoticePush.State.WAITING, due_at__lt=late)
    ids = list(waiting.order_by("due_at").values_list("pk", flat=True)[:limit])
    for pk in ids:
        _defer(pk)
    return len(ids)


@transaction.atomic
def forget_old(*, at: datetime | None = None) -> int:
    """Delete what was sent long ago; return how many."""
    until = (at or timezone.now()) - KEEP
    return NoticePush.objects.filter(ended_at__lt=until).delete()[0]


def _claim(push_id: int) -> NoticePush | None:
    now = timezone.now()
    due = NoticePush.objects.filter(pk=push_id, state=NoticePush.State.WAITING, due_at__lte=now)
    if not due.update(due_at=now + _CLAIM):
        return None
    rows = NoticePush.objects.select_related("device", "notification__user__role")
    return rows.filter(pk=push_id).first()


def _may_show(notification: Notification, device: NoticeDevice) -> bool:
    """Whether there is still something to tell: unread, the person works here, the card is seen.

    Somebody else may have signed in on the device meanwhile; they are told nothing of it.
    """
    user = notification.user
    if notification.read_at is not None or not user.is_active or device.user_id != user.pk:
        return False
    if notification.item_id is None:
        return True
    return Item.objects.visible_to(user).filter(pk=notification.item_id).exists()


def _is_open(device: NoticeDevice) -> bool:
    """Whether its person is still signed in on it; a device that is not is taken away."""
    if UserSession.objects.filter(user=device.user_id, session_key=device.session_key).exists():
        return True
    device.delete()
    return False


@transaction.atomic
def _settle(row: NoticePush, answer: Answer) -> bool:
    if answer.status in GONE:  # the browser has taken the permission back
        NoticeDevice.objects.filter(pk=row.device_id).delete()
        return True
    _note(row.device, answer)
    attempts, now = row.attempts + 1, timezone.now()
    here = NoticePush.objects.filter(pk=row.pk)  # none, if the device was removed meanwhile
    if answer.is_final or attempts >= ATTEMPTS:
        state = NoticePush.State.DONE if answer.is_good else NoticePush.State.FAILED
        here.update(attempts=attempts, state=state, ended_at=now)
        return True
    again = now + _FIRST_PAUSE * 4 ** (attempts - 1)
    if here.update(attempts=attempts, due_at=again):
        _defer(row.pk, at=again)
    return False


def _note(device: NoticeDevice, answer: Answer) -> None:
    rows = NoticeDevice.objects.filter(pk=device.pk)
    if answer.is_good:
        rows.update(shown_at=timezone.now(), problem="")
    else:  # no words of the service: they may repeat the address
        rows.update(problem=str(answer.status or "unreachable"))


def _defer(push_id: int, *, at: datetime | None = None) -> None:
    job = app.configure_task(JOB, queue="outside", schedule_at=at, allow_unknown=True)
    job.defer(push_id=push_id)
