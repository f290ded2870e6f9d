"""Channels and the ledger of everything that came in."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ChannelQuerySet(models.QuerySet["Channel"]):
    """Readable filters of channels."""

    def active(self) -> ChannelQuerySet:
        """Connected, and not in the archive."""
        return self.filter(active=True, archived_at=None)


class Channel(models.Model):
    """One way in and out: a mailbox, a site form, a chat, a bot.

    `settings` are the provider's, without its secrets; those are in `sealed` and leave the
    database only inside the provider. Where enquiries go when no routing rule says otherwise:
    `pipeline`; to whom: by `distribution`, else `owner`.
    """

    provider = models.CharField(max_length=20)
    code = models.SlugField(max_length=60, unique=True)
    key = models.CharField(max_length=32, unique=True)  # of its public addresses
    name = models.CharField(max_length=120)
    settings = models.JSONField(default=dict)
    sealed = models.TextField(blank=True)
    cursor = models.JSONField(default=dict)  # where its listener has come to, in its own words
    pipeline = models.ForeignKey(
        "pipelines.Pipeline", models.PROTECT, null=True, blank=True, related_name="channels"
    )
    source = models.ForeignKey(
        "pipelines.Source", models.PROTECT, null=True, blank=True, related_name="channels"
    )
    owner = models.ForeignKey(
        "people.User", models.PROTECT, null=True, blank=True, related_name="channels"
    )
    distribution = models.ForeignKey(
        "routing.Distribution", models.PROTECT, null=True, blank=True, related_name="channels"
    )
    active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)
    last_received_at = models.DateTimeField(null=True)  # to the minute: not written at each event
    last_sent_at = models.DateTimeField(null=True)
    usual_pause = models.DurationField(null=True)  # working time; learned when nobody has set it
    learned_pause = models.DurationField(null=True)
    problem = models.CharField(max_length=500, blank=True)  # why it does not work now, in words
    problem_at = models.DateTimeField(null=True)
    tested_at = models.DateTimeField(null=True)  # the last self-test that came through
    test_took = models.DurationField(null=True)  # from its event to its card
    for_staff = models.BooleanField(default=False)  # notices to employees go by it (UI-11)

    objects = ChannelQuerySet.as_manager()
    journal_type: ClassVar[str] = "channel"

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["for_staff"], condition=Q(for_staff=True), name="one_channel_for_staff"
            )
        ]

    def __str__(self) -> str:
        return self.name


class EnquiryQuerySet(models.QuerySet["Enquiry"]):
    """Readable filters of the ledger."""

    def lost(self) -> EnquiryQuerySet:
        """Received, but no card and no good reason why not: this must be empty (IN-10)."""
        return self.filter(state__in=UNFINISHED)

    def due(self, *, at: datetime) -> EnquiryQuerySet:
        """To be worked on now: the process that took it has died, or a new attempt is due."""
        return self.lost().filter(next_try_at__lte=at)


class Enquiry(models.Model):
    """The ledger: one row for everything that came in, stored raw before anything reads it (IN-10).

    received → parsed → carded → answered; it stays "parsed" only when no card could be made though
    the event was understood, "failed" when it was not. `happened_at` is the client's time, from
    which the five-minute clock runs; `received_at` ours.
    """

    class State(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("enquiry", "Received")
        PARSED = "parsed", pgettext_lazy("enquiry", "Understood, no card yet")
        CARDED = "carded", pgettext_lazy("enquiry", "In a card")
        ANSWERED = "answered", pgettext_lazy("enquiry", "Answered")
        EXCLUDED = "excluded", pgettext_lazy("enquiry", "Stopped by an exclusion")
        IGNORED = "ignored", pgettext_lazy("enquiry", "Needs no card")
        FAILED = "failed", pgettext_lazy("enquiry", "Not understood")

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="enquiries", db_index=False)
    external_id = models.CharField(max_length=255)
    raw = models.BinaryField()
    content_type = models.CharField(max_length=120, blank=True)
    headers = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RECEIVED)
    kind = models.CharField(max_length=10, blank=True)  # a contract.Kind, once it is understood
    error = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    decision = models.JSONField(default=dict)  # what was done with it and why; see docs/domain
    item = models.ForeignKey("items.Item", models.SET_NULL, null=True, related_name="enquiries")
    message = models.ForeignKey(
        "timeline.Message", models.SET_NULL, null=True, related_name="+", db_index=False
    )
    exclusion = models.ForeignKey(
        "clients.Exclusion", models.SET_NULL, null=True, related_name="enquiries", db_index=False
    )
    test = models.BooleanField(default=False)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    carded_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    objects = EnquiryQuerySet.as_manager()
    journal_type: ClassVar[str] = "enquiry"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="enquiry_once")
        ]
        indexes = [
            # "received but no card", and the sweeper
            models.Index(
                fields=["next_try_at", "id"],
                condition=Q(state__in=["received", "parsed", "failed"]),
                name="enquiry_unfinished",
            ),
            # the ledger of one channel, newest first
            models.Index(fields=["channel", "-received_at"], name="enquiry_by_channel"),
            # the ledger of all, newest first
            models.Index(fields=["-received_at", "-id"], name="enquiry_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id}/{self.external_id}"


UNFINISHED = (Enquiry.State.RECEIVED, Enquiry.State.PARSED, Enquiry.State.FAILED)


class RepeatRule(models.Model):
    """What a funnel does when somebody writes again (I5, IN-12). No row: `rules.USUAL`."""

    class WhenOpen(models.TextChoices):
        JOIN = "join", _("Join the open card")
        NEW = "new", _("Open a new card")

    class WhenLost(models.TextChoices):
        RETURN = "return", _("Return the refused card to work")
        NEW = "new", _("Open a new card")

    pipeline = models.OneToOneField(
        "pipelines.Pipeline", models.CASCADE, related_name="repeat_rule"
    )
    when_open = models.CharField(max_length=4, choices=WhenOpen.choices, default=WhenOpen.JOIN)
    join_within = models.DurationField(null=True)  # since the card's last sign of life; no limit
    when_lost = models.CharField(max_length=6, choices=WhenLost.choices, default=WhenLost.NEW)
    return_within = models.DurationField(null=True)  # since the refusal; no limit when empty
    from_nurturing = models.BooleanField(default=True)  # a card there is taken back to sales
    thread_stays = models.DurationField(null=True)  # answers to a closed card stay with it so long

    journal_type: ClassVar[str] = "repeat_rule"

    def __str__(self) -> str:
        return f"{self.pipeline_id}: {self.when_open}, {self.when_lost}"


class MessageTemplate(models.Model):
    """A text at hand for whoever writes to clients, with {placeholders} of the card (TL-8).

    It is offered everywhere, in one funnel, or on one stage of it.
    """

    code = models.SlugField(max_length=60, blank=True)  # stable: the blueprint knows it by this
    name = models.CharField(max_length=120)
    subject = models.CharField(max_length=300, blank=True)  # of letters
    text = models.TextField()
    pipeline = models.ForeignKey(
        "pipelines.Pipeline", models.CASCADE, null=True, blank=True, related_name="+"
    )
    stage = models.ForeignKey(
        "pipelines.Stage", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    uses = models.PositiveIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)

    journal_type: ClassVar[str] = "message_template"

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=~Q(code=""), name="message_template_code_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
