"""Notes and activities."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Note(models.Model):
    """What somebody wrote about a card or a client."""

    item = models.ForeignKey(
        "items.Item", models.CASCADE, null=True, blank=True, related_name="notes"
    )
    client = models.ForeignKey(
        "clients.Client", models.CASCADE, null=True, blank=True, related_name="notes"
    )
    text = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="notes"
    )
    mentions = models.JSONField(default=list)  # user ids
    attachments = models.ManyToManyField("items.Attachment", blank=True, related_name="notes")
    pinned = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    journal_type: ClassVar[str] = "note"

    class Meta:
        indexes = [
            models.Index(fields=["item", "-created_at"], name="note_by_item"),
            models.Index(fields=["client", "-created_at"], name="note_by_client"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class ActivityQuerySet(models.QuerySet["Activity"]):
    """Readable filters of activities."""

    def planned(self) -> ActivityQuerySet:
        """Neither done nor cancelled."""
        return self.filter(done_at=None)

    def overdue(self, *, at: datetime) -> ActivityQuerySet:
        """Planned for a moment that has passed."""
        return self.planned().filter(due_at__lt=at)


class Activity(models.Model):
    """A task, call or meeting: planned for a time, owned by somebody, ended with an outcome."""

    class Kind(models.TextChoices):
        TASK = "task", _("Task")
        CALL = "call", _("Call")
        MEETING = "meeting", _("Meeting")

    class Outcome(models.TextChoices):
        DONE = "done", pgettext_lazy("outcome", "Done")
        NO_ANSWER = "no_answer", pgettext_lazy("outcome", "No answer")
        NO_SHOW = "no_show", pgettext_lazy("outcome", "Did not come")
        CANCELLED = "cancelled", pgettext_lazy("outcome", "Cancelled")

    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TASK)
    item = models.ForeignKey(
        "items.Item", models.CASCADE, null=True, blank=True, related_name="activities"
    )
    client = models.ForeignKey(
        "clients.Client", models.CASCADE, null=True, blank=True, related_name="activities"
    )
    title = models.CharField(max_length=255)
    text = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="activities")
    due_at = models.DateTimeField(null=True)  # empty: "some day", counted by control (C8)
    minutes = models.PositiveSmallIntegerField(null=True)  # planned length of a meeting
    remind_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    result = models.TextField(blank=True)
    created_by_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    objects = ActivityQuerySet.as_manager()
    journal_type: ClassVar[str] = "activity"

    class Meta:
        indexes = [
            # my activities, and control over one seller
            models.Index(
                fields=["owner", "due_at"], condition=Q(done_at=None), name="activity_own_planned"
            ),
            # next step of a card
            models.Index(
                fields=["item", "due_at"], condition=Q(done_at=None), name="activity_next_step"
            ),
            models.Index(fields=["item", "-created_at"], name="activity_by_item"),
            # my day: how much is done today; my activities: what was done
            models.Index(
                fields=["owner", "-done_at", "-id"],
                condition=Q(done_at__isnull=False),
                name="activity_own_done",
            ),
            models.Index(
                fields=["remind_at"],
                condition=Q(done_at=None, reminded_at=None, remind_at__isnull=False),
                name="activity_to_remind",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_late(self) -> bool:
        """Whether it should have been done by now."""
        return self.done_at is None and self.due_at is not None and self.due_at < timezone.now()

    @property
    def is_today(self) -> bool:
        """Whether it is planned for today, in the reader's time zone."""
        return self.due_at is not None and timezone.localdate(self.due_at) == timezone.localdate()


class Notification(models.Model):
    """Something a person should hear of: a mention, a reminder, a card given to them."""

    class Kind(models.TextChoices):
        MENTION = "mention", _("You were mentioned")
        REMINDER = "reminder", _("Reminder")
        ASSIGNED = "assigned", _("A card was given to you")
        TASK = "task", _("A task was given to you")
        WATCHED = "watched", _("A card that you watch has moved")
        JOB = "job", _("A long job has ended")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    item = models.ForeignKey("items.Item", models.CASCADE, null=True, related_name="+")
    text = models.CharField(max_length=300)
    url_name = models.CharField(max_length=60, blank=True)  # of long jobs: which page, which row
    url_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-at"], name="notification_newest"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notification_unread"),
        ]

    def __str__(self) -> str:
        return self.text
