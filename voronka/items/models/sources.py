"""Where customers come from, every time they come, and what that costs (IN-16)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class Touch(models.Model):
    """One time that a client turned to us about a card, with its source and marks.

    The first, the last and the deciding one are kept apart: `deciding` is a person's word; without
    it the last touch before the card was closed counts.
    """

    item = models.ForeignKey("items.Item", models.CASCADE, related_name="touches", db_index=False)
    source = models.ForeignKey(
        "pipelines.Source", models.SET_NULL, null=True, related_name="touches", db_index=False
    )
    channel_id = models.BigIntegerField(null=True)
    utm = models.JSONField(default=dict)
    page = models.CharField(max_length=1000, blank=True)
    referer = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField()
    deciding = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(deciding=True), name="one_deciding_touch"
            )
        ]
        indexes = [models.Index(fields=["item", "at"], name="touch_of_item")]

    def __str__(self) -> str:
        return f"{self.item_id} ← {self.source_id}"


class SourceCost(models.Model):
    """What a source, or one campaign of it, cost in a run of days (both included)."""

    source = models.ForeignKey("pipelines.Source", models.CASCADE, related_name="costs")
    campaign = models.CharField(max_length=200, blank=True)  # utm_campaign; the whole source if ""
    first_day = models.DateField()
    last_day = models.DateField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)  # company currency
    by_user_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    journal_type: ClassVar[str] = "cost"

    class Meta:
        ordering = ["-first_day", "source", "campaign"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "campaign", "first_day", "last_day"], name="cost_once"
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="cost_days_in_order"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="cost_gte_0"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.first_day:%d.%m.%Y}: {self.amount}"
