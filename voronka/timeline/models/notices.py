"""Notices: what a person should hear of, how it went, and what they have chosen (UI-11)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class Notification(models.Model):
    """Something a person should hear of: a mention, a reminder, a card given to them.

    It stands behind the bell, however else it is told. One event makes one for a person (`key`),
    and it has one `mode`, so nobody hears of a thing both at once and in the digest. It goes by
    one letter at most: `letter`, from `letter_due_at` on, if it is unread by then.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=20)  # a code of timeline.notices.kinds
    item = models.ForeignKey("items.Item", models.CASCADE, null=True, related_name="+")
    text = models.CharField(max_length=300)
    url_name = models.CharField(max_length=60, blank=True)  # of long jobs: which page, which row
    url_id = models.BigIntegerField(null=True)
    key = models.CharField(max_length=120, blank=True)  # of the event; "" for what is told once
    cause = models.CharField(max_length=120, blank=True)  # the event behind it, others' text too
    mode = models.CharField(max_length=6, default="silent")  # a notices.rules.Mode
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    letter_due_at = models.DateTimeField(null=True)
    letter = models.ForeignKey(
        "timeline.NoticeLetter", models.SET_NULL, null=True, related_name="notifications"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"], condition=~Q(key=""), name="notification_once"
            ),
            # whatever else is said of an event stays behind the bell
            models.UniqueConstraint(
                fields=["user", "cause"],
                condition=~Q(cause="") & ~Q(mode="silent"),
                name="notification_rings_once",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-at"], name="notification_newest"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notification_unread"),
            models.Index(
                fields=["letter_due_at"],
                condition=Q(read_at=None, letter=None, letter_due_at__isnull=False),
                name="notification_to_write",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class NoticePolicy(models.Model):
    """How a person wants to be told; without a person: what the company's people begin with.

    What is empty is inherited: a person's from the company's, the company's from the kinds
    themselves (`timeline.notices`).
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="notice_policies"
    )
    modes = models.JSONField(default=dict)  # {kind: mode}; only what was chosen
    night = models.JSONField(null=True)  # kinds that may ring in quiet hours
    quiet = models.CharField(max_length=5, blank=True)  # a notices.rules.Quiet
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    digest_times = models.JSONField(null=True)  # ["09:00", "17:00"], the person's own time
    push = models.BooleanField(default=True)
    letters = models.BooleanField(default=True)

    journal_type: ClassVar[str] = "notice_policy"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], nulls_distinct=False, name="notice_policy_of_each"
            )
        ]

    def __str__(self) -> str:
        return f"notices of {self.user_id or 'the company'}"


class NoticeDevice(models.Model):
    """A browser that shows notices. Its address and keys let others write to it: never told."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_devices"
    )
    session_key = models.CharField(max_length=40, db_index=True)  # it ends with the log-in
    mark = models.CharField(max_length=64, unique=True)  # SHA-256 of the address
    sealed = models.TextField()  # endpoint, p256dh, auth
    agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)  # the last notice that its push service has taken
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.user} · {self.agent[:40]}"


class NoticePush(models.Model):
    """One notice on its way to one device; the pair is unique, so it is sent once."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        DROPPED = "dropped"  # read before, or not to be seen any more
        FAILED = "failed"

    notification = models.ForeignKey(Notification, models.CASCADE, related_name="pushes")
    device = models.ForeignKey(NoticeDevice, models.CASCADE, related_name="pushes")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notification", "device"], name="notice_push_once")
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="notice_push_due")
        ]

    def __str__(self) -> str:
        return f"{self.notification_id} → {self.device_id}"


class NoticeLetter(models.Model):
    """A letter with notices to an employee: what rang unread, or the digest."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        DROPPED = "dropped"  # everything was read before
        FAILED = "failed"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_letters"
    )
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="notice_letter_due")
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.state}"
