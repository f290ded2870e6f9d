"""An import and its rows."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voronka.imports import vcards


class ImportRun(models.Model):
    """One file on its way into the base."""

    class Entity(models.TextChoices):
        PERSON = "person", _("Persons")
        COMPANY = "company", _("Companies")
        ITEM = "item", _("Cards")
        PRODUCT = "product", _("Products")
        EMPLOYEE = "employee", _("Employees")

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("import", "Being prepared")
        CHECKING = "checking", pgettext_lazy("import", "Trial run")
        CHECKED = "checked", pgettext_lazy("import", "Checked")
        RUNNING = "running", pgettext_lazy("import", "Running")
        DONE = "done", pgettext_lazy("import", "Done")
        UNDOING = "undoing", pgettext_lazy("import", "Being undone")
        UNDONE = "undone", pgettext_lazy("import", "Undone")
        FAILED = "failed", pgettext_lazy("import", "Stopped by an error")

    entity = models.CharField(max_length=10, choices=Entity.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    file = models.FileField(upload_to="imports/%Y/%m/", max_length=255)
    file_name = models.CharField(max_length=255)
    reading = models.JSONField(default=dict)  # {"encoding", "delimiter", "sheet", "header_row"}
    headers = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)  # mapping.Mapping
    total = models.PositiveIntegerField(default=0)  # rows in the file
    done = models.PositiveIntegerField(default=0)  # rows worked through in the present state
    counts = models.JSONField(default=dict)  # verdict -> rows
    advice = models.JSONField(default=dict)  # field code -> rows whose name should be repaired
    error = models.TextField(blank=True)
    stopped_in = models.CharField(max_length=10, blank=True)  # the state in which it failed
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="imports")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    journal_type: ClassVar[str] = "import"

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def titles(self) -> list[str]:
        """The headers for people: those of contact cards in their own language."""
        if self.headers != list(vcards.COLUMNS):
            return list(self.headers)
        return [str(title) for title in vcards.COLUMNS.values()]

    @property
    def is_half_done(self) -> bool:
        """Whether it stopped when something was in the base already: it goes on, or is undone."""
        if self.state != self.State.FAILED or self.stopped_in == self.State.CHECKING:
            return False
        return self.stopped_in == self.State.UNDOING or self.done > 0

    @property
    def is_busy(self) -> bool:
        """Whether a job is working on it."""
        return self.state in (self.State.CHECKING, self.State.RUNNING, self.State.UNDOING)


class ImportRow(models.Model):
    """One row of the file with its verdict."""

    class Verdict(models.TextChoices):
        NEW = "new", pgettext_lazy("verdict", "New")
        UPDATE = "update", pgettext_lazy("verdict", "Updates what is there")
        SAME = "same", pgettext_lazy("verdict", "Already there")
        DOUBLE = "double", pgettext_lazy("verdict", "Double within the file")
        FIX = "fix", pgettext_lazy("verdict", "To be fixed")
        EMPTY = "empty", pgettext_lazy("verdict", "Empty row")

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()  # line of the table, the first under the header is 1
    cells = models.JSONField(default=list)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    notes = models.JSONField(default=list)  # [{"field", "text"}]: why, and what was left out
    object_id = models.BigIntegerField(null=True)
    made = models.BooleanField(default=False)  # the import created the object
    before = models.JSONField(null=True)  # what an update changed: {code: old value}
    undone = models.BooleanField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="import_row_once")]
        indexes = [models.Index(fields=["run", "verdict", "number"], name="import_row_verdict")]

    def __str__(self) -> str:
        return f"{self.run_id}:{self.number}"


class SavedMapping(models.Model):
    """A mapping remembered for files with the same headers (IM-1)."""

    entity = models.CharField(max_length=10, choices=ImportRun.Entity.choices)
    headers_key = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entity", "headers_key"], name="saved_mapping_once")
        ]

    def __str__(self) -> str:
        return f"{self.entity}: {self.headers_key[:8]}"
