"""The journal: one row for everything that happened, never changed and never deleted."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Event(models.Model):
    """One thing that happened to one subject.

    `verb` is noun and past verb ("item.moved"); `diff` holds ids and values, never secrets.
    """

    verb = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=20)  # item, client, user, pipeline, setup, import
    subject_id = models.BigIntegerField()
    pipeline_id = models.BigIntegerField(null=True)  # of an item, for live updates and audit
    actor_kind = models.CharField(max_length=10)
    actor_user_id = models.BigIntegerField(null=True)  # not a key: the journal knows no people
    actor_name = models.CharField(max_length=120, blank=True)
    diff = models.JSONField(default=dict)
    at = models.DateTimeField()  # when it happened; imports bring the past
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            # feed of a card or client
            models.Index(fields=["subject_type", "subject_id", "-id"], name="event_by_subject"),
            # audit page: what one person did
            models.Index(fields=["actor_user_id", "-id"], name="event_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_type}:{self.subject_id}"


class Seal(models.Model):
    """A link of the hash chain over a run of events: a change breaks all later seals (AC-6)."""

    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField(unique=True)
    count = models.IntegerField()
    digest = models.CharField(max_length=64)  # SHA-256 over the previous digest and the events
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.first_id}–{self.last_id}"


class Reading(models.Model):
    """How often one person has opened one card or client within one hour (AC-3, AC-6).

    The first opening of an hour is an event as well, `item.read` or `client.read`, and so sealed;
    this row counts the rest. What a program lists is counted here only.
    """

    reader_id = models.BigIntegerField()  # not a key: the journal knows no people
    subject_type = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    hour = models.DateTimeField()  # its beginning, UTC
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "reader_id", "hour"], name="reading_once"
            )
        ]
        indexes = [
            models.Index(fields=["reader_id", "-id"], name="reading_by_reader"),
            models.Index(fields=["hour"], name="reading_by_hour"),  # too much read; what is old
        ]

    def __str__(self) -> str:
        return f"{self.reader_id} → {self.subject_type}:{self.subject_id}"
