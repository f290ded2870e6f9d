"""An export of the whole base and its archive."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy


class ExportRun(models.Model):
    """One archive: asked for, made by the worker, kept for a day, then thrown away."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("export", "Waits for the worker")
        RUNNING = "running", pgettext_lazy("export", "Being made")
        DONE = "done", pgettext_lazy("export", "Ready")
        FAILED = "failed", pgettext_lazy("export", "Stopped by an error")
        EXPIRED = "expired", pgettext_lazy("export", "Thrown away")

    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    with_files = models.BooleanField(default=True)
    file = models.FileField(upload_to="exports/", max_length=255, blank=True)
    size = models.PositiveBigIntegerField(default=0)  # bytes
    total = models.PositiveBigIntegerField(default=0)  # rows and files
    done = models.PositiveBigIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="exports")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    journal_type: ClassVar[str] = "export"

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_export_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.created_at):%d.%m.%Y %H:%M}"

    @property
    def is_busy(self) -> bool:
        """Whether it is still to be made."""
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def percent(self) -> int:
        """How much of it is made."""
        return min(99, 100 * self.done // self.total) if self.total else 0
