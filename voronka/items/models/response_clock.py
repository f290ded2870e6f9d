"""The five-minute clock: from the client's event to the first human touch (Q1, IN-14)."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy


class ResponseClockQuerySet(models.QuerySet["ResponseClock"]):
    """Readable filters of clocks."""

    def running(self) -> ResponseClockQuerySet:
        """The client still waits for the first human touch."""
        return self.filter(outcome="")

    def counted(self, *, at: datetime) -> ResponseClockQuerySet:
        """What the share in norm is a share of: answered, left unanswered, or late by now."""
        counted = [ResponseClock.Outcome.ANSWERED, ResponseClock.Outcome.UNANSWERED]
        return self.filter(Q(outcome__in=counted) | Q(outcome="", due_at__lte=at))


class ResponseClock(models.Model):
    """One enquiry's wait for the first human touch. `seconds` and `norm_seconds` are working time.

    `owner_id` and `source` are those of the moment when it began; `by_user_id` has answered.
    """

    class Outcome(models.TextChoices):
        ANSWERED = "answered", pgettext_lazy("clock", "Answered")
        UNANSWERED = "unanswered", pgettext_lazy("clock", "Closed without an answer")
        VOID = "void", pgettext_lazy("clock", "Not a target enquiry")

    item = models.ForeignKey("items.Item", models.CASCADE, related_name="response_clocks")
    pipeline = models.ForeignKey("pipelines.Pipeline", models.CASCADE, related_name="+")
    source = models.ForeignKey(
        "pipelines.Source", models.SET_NULL, null=True, related_name="+", db_index=False
    )
    channel_id = models.BigIntegerField(null=True)
    owner_id = models.BigIntegerField()
    started_at = models.DateTimeField()  # the client's time
    due_at = models.DateTimeField()
    norm_seconds = models.PositiveIntegerField()
    stopped_at = models.DateTimeField(null=True)
    seconds = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    by_user_id = models.BigIntegerField(null=True)

    objects = ResponseClockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(outcome=""), name="one_clock_runs")
        ]
        indexes = [
            # the report: median and share in norm of a period
            models.Index(fields=["started_at"], name="clock_by_start"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.outcome or 'running'}"
