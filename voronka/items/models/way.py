"""The way of a card: its stays on stages, what its clock was given, its passages to others."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from voronka.items.models.card import Item


class StageVisit(models.Model):
    """One stay of a card in a stage. Analytics reads this, never the journal.

    `jump`: passed over on the way to a later stage, left the moment it was entered (FS-8).
    `correction`: a permitted return, not a new entry; conversion ignores it (FS-7).
    """

    item = models.ForeignKey(Item, models.CASCADE, related_name="visits")
    stage = models.ForeignKey("pipelines.Stage", models.PROTECT, related_name="visits")
    pipeline = models.ForeignKey("pipelines.Pipeline", models.PROTECT, related_name="visits")
    owner_id = models.BigIntegerField()  # who was responsible when it began
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    by_user_id = models.BigIntegerField(null=True)
    how = models.CharField(max_length=10, default="user")  # an Actor's kind
    jump = models.BooleanField(default=False)
    correction = models.BooleanField(default=False)
    overdue = models.DurationField(null=True)  # how far past the deadline it was left

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(left_at=None), name="one_open_visit"
            ),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=models.F("entered_at")),
                name="visit_left_after_entered",
            ),
        ]
        indexes = [
            models.Index(fields=["item", "entered_at", "id"], name="visit_history"),
            models.Index(fields=["pipeline", "entered_at"], name="visit_funnel"),
            # board: how many cards leave the stages of a pipeline in a day
            models.Index(
                fields=["pipeline", "left_at"],
                include=["stage", "owner_id"],
                condition=Q(left_at__isnull=False, jump=False),
                name="visit_left",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} @ {self.stage_id}"


class ClockChange(models.Model):
    """The clock of a stay was prolonged or paused, with a reason (FS-9).

    `amount` is time by the stage's own measure (working or calendar); of a pause it is known when
    it ends. `until`: when a pause ends by itself.
    """

    class Kind(models.TextChoices):
        PROLONGED = "prolonged", _("Prolonged")
        PAUSED = "paused", _("Paused")

    item = models.ForeignKey(Item, models.CASCADE, related_name="clock_changes")
    stage = models.ForeignKey("pipelines.Stage", models.CASCADE, related_name="clock_changes")
    stay = models.DateTimeField()  # the card's stage_entered_at
    kind = models.CharField(max_length=9, choices=Kind.choices)
    reason = models.CharField(max_length=300)
    amount = models.DurationField(default=timedelta)
    by_user_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"],
                condition=Q(kind="paused", ended_at=None),
                name="clock_paused_once",
            )
        ]
        indexes = [
            models.Index(fields=["item", "at"], name="clock_change_by_item"),
            # norm review: how often a stage is prolonged
            models.Index(fields=["stage", "at"], name="clock_change_by_stage"),
            # the worker: pauses that end by themselves
            models.Index(
                fields=["until"],
                condition=Q(kind="paused", ended_at=None, until__isnull=False),
                name="clock_pause_to_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.kind}"


class Passage(models.Model):
    """A card went through a tunnel into another funnel; the map of funnels counts these (TN-2).

    `child` is the card that was made there; empty when the card itself went.
    """

    class How(models.TextChoices):
        MOVE = "move", _("Moved")
        CHILD = "child", _("Goes on as a card of its own")
        COPY = "copy", _("Successor")

    item = models.ForeignKey(Item, models.CASCADE, related_name="passages")
    child = models.ForeignKey(Item, models.CASCADE, null=True, related_name="arrivals")
    from_pipeline = models.ForeignKey("pipelines.Pipeline", models.CASCADE, related_name="+")
    from_stage = models.ForeignKey("pipelines.Stage", models.SET_NULL, null=True, related_name="+")
    to_pipeline = models.ForeignKey("pipelines.Pipeline", models.CASCADE, related_name="+")
    to_stage = models.ForeignKey("pipelines.Stage", models.SET_NULL, null=True, related_name="+")
    how = models.CharField(max_length=5, choices=How.choices)
    robot = models.CharField(max_length=60, blank=True)  # its code; empty: a person sent the card
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # the map: how many went from where to where in a period
            models.Index(
                fields=["at", "from_stage", "to_stage"], include=["how"], name="passage_map"
            ),
            models.Index(fields=["item", "at"], name="passage_by_item"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.from_stage_id} → {self.to_stage_id}"
