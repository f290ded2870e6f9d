"""The draft of a funnel, the steps back from it, and what was published before.

Documents are JSON texts of `blueprints.schema.PipelineSpec` without loss reasons. They are kept
as text because the order of keys is the order of stages, and JSONB would forget it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from voronka.pipelines.models import Pipeline

_PERSON = settings.AUTH_USER_MODEL


class PipelineDraft(models.Model):
    """How a funnel shall be; exists only while that differs from how it is."""

    pipeline = models.OneToOneField(Pipeline, models.CASCADE, related_name="draft")
    document = models.TextField()
    base = models.TextField()  # the published funnel that the draft was last brought level with
    step = models.PositiveIntegerField(default=0)  # grows with every edit
    begun_by = models.ForeignKey(_PERSON, models.SET_NULL, null=True, related_name="+")
    begun_at = models.DateTimeField()
    changed_by = models.ForeignKey(_PERSON, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.pipeline_id}: {self.step}"


class DraftStep(models.Model):
    """The draft as it was before an edit, so that the edit can be taken back."""

    draft = models.ForeignKey(PipelineDraft, models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    document = models.TextField()
    base = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "number"], name="draft_step_number")
        ]

    def __str__(self) -> str:
        return f"{self.draft_id}: {self.number}"


class PipelineVersion(models.Model):
    """A funnel as it was published (FS-18). The first one is what stood before any draft."""

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.TextField()
    by = models.ForeignKey(_PERSON, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "number"], name="pipeline_version_number")
        ]

    def __str__(self) -> str:
        return f"{self.pipeline_id}: {self.number}"
