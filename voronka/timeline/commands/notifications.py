"""Telling people: the bell."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from voronka.items.models import Item, Watch
from voronka.journal.live import announce_change
from voronka.journal.models import Event
from voronka.kernel.prepared import Prepared
from voronka.people.models import User
from voronka.people.queries import holders
from voronka.pipelines.models import Stage
from voronka.timeline.models import Activity, Notification

KEEP_READ = timedelta(days=90)
_MOST_HEADS = 20  # people who are told of one card


def notify(
    user_id: int,
    kind: str,
    text: str,
    *,
    item_id: int | None = None,
    url_name: str = "",
    url_id: int | None = None,
) -> Notification:
    """Put one line behind a person's bell, live, inside the caller's transaction."""
    notification = Notification.objects.create(
        user_id=user_id,
        kind=kind,
        item_id=item_id,
        text=text[:300],
        url_name=url_name,
        url_id=url_id,
        at=timezone.now(),
    )
    announce_change("user.notified", User.journal_type, user_id)  # the bell's own, not history
    return notification


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
        notify(activity.owner_id, Notification.Kind.REMINDER, text, item_id=activity.item_id)
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
    notify(user.pk, Notification.Kind.ASSIGNED, text, item_id=event.subject_id)


def on_planned(event: Event) -> None:
    """Tell a person of work that somebody else has planned for them (a handler of plans).

    What a robot plans is not told: its tasks come by the dozen, and My day shows them.
    """
    to = event.diff.get("owner")
    if to is None or event.actor_user_id in (None, to):
        return
    user = User.objects.filter(pk=to, is_active=True).first()
    if user is None:
        return
    with override(user.language):
        text = _("New task for you: %(title)s") % {"title": event.diff["title"]}
    item_id = event.subject_id if event.subject_type == Item.journal_type else None
    notify(user.pk, Notification.Kind.TASK, text, item_id=item_id)


def on_enquiry(event: Event) -> None:
    """Tell the responsible that a client has turned to them (Q3): a new card, or an old one again.

    A handler of `item.created` and `item.enquiry_joined`; cards that people make tell nobody.
    """
    if event.diff.get("enquiry") is None or event.diff.get("test"):
        return
    people = User.objects.filter(pk=event.diff["owner_id"], is_active=True)
    language = people.values_list("language", flat=True).first()
    if language is None:
        return
    with override(language):
        if event.verb == "item.created":
            text = _("New enquiry: “%(title)s”.") % {"title": event.diff["title"]}
        else:
            title = Item.objects.values_list("title", flat=True).get(pk=event.subject_id)
            text = _("“%(title)s”: the client has turned to us again.") % {"title": title}
    notify(event.diff["owner_id"], Notification.Kind.ENQUIRY, text, item_id=event.subject_id)


def on_nobody_fits(event: Event) -> None:
    """Tell those who control the sales that a card found nobody (a handler; IN-13)."""
    heads = User.objects.filter(is_active=True, role__rights__contains=["control"])
    title = Item.objects.values_list("title", flat=True).get(pk=event.subject_id)
    for user in heads[:_MOST_HEADS]:
        with override(user.language):
            text = _("Nobody fitted for “%(title)s”: the person on duty has it.") % {"title": title}
        notify(user.pk, Notification.Kind.UNPLACED, text, item_id=event.subject_id)


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
        notify(user.pk, Notification.Kind.WATCHED, text, item_id=event.subject_id)


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
        notify(user.pk, Notification.Kind.ASKED, text, url_name="recycle:index")


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
    notify(asker.pk, Notification.Kind.ASKED, text)
