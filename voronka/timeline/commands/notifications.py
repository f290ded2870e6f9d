"""Telling people: the bell, and what it is rung for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from voronka.items.models import BulkRun, Item, Watch
from voronka.journal.live import announce_changes
from voronka.journal.models import Event
from voronka.kernel.prepared import Prepared
from voronka.kernel.rows import insert_row
from voronka.people.models import User
from voronka.people.queries import holders
from voronka.people.schedules import schedule_of
from voronka.pipelines.models import Stage
from voronka.timeline.commands.notices.pushes import plan_pushes
from voronka.timeline.models import Activity, NoticeDevice, Notification
from voronka.timeline.notices.choices import choices_of, mode_of
from voronka.timeline.notices.kinds import require_kind
from voronka.timeline.notices.rules import LETTER_AFTER, Choice, Mode, digest_at, ring_at, stronger

KEEP_READ = timedelta(days=90)
_MOST_HEADS = 20  # people who are told of one card


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person is to be told.

    Attributes:
        kind: a code of `notices.kinds`.
        key: of what has happened; the same key tells a person once.
        cause: of an event about which others may tell as well: all of it stands behind the bell,
            but only one, the loudest, goes further.
    """

    user_id: int
    kind: str
    text: str
    item_id: int | None = None
    url_name: str = ""
    url_id: int | None = None
    key: str = ""
    cause: str = ""


def notify(
    user_id: int,
    kind: str,
    text: str,
    *,
    item_id: int | None = None,
    url_name: str = "",
    url_id: int | None = None,
    key: str = "",
    cause: str = "",
    event: Event | None = None,
    first: bool = False,
) -> Notification:
    """Tell one person something: see `notify_many` and `Notice`.

    Args:
        event: what has happened, where it is told by its own handler: the key and the cause.
        first: nobody can have told of it before: nothing is asked for.
    """
    if event is not None:
        key = cause = cause_of(event)
    notice = Notice(user_id, kind, text, item_id, url_name, url_id, key, cause)
    return notify_many([notice], first=first)[0]


def notify_many(notices: Sequence[Notice], *, first: bool = False) -> list[Notification]:
    """Tell people things, live behind the bell and further as they have chosen (UI-11).

    In the caller's transaction. How each goes further is settled here, once: pushed at once or
    after the quiet hours, and by letter if it stays unread; in the next digest; or not at all.
    What was told before by its key is returned as it is.

    Five SQL queries, and two for each person whose working hours count: in the digest, or with
    devices.

    Raises:
        LookupError: nobody has registered a kind.
    """
    now = timezone.now()
    choices = choices_of({one.user_id for one in notices})
    told = [] if first else _told(notices)
    known = {(row.user_id, row.key): row for row in told if row.key}
    loud = {(row.user_id, row.cause): row for row in told if row.mode != Mode.SILENT}
    made: list[Notification] = []
    answer: list[Notification] = []
    for one in notices:
        row = known.get((one.user_id, one.key)) if one.key else None
        if row is None:
            require_kind(one.kind)
            mode = mode_of(choices[one.user_id], one.kind)
            other = loud.get((one.user_id, one.cause)) if one.cause else None
            if other is not None and mode != Mode.SILENT and not _make_way(other, mode):
                mode = Mode.SILENT
            row = Notification(**{**asdict(one), "text": one.text[:300]}, mode=mode, at=now)
            made.append(row)
            known[one.user_id, one.key] = row
            if mode != Mode.SILENT:
                loud[one.user_id, one.cause] = row
        answer.append(row)
    _send_further(made, choices, at=now)
    told_now = sorted({row.user_id for row in made})
    announce_changes("user.notified", User.journal_type, told_now)  # the bell's own, not history
    return answer


def _send_further(
    made: Sequence[Notification], choices: Mapping[int, Choice], *, at: datetime
) -> None:
    """Write new notices down with when their letters are due, and plan their pushes."""
    pushed = {n.user_id for n in made if n.mode == Mode.URGENT and choices[n.user_id].push}
    devices: dict[int, list[int]] = defaultdict(list)
    if pushed:
        rows = NoticeDevice.objects.filter(user_id__in=pushed).only("pk", "user_id")
        for device in _DEVICES.all(*pushed) if len(pushed) == 1 else rows:
            devices[device.user_id].append(device.pk)
    hours = cache(schedule_of)
    for row in made:
        choice = choices[row.user_id]
        if choice.letters and row.mode == Mode.URGENT:
            row.letter_due_at = at + LETTER_AFTER
        elif choice.letters and row.mode == Mode.DIGEST:
            row.letter_due_at = digest_at(choice, hours(row.user_id), at=at)
    if len(made) == 1:
        insert_row(made[0])
    else:
        Notification.objects.bulk_create(made)
    for row in made:
        if row.mode == Mode.URGENT and devices[row.user_id]:
            ring = ring_at(choices[row.user_id], row.kind, hours(row.user_id), at=at)
            plan_pushes(row, devices[row.user_id], at=ring)


def _told(notices: Sequence[Notice]) -> list[Notification]:
    """Return what has one of these keys, or goes further and has one of these causes."""
    keys = {one.key for one in notices} - {""}
    causes = {one.cause for one in notices} - {""}
    if not keys and not causes:
        return []
    if len(notices) == 1:
        return _TOLD.all(notices[0].user_id, notices[0].key, notices[0].cause)
    same = Q(key__in=keys) & ~Q(key="")
    louder = Q(cause__in=causes) & ~Q(cause="") & ~Q(mode=Mode.SILENT)
    people = {one.user_id for one in notices}
    return list(Notification.objects.filter(same | louder, user_id__in=people))


_TOLD = Prepared(
    lambda user_id, key, cause: Notification.objects.filter(
        Q(key=key) & ~Q(key="") | Q(cause=cause) & ~Q(cause="") & ~Q(mode=Mode.SILENT),
        user_id=user_id,
    ),
    int,
    str,
    str,
    model=Notification,
)
_DEVICES = Prepared(
    lambda user_id: NoticeDevice.objects.filter(user_id=user_id).only("pk", "user_id"),
    int,
    model=NoticeDevice,
    steady=True,
)


def cause_of(event: Event) -> str:
    """Return what an event is called as the key or the cause of notices.

    Not its id: an event of a batch has none yet when its handlers wake.
    """
    moment = f"{event.at:%Y%m%d%H%M%S.%f}"
    return f"{event.verb}:{event.subject_type}:{event.subject_id}:{moment}"[:120]


def _make_way(told: Notification, mode: str) -> bool:
    """Return whether a notice may go further: what else its cause has made goes more quietly."""
    if told.letter_id is not None or not stronger(mode, told.mode):
        return False
    told.mode, told.letter_due_at = Mode.SILENT, None
    if told.pk is not None:  # else it is of the same batch, and not written yet
        told.save(update_fields=["mode", "letter_due_at"])
    return True


@transaction.atomic
def mark_read(user_id: int, *, notification_id: int | None = None) -> int:
    """Mark one of a person's notifications, or all, as read; return how many."""
    unread = Notification.objects.filter(user_id=user_id, read_at=None)
    if notification_id is not None:
        unread = unread.filter(pk=notification_id)
    return unread.update(read_at=timezone.now())


@transaction.atomic
def forget_read(*, at: datetime | None = None) -> int:
    """Delete what was read long ago; return how many. Unread ones stay, however old (UI-11)."""
    until = (at or timezone.now()) - KEEP_READ
    return Notification.objects.filter(read_at__lt=until).delete()[0]


@transaction.atomic
def remind_due(*, at: datetime | None = None, batch: int = 200) -> int:
    """Send the reminders that are due; return how many. Runs each minute in the worker."""
    now = at or timezone.now()
    due = list(
        Activity.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("owner")
        .filter(done_at=None, reminded_at=None, remind_at__lte=now)
        .order_by("remind_at")[:batch]
    )
    for activity in due:
        with override(activity.owner.language):
            text = _("Reminder: %(title)s") % {"title": activity.title}
        notify(
            activity.owner_id,
            "reminder",
            text,
            item_id=activity.item_id,
            key=f"reminder-{activity.pk}-{activity.remind_at:%Y%m%d%H%M}",
        )
        activity.reminded_at = now
        activity.save(update_fields=["reminded_at"])
    return len(due)


def on_assigned(event: Event) -> None:
    """Tell a person that a card was given to them (a handler of `item.assigned`)."""
    to = event.diff.get("entered")
    if to is None or to == event.actor_user_id:
        return
    user = User.objects.filter(pk=to, is_active=True).first()
    if user is None:
        return
    title = Item.objects.values_list("title", flat=True).get(pk=event.subject_id)
    with override(user.language):
        text = _("You are now responsible for “%(title)s”.") % {"title": title}
    notify(user.pk, "assigned", text, item_id=event.subject_id, event=event)


def on_planned(event: Event) -> None:
    """Tell a person of work that somebody else has planned for them (a handler of plans).

    What a robot plans is not told: its tasks come by the dozen, and My day shows them. But a
    question that it asks is: it wants one of its answers until a certain time (RB-2).
    """
    to = event.diff.get("owner")
    if to is None or event.actor_user_id == to:
        return
    kind = "task"
    if event.actor_user_id is None:
        if not event.diff.get("answers"):
            return
        kind = "question"
    user = User.objects.filter(pk=to, is_active=True).first()
    if user is None:
        return
    with override(user.language):
        text = (
            _("You are asked: %(title)s")
            if kind == "question"
            else _("New task for you: %(title)s")
        ) % {"title": event.diff["title"]}
    item_id = event.subject_id if event.subject_type == Item.journal_type else None
    notify(user.pk, kind, text, item_id=item_id, event=event)


def on_enquiry(event: Event) -> None:
    """Tell the responsible that a client has turned to them (Q3; a handler of `item.created`).

    Cards that people make tell nobody; one who writes again: `notices.talking`.
    """
    if event.diff.get("enquiry") is None or event.diff.get("test"):
        return
    owner = _READER.first(event.diff["owner_id"])
    if owner is None:
        return
    with override(owner.language):
        text = _("New enquiry: “%(title)s”.") % {"title": event.diff["title"]}
    owner_id = event.diff["owner_id"]
    notify(owner_id, "enquiry", text, item_id=event.subject_id, event=event, first=True)


_READER = Prepared(
    lambda pk: User.objects.filter(pk=pk, is_active=True).only("language").order_by(),
    int,
    model=User,
    steady=True,
)


def on_nobody_fits(event: Event) -> None:
    """Tell those who control the sales that a card found nobody (a handler; IN-13)."""
    heads = User.objects.filter(is_active=True, role__rights__contains=["control"])
    title = Item.objects.values_list("title", flat=True).get(pk=event.subject_id)
    for user in heads[:_MOST_HEADS]:
        with override(user.language):
            text = _("Nobody fitted for “%(title)s”: the person on duty has it.") % {"title": title}
        notify(user.pk, "unplaced", text, item_id=event.subject_id, event=event)


def on_moved(event: Event) -> None:
    """Tell the watchers of a card that it has moved (a handler of moves and closings)."""
    watchers = [w.user for w in _WATCHES.all(event.subject_id) if w.user_id != event.actor_user_id]
    if not watchers:
        return
    title = Item.objects.values_list("title", flat=True).get(pk=event.subject_id)
    stage = Stage.objects.get(pk=event.diff["entered"])
    for user in watchers:
        with override(user.language):
            text = _("“%(title)s” has moved to “%(stage)s”.") % {"title": title, "stage": stage}
        notify(user.pk, "watched", text, item_id=event.subject_id, event=event)


_WATCHES = Prepared(
    lambda item_id: Watch.objects.select_related("user").filter(
        item_id=item_id, user__is_active=True
    ),
    int,
    model=Watch,
)


def on_deletion_asked(event: Event) -> None:
    """Tell those who may open the recycle bin that somebody asks them (a handler, AC-7)."""
    asker = User.objects.filter(pk=event.actor_user_id or 0).first()
    for user in holders("recycle"):
        if user.pk == event.actor_user_id:
            continue
        cards = event.diff["cards"]
        with override(user.language):
            text = ngettext(
                "%(name)s asks you to agree to the deletion of %(cards)s card.",
                "%(name)s asks you to agree to the deletion of %(cards)s cards.",
                cards,
            ) % {"name": asker or "", "cards": cards}
        notify(user.pk, "asked", text, url_name="recycle:index", event=event)


def on_bulk_ended(event: Event) -> None:
    """Tell who started a bulk action that the worker has ended it (a handler of `bulk.`)."""
    run = BulkRun.objects.filter(pk=event.subject_id, background=True).first()
    person = User.objects.filter(pk=run.by_user_id, is_active=True).first() if run else None
    if run is None or person is None:
        return
    with override(person.language):
        text = {
            "bulk.done": _("The action on %(count)s cards has ended. Look at the report."),
            "bulk.undone": _("The action on %(count)s cards has been taken back."),
            "bulk.failed": _("The action on %(count)s cards has stopped by an error."),
        }[event.verb] % {"count": len(run.item_ids)}
    notify(person.pk, "job", text, url_name="list:bulk_report", url_id=run.pk)


def on_deletion_decided(event: Event) -> None:
    """Tell who asked for a deletion what became of it (a handler, AC-7)."""
    asker = User.objects.filter(pk=event.diff.get("asker"), is_active=True).first()
    if asker is None or asker.pk == event.actor_user_id:
        return
    name = User.objects.filter(pk=event.actor_user_id or 0).first() or ""
    with override(asker.language):
        agreed = event.verb.endswith(".agreed")
        text = (
            _("%(name)s has agreed: the cards are in the recycle bin.")
            if agreed
            else _("%(name)s has not agreed to the deletion: the cards stay.")
        ) % {"name": name}
    notify(asker.pk, "asked", text, event=event)
