"""Groups among whom cards are given out, and the table that says which card goes where."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Distribution(models.Model):
    """A group of people and how cards are given out among them (IN-13).

    Whoever fits gets the card: at work, not away, not full, of the right source, grade and product.
    When nobody fits it goes to `duty`, without one to the company's owner, and is counted for the
    head of sales: never to silence.
    """

    class Strategy(models.TextChoices):
        BY_TURN = "by_turn", _("By turn")
        LEAST_LOADED = "least_loaded", _("To the least loaded")

    class AfterHours(models.TextChoices):
        SPREAD = "spread", _("Give out as in working time, for the next morning")
        DUTY = "duty", _("Give to the person on duty")

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    strategy = models.CharField(max_length=12, choices=Strategy.choices, default=Strategy.BY_TURN)
    sticky = models.BooleanField(default=True)  # to the client's previous manager first
    capacity = models.PositiveIntegerField(null=True, blank=True)  # open cards of each; no limit
    after_hours = models.CharField(
        max_length=6, choices=AfterHours.choices, default=AfterHours.SPREAD
    )
    duty = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="duties"
    )
    archived = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    journal_type: ClassVar[str] = "distribution"

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person in a distribution. Empty lists of sources, grades and products mean "any"."""

    distribution = models.ForeignKey(Distribution, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    active = models.BooleanField(default=True)
    capacity = models.PositiveIntegerField(null=True, blank=True)  # instead of the group's
    sources = models.JSONField(default=list)  # codes
    grades = models.JSONField(default=list)  # "A", "B", "C"
    products = models.JSONField(default=list)  # codes of products, or of product groups
    position = models.PositiveSmallIntegerField(default=0)
    last_given_at = models.DateTimeField(null=True)  # whose turn it is: the longest ago
    given = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["distribution", "user"], name="distribution_member_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.distribution_id}: {self.user_id}"


class RoutingRule(models.Model):
    """A row of the routing table; the first one whose condition holds decides (QL-8).

    `condition` is one of `kernel.conditions` over `routing.facts`. What a row leaves empty is
    decided by the rows below it, and in the end by the channel.
    """

    class When(models.TextChoices):
        ENQUIRY = "enquiry", _("When an enquiry comes in")
        CONVERSION = "conversion", _("When a lead becomes a deal")

    code = models.SlugField(max_length=60, blank=True)  # stable: the blueprint knows it by this
    when = models.CharField(max_length=10, choices=When.choices, default=When.ENQUIRY)
    name = models.CharField(max_length=120)
    condition = models.JSONField(default=dict)
    pipeline = models.ForeignKey(
        "pipelines.Pipeline", models.CASCADE, null=True, blank=True, related_name="routing_rules"
    )
    distribution = models.ForeignKey(
        Distribution, models.CASCADE, null=True, blank=True, related_name="rules"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    journal_type: ClassVar[str] = "routing_rule"

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=~Q(code=""), name="routing_rule_code_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Unplaced(models.Model):
    """A card for which nobody fitted: it lies with the duty person until somebody sees to it."""

    item = models.ForeignKey("items.Item", models.CASCADE, related_name="unplaced")
    distribution = models.ForeignKey(Distribution, models.CASCADE, related_name="unplaced")
    verdicts = models.JSONField(default=dict)  # {user id: why not}
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)  # given to somebody, or the client was answered

    class Meta:
        indexes = [
            # the head of sales' counter
            models.Index(fields=["-at"], condition=Q(settled_at=None), name="unplaced_open"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}"
