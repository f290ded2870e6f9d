"""Many cards at once: what was asked, what became of each, and who has to agree."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import pgettext_lazy


class BulkRun(models.Model):
    """One bulk action: what was asked, the verdict per card, and how to take it back."""

    class State(models.TextChoices):
        RUNNING = "running", pgettext_lazy("bulk", "Running")
        DONE = "done", pgettext_lazy("bulk", "Done")
        UNDOING = "undoing", pgettext_lazy("bulk", "Being taken back")
        FAILED = "failed", pgettext_lazy("bulk", "Stopped by an error")

    kind = models.CharField(max_length=20)  # move, assign, edit, delete
    state = models.CharField(max_length=8, choices=State.choices, default=State.DONE)
    item_ids = models.JSONField(default=list)  # all that were chosen, in the order they are done
    undo_asked = models.BooleanField(default=False)
    background = models.BooleanField(default=False)  # the worker does it, chunk by chunk
    error = models.CharField(max_length=300, blank=True)  # why it has stopped
    params = models.JSONField(default=dict)
    report = models.JSONField(default=list)  # [{"item", "ok", "code", "detail"}]
    before = models.JSONField(default=dict)  # {item id: what it was}
    by_user_id = models.BigIntegerField()
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    journal_type: ClassVar[str] = "bulk"

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%d.%m.%Y %H:%M}"

    @property
    def is_busy(self) -> bool:
        """Whether the worker has not ended yet."""
        return self.state in (self.State.RUNNING, self.State.UNDOING)


class MassDeletion(models.Model):
    """Cards that one person wants to delete and a second one has to agree to (AC-7)."""

    item_ids = models.JSONField(default=list)
    by_user_id = models.BigIntegerField()
    at = models.DateTimeField()
    decided_by_id = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    run = models.ForeignKey(
        BulkRun, models.SET_NULL, null=True, blank=True, related_name="mass_deletions"
    )  # when it was agreed to

    journal_type: ClassVar[str] = "mass_deletion"

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{len(self.item_ids)} {self.at:%d.%m.%Y %H:%M}"
