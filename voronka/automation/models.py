"""Robots, what is due, what has run, and what robots keep beside the cards."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voronka.automation.spans import Span
from voronka.kernel.texts import LocalTextField


class RobotQuerySet(models.QuerySet["Robot"]):
    """Readable filters of robots."""

    def alive(self) -> RobotQuerySet:
        """Not taken away."""
        return self.filter(removed_at=None)

    def working(self) -> RobotQuerySet:
        """Switched on."""
        return self.alive().filter(enabled=True)


class Robot(models.Model):
    """A rule: when this happens, and that holds, then after a while do these things.

    Bound to an item type, or to one funnel of it, or to one stage. `conditions` as in
    docs/domain/conditions.md, `actions`: [{"action": code, "with": parameters}]. `verbs` are the
    journal events that wake it: kept so that a command asks one cheap question. A robot that was
    taken away stays for the history of its runs.
    """

    class OnLeave(models.TextChoices):
        CANCEL = "cancel", _("Cancel: the card is elsewhere")
        KEEP = "keep", _("Keep: do it when it is due all the same")
        FINISH = "finish", _("Finish: do it the moment the card leaves")

    code = models.SlugField(max_length=60, unique=True)
    name = LocalTextField()
    item_type = models.ForeignKey("pipelines.ItemType", models.CASCADE, related_name="robots")
    pipeline = models.ForeignKey(
        "pipelines.Pipeline", models.CASCADE, null=True, blank=True, related_name="robots"
    )
    stage = models.ForeignKey(
        "pipelines.Stage", models.SET_NULL, null=True, blank=True, related_name="robots"
    )
    trigger = models.CharField(max_length=40)
    settings = models.JSONField(default=dict)  # the trigger's parameters
    conditions = models.JSONField(default=dict)
    delay_seconds = models.PositiveIntegerField(default=0)
    delay_working = models.BooleanField(default=True)
    actions = models.JSONField(default=list)
    on_leave = models.CharField(max_length=6, choices=OnLeave.choices, default=OnLeave.CANCEL)
    quiet_from = models.TimeField(null=True, blank=True)  # company time; wraps round midnight
    quiet_until = models.TimeField(null=True, blank=True)
    per_card = models.PositiveSmallIntegerField(null=True, blank=True)  # runs a day
    per_client = models.PositiveSmallIntegerField(null=True, blank=True)  # runs a day
    per_day = models.PositiveIntegerField(null=True, blank=True)  # runs of all cards together
    ready = models.BooleanField(default=False)  # a ready chain: its absence is a finding (RB-4)
    enabled = models.BooleanField(default=True)
    verbs = ArrayField(models.CharField(max_length=60), default=list)
    position = models.PositiveSmallIntegerField(default=0)
    created_by_id = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = RobotQuerySet.as_manager()
    journal_type: ClassVar[str] = "robot"

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def delay(self) -> Span:
        """How long after the trigger it acts."""
        return Span(self.delay_seconds, self.delay_working)


class RobotRun(models.Model):
    """One robot on one card: due, or over with its explanation.

    `key` is what it is for ("e123" of event 123, or a timer's own): with the robot and the card it
    is unique, so nothing fires twice. `stay` marks the stay on a stage in which it was woken.
    `step` is the next action, when a run waits between two.
    """

    class State(models.TextChoices):
        PENDING = "pending", pgettext_lazy("robot run", "Due")
        WAITING = "waiting", pgettext_lazy("robot run", "Waits for an event")
        DONE = "done", pgettext_lazy("robot run", "Done")
        SKIPPED = "skipped", pgettext_lazy("robot run", "Conditions did not hold")
        CANCELLED = "cancelled", pgettext_lazy("robot run", "Cancelled")
        FAILED = "failed", pgettext_lazy("robot run", "Failed")

    robot = models.ForeignKey(Robot, models.CASCADE, related_name="runs")
    item = models.ForeignKey("items.Item", models.CASCADE, related_name="robot_runs")
    key = models.CharField(max_length=80)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    stay = models.DateTimeField()  # the card's stage_entered_at when it was woken
    event_id = models.BigIntegerField(null=True)
    cause_id = models.BigIntegerField(null=True)  # the run whose effect woke this one
    depth = models.PositiveSmallIntegerField(default=0)  # robots that woke robots before it
    attempts = models.PositiveSmallIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0)
    waits_for = ArrayField(models.CharField(max_length=60), default=list)
    client_id = models.BigIntegerField(null=True)  # whom it has reached, for the client's budget
    explanation = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["robot", "item", "key"], name="robot_run_once")
        ]
        indexes = [
            # the worker: what is due
            models.Index(fields=["due_at"], condition=Q(state="pending"), name="robot_run_due"),
            # waking, leaving a stage: what is open on a card
            models.Index(
                fields=["item"],
                condition=Q(state__in=["pending", "waiting"]),
                name="robot_run_open",
            ),
            # the card: why did and didn't robots act
            models.Index(fields=["item", "-id"], name="robot_run_by_item"),
            # the robot: its last runs, and what it may still do today
            models.Index(fields=["robot", "-ended_at"], name="robot_run_by_robot"),
            # the client's budget
            models.Index(
                fields=["client_id", "-ended_at"],
                condition=Q(client_id__isnull=False),
                name="robot_run_reached",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.robot_id} @ {self.item_id}: {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether it has still to act."""
        return self.state in (self.State.PENDING, self.State.WAITING)


class Wake(models.Model):
    """An event that robots may care about, not looked at yet. Written with the event, then gone."""

    event_id = models.BigIntegerField()
    item_id = models.BigIntegerField(null=True)  # None: the trigger knows which cards are meant
    cause_id = models.BigIntegerField(null=True)
    depth = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"event {self.event_id}"


class Engine(models.Model):
    """The one row of settings for all robots together: the kill switch and the client's budget."""

    stopped_at = models.DateTimeField(null=True)
    stopped_by_id = models.BigIntegerField(null=True)
    stopped_why = models.CharField(max_length=300, blank=True)
    client_budget = models.PositiveSmallIntegerField(default=3)  # messages to a client a day

    journal_type: ClassVar[str] = "engine"

    def __str__(self) -> str:
        return "stopped" if self.stopped_at else "running"


class AutoTask(models.Model):
    """A task that a robot has set, and when it closes by itself (RB-1).

    `passport` is a fingerprint of the stage's text at that time: if it differs by now, the open
    task is out of date.
    """

    class Purpose(models.TextChoices):
        STAGE = "stage", _("Work of the stage")
        ESCALATION = "escalation", _("Help of the head of sales")
        VERDICT = "verdict", _("Check of a loss")
        PASS = "pass", _("Pass for a large order")
        ACCEPT = "accept", _("Acceptance of a card")

    activity = models.OneToOneField(
        "timeline.Activity", models.CASCADE, related_name="auto_task", primary_key=True
    )
    item = models.ForeignKey("items.Item", models.CASCADE, related_name="auto_tasks")
    stage_id = models.BigIntegerField()
    stay = models.DateTimeField()  # the card's stage_entered_at when it was set
    robot = models.ForeignKey(Robot, models.SET_NULL, null=True, related_name="auto_tasks")
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.STAGE)
    passport = models.CharField(max_length=16, blank=True)
    by_leaving = models.BooleanField(default=True)  # closes when the card leaves the stage
    by_criteria = models.BooleanField(default=True)  # closes when the exit criteria are met
    closed_at = models.DateTimeField(null=True)
    closed_how = models.CharField(max_length=10, blank=True)  # left, criteria, person, carried

    class Meta:
        indexes = [
            # every event of a card asks whether a task may close by itself
            models.Index(fields=["item"], condition=Q(closed_at=None), name="auto_task_open")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.activity_id}"


class LossVerdict(models.Model):
    """The check of one loss by the head of sales, hot on the trail (QL-6, TN-7)."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("verdict", "Waits for the check")
        CONFIRMED = "confirmed", pgettext_lazy("verdict", "Confirmed")
        RETURNED = "returned", pgettext_lazy("verdict", "Returned to work")
        WRONG_REASON = "wrong_reason", pgettext_lazy("verdict", "Another reason")
        LAPSED = "lapsed", pgettext_lazy("verdict", "Not checked in time")

    class Cause(models.TextChoices):
        """Why a loss was wrong: the reasons that the method names."""

        SLOW = "slow", _("Answered too slowly")
        JUDGED = "judged", _("Wrongly judged to have no potential")
        RAPPORT = "rapport", _("No rapport with the customer")
        QUALIFIED = "qualified", _("Badly qualified")
        NO_ALTERNATIVE = "no_alternative", _("No alternative was offered")
        OTHER = "other", _("Something else")

    item = models.ForeignKey("items.Item", models.CASCADE, related_name="loss_verdicts")
    pipeline = models.ForeignKey("pipelines.Pipeline", models.CASCADE, related_name="+")
    lost_at = models.DateTimeField()
    lost_by_id = models.BigIntegerField()  # who answered for the card when it was lost
    reason = models.ForeignKey("pipelines.LossReason", models.SET_NULL, null=True, related_name="+")
    comment = models.CharField(max_length=500, blank=True)
    from_stage = models.ForeignKey("pipelines.Stage", models.SET_NULL, null=True, related_name="+")
    judge_id = models.BigIntegerField(null=True)  # the head of sales who is asked
    due_at = models.DateTimeField()  # then it counts as confirmed
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    cause = models.CharField(max_length=14, choices=Cause.choices, blank=True)
    said = models.CharField(max_length=500, blank=True)
    judged_by_id = models.BigIntegerField(null=True)
    judged_at = models.DateTimeField(null=True)

    journal_type: ClassVar[str] = "loss_verdict"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "lost_at"], name="loss_verdict_once")
        ]
        indexes = [
            # the queue, and what lapses
            models.Index(
                fields=["due_at"], condition=Q(state="waiting"), name="loss_verdict_waiting"
            ),
            # share of overturned losses by person and period
            models.Index(fields=["lost_by_id", "lost_at"], name="loss_verdict_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.state}"


class HighValue(models.Model):
    """From what amount on the orders of a funnel stand under the head's control (FS-15).

    Either a sum, or the largest so many percent of the won orders of a year; `threshold` is the
    sum that follows, kept by a nightly job.
    """

    pipeline = models.OneToOneField(
        "pipelines.Pipeline", models.CASCADE, related_name="high_value", primary_key=True
    )
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)  # company currency
    top_percent = models.PositiveSmallIntegerField(null=True)
    passes = models.JSONField(default=list)  # codes of stages that need a pass
    threshold = models.DecimalField(max_digits=14, decimal_places=2, null=True)

    journal_type: ClassVar[str] = "high_value"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__isnull=False) ^ Q(top_percent__isnull=False),
                name="high_value_by_one_measure",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pipeline_id}: {self.threshold}"


class StagePass(models.Model):
    """The head of sales lets a large order enter a stage (FS-15)."""

    item = models.ForeignKey("items.Item", models.CASCADE, related_name="passes")
    stage = models.ForeignKey("pipelines.Stage", models.CASCADE, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2)  # up to here the pass is good
    by_user_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    comment = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "stage"], name="stage_pass_once")]

    def __str__(self) -> str:
        return f"{self.item_id} → {self.stage_id}"


class Webhook(models.Model):
    """An address outside that is told of events, signed with its own secret (AP-2).

    `verbs`: which events; `pipelines`: codes of the funnels whose cards count, all when empty;
    clients belong to no funnel and always count.
    """

    code = models.SlugField(max_length=60, blank=True)  # stable: the blueprint knows it by this
    name = models.CharField(max_length=120)
    url = models.URLField(max_length=1000)
    sealed = models.TextField()  # the signing secret (kernel.vault)
    verbs = ArrayField(models.CharField(max_length=60))
    pipelines = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    active = models.BooleanField(default=True)
    created_by_id = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # when its maker last heard that it fails

    journal_type: ClassVar[str] = "webhook"

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=~Q(code="") & Q(removed_at=None),
                name="webhook_code_once",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Errand(models.Model):
    """Something to be done outside of the database, kept until it is done: at least once.

    `key` goes along as the idempotency key and is the same in every try. Errands of one `lane`
    keep their order.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("errand", "Waits")
        DONE = "done", pgettext_lazy("errand", "Done")
        FAILED = "failed", pgettext_lazy("errand", "Given up")

    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=10)  # http, call, webhook
    lane = models.CharField(max_length=60, blank=True)  # what comes first goes first in a lane
    item = models.ForeignKey("items.Item", models.CASCADE, null=True, related_name="errands")
    run = models.ForeignKey(RobotRun, models.SET_NULL, null=True, related_name="errands")
    webhook = models.ForeignKey(Webhook, models.CASCADE, null=True, related_name="errands")
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    answer = models.JSONField(default=dict)  # {"status", "body", "error"} of the last try

    journal_type: ClassVar[str] = "errand"

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="errand_waiting"),
            models.Index(fields=["lane", "id"], condition=Q(state="waiting"), name="errand_lane"),
            models.Index(fields=["item", "-id"], name="errand_by_item"),
            models.Index(fields=["kind", "-id"], name="errand_log"),
            # the log of one webhook
            models.Index(
                fields=["webhook", "-id"],
                condition=Q(webhook__isnull=False),
                name="errand_by_webhook",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.state}"
