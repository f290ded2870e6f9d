"""The set-up of selling: item types, pipelines, stages, fields, loss reasons, sources."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voronka.kernel.texts import LocalTextField

if TYPE_CHECKING:
    from voronka.people.models import Department, Role, User

MAX_CODE = 60


class ItemType(models.Model):
    """A kind of card: lead, deal, or a custom type (smart process, S3)."""

    class Kind(models.TextChoices):
        LEAD = "lead", _("Lead")
        DEAL = "deal", _("Deal")
        CUSTOM = "custom", _("Custom type")

    code = models.SlugField(max_length=MAX_CODE, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CUSTOM)
    name = LocalTextField()  # one card: "Deal"
    plural = LocalTextField()  # many: "Deals"
    icon = models.CharField(max_length=40, default="box")
    prefix = models.CharField(max_length=8, blank=True)  # of the card's number
    has_client = models.BooleanField(default=True)
    has_amount = models.BooleanField(default=True)
    has_lines = models.BooleanField(default=False)
    counts_in_revenue = models.BooleanField(default=False)  # S5: only deals do
    success = LocalTextField()  # what success means here: "the article is ready" (S5)
    grade_rule = models.JSONField(default=dict)  # {"fields": […], "a": 9, "b": 5}; docs/domain
    formulas = models.JSONField(default=dict)  # of its fields, in the order of counting; ADR 11
    position = models.PositiveSmallIntegerField(default=0)

    journal_type: ClassVar[str] = "item_type"

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return str(self.name)


class Pipeline(models.Model):
    """A funnel: an ordered set of stages that cards of one item type walk through."""

    class Purpose(models.TextChoices):
        QUALIFICATION = "qualification", _("Qualification")
        NEW_SALES = "new_sales", _("New sales")
        REPEAT = "repeat", _("Repeat sales")
        TELEMARKETING = "telemarketing", _("Telemarketing")
        NURTURING = "nurturing", _("Nurturing")
        LOST_REACTIVATION = "lost_reactivation", _("Lost reactivation")
        FULFILMENT = "fulfilment", _("Fulfilment")
        OTHER = "other", _("Other purpose")

    class Naming(models.TextChoices):
        RESULTS = "results", _("Results reached (conversion funnel)")
        ACTIVITIES = "activities", _("Work in progress (process funnel)")

    code = models.SlugField(max_length=MAX_CODE, unique=True)
    item_type = models.ForeignKey(ItemType, models.PROTECT, related_name="pipelines")
    name = LocalTextField()
    purpose = models.CharField(max_length=20, choices=Purpose.choices, default=Purpose.NEW_SALES)
    naming = models.CharField(max_length=10, choices=Naming.choices, default=Naming.RESULTS)
    split_reason = LocalTextField()  # why it is a funnel of its own (FS-1)
    forward_only = models.BooleanField(default=True)  # F5
    calendar = models.ForeignKey(
        "people.WorkingCalendar", models.SET_NULL, null=True, blank=True, related_name="pipelines"
    )
    archived = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    journal_type: ClassVar[str] = "pipeline"

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return str(self.name)


class Stage(models.Model):
    """A step of a pipeline with its passport (F4, FS-3).

    `exit_criteria`: [{"code", "text", "check", "required"}], see docs/domain/gate.md.
    `objections`: [{"objection", "answer"}]; `steps`: [text]. Texts are {"ru", "en"}.
    `required`: codes of fields that must be filled to stand here or further on.
    """

    class Kind(models.TextChoices):
        OPEN = "open", pgettext_lazy("stage kind", "In work")
        WON = "won", pgettext_lazy("stage kind", "Won")
        LOST = "lost", pgettext_lazy("stage kind", "Lost")

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages")
    code = models.SlugField(max_length=MAX_CODE)
    name = LocalTextField()
    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.OPEN)
    position = models.PositiveSmallIntegerField()
    color = models.CharField(max_length=12, default="grey")  # a name from COLORS
    critical = models.BooleanField(default=False)  # F7
    key = models.BooleanField(default=False)  # КЭВ, F6
    goal = LocalTextField()
    sells_next = LocalTextField()  # what the customer gets by moving on (A14)
    steps = models.JSONField(default=list)
    exit_criteria = models.JSONField(default=list)
    objections = models.JSONField(default=list)
    responsible_role = models.ForeignKey(
        "people.Role", models.SET_NULL, null=True, blank=True, related_name="stages"
    )
    responsible_department = models.ForeignKey(
        "people.Department", models.SET_NULL, null=True, blank=True, related_name="stages"
    )
    responsible_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="stages"
    )  # of the three one at most is set
    deadline_minutes = models.PositiveIntegerField(null=True, blank=True)
    deadline_working = models.BooleanField(default=True)  # working or calendar minutes
    required = models.JSONField(default=list)

    journal_type: ClassVar[str] = "stage"
    RESPONSIBLE: ClassVar[tuple[str, ...]] = (
        "responsible_role",
        "responsible_department",
        "responsible_person",
    )

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "code"], name="stage_code_in_pipeline"),
            models.UniqueConstraint(
                fields=["pipeline"], condition=models.Q(kind="won"), name="one_won_stage"
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def responsible(self) -> Role | Department | User | None:
        """Who is to have the cards here (FS-10): a role, a department or a person."""
        return self.responsible_role or self.responsible_department or self.responsible_person

    @property
    def has_responsible(self) -> bool:
        """Whether the passport names one; asks nothing of the database."""
        return any(getattr(self, f"{name}_id") for name in self.RESPONSIBLE)

    @property
    def responsible_code(self) -> str:
        """Who it is as a robot names them: "role:…", "department:…", "user:…"; "" for nobody."""
        if self.responsible_role is not None:
            return f"role:{self.responsible_role.code}"
        if self.responsible_department is not None:
            return f"department:{self.responsible_department.code}"
        return f"user:{self.responsible_person.email}" if self.responsible_person else ""

    @property
    def is_open(self) -> bool:
        """Whether cards here are still being worked on."""
        return self.kind == Stage.Kind.OPEN

    @property
    def deadline(self) -> timedelta | None:
        """Longest stay here, in working time when `deadline_working`; None without a norm."""
        if self.deadline_minutes is None:
            return None
        return timedelta(minutes=self.deadline_minutes)


COLORS = ("grey", "blue", "teal", "green", "lime", "amber", "orange", "red", "pink", "violet")


class Section(models.Model):
    """A block of fields on the card; of an item type, or of clients when that is empty."""

    item_type = models.ForeignKey(
        ItemType, models.CASCADE, null=True, blank=True, related_name="sections"
    )
    code = models.SlugField(max_length=MAX_CODE)
    name = LocalTextField()
    position = models.PositiveSmallIntegerField(default=0)
    pipelines = models.JSONField(default=list)  # codes; empty: shown in all (FS-17)

    journal_type: ClassVar[str] = "section"

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["item_type", "code"], nulls_distinct=False, name="section_code_in_type"
            )
        ]

    def __str__(self) -> str:
        return str(self.name)


class Field(models.Model):
    """A custom field of an item type, or of clients when the type is empty."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        DATETIME = "datetime", _("Date and time")
        BOOLEAN = "boolean", _("Yes or no")
        LIST = "list", _("List")
        MULTI_LIST = "multi_list", _("List with several choices")
        USER = "user", _("Employee")
        CLIENT = "client", _("Client")
        ITEM = "item", _("Card")
        PHONE = "phone", _("Phone")
        EMAIL = "email", _("E-mail")
        URL = "url", _("Web address")
        ADDRESS = "address", _("Address")
        FILE = "file", _("File")

    item_type = models.ForeignKey(
        ItemType, models.CASCADE, null=True, blank=True, related_name="fields"
    )
    section = models.ForeignKey(Section, models.PROTECT, related_name="fields")
    code = models.SlugField(max_length=MAX_CODE)
    name = LocalTextField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    help = LocalTextField()  # hint, for BANT the question to ask
    options = models.JSONField(default=list)  # [{"code", "name", "points"}] of lists
    rules = models.JSONField(default=dict)  # {"min", "max", "pattern", "max_length"}
    formula = models.CharField(max_length=1000, blank=True)  # counts the value; nobody types it
    important = models.BooleanField(default=False)  # counted in the card's clarity (C11)
    archived = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    journal_type: ClassVar[str] = "field"

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["item_type", "code"], nulls_distinct=False, name="field_code_in_type"
            )
        ]

    def __str__(self) -> str:
        return str(self.name)


class LossReason(models.Model):
    """Why a card was lost; a tree per pipeline (FS-14).

    `target` is False for what never was an enquiry to sell to (spam, supplier …, QL-5).
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="loss_reasons")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children"
    )
    code = models.SlugField(max_length=MAX_CODE)
    name = LocalTextField()
    target = models.BooleanField(default=True)
    needs_comment = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    journal_type: ClassVar[str] = "loss_reason"

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "code"], name="loss_reason_code")
        ]

    def __str__(self) -> str:
        return str(self.name)


class Source(models.Model):
    """Where an enquiry came from: a site form, an advertisement, a referral."""

    code = models.SlugField(max_length=MAX_CODE, unique=True)
    name = LocalTextField()
    icon = models.CharField(max_length=40, default="world")
    archived = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    journal_type: ClassVar[str] = "source"

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return str(self.name)
