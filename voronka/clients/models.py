"""Persons and companies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voronka.kernel import masking
from voronka.kernel.fragments import Fragments
from voronka.people.access import CLIENTS

if TYPE_CHECKING:
    from voronka.people.models import User

NAME_FRAGMENTS = Fragments("name", "first_name", "last_name", "patronymic", "inn")
VALUE_FRAGMENTS = Fragments("value")


class ClientQuerySet(models.QuerySet["Client"]):
    """Readable filters of clients."""

    def alive(self) -> ClientQuerySet:
        """Neither deleted nor merged into another."""
        return self.filter(deleted_at=None, merged_into=None)

    def visible_to(self, user: User, action: str = "see") -> ClientQuerySet:
        """Clients that `user` may see, or do `action` to."""
        access = user.access
        owners = access.owners(access.scope(action, CLIENTS))
        if owners is None:
            return self.alive()
        return self.alive().filter(owner_id__in=owners) if owners else self.none()


class Client(models.Model):
    """A person or a company. Bought, may buy, or refused; never lost."""

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        COMPANY = "company", _("Company")

    kind = models.CharField(max_length=7, choices=Kind.choices)
    name = models.CharField(max_length=255)  # of a person: as people say it, usually first + last
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    patronymic = models.CharField(max_length=80, blank=True)
    job_title = models.CharField(max_length=120, blank=True)
    inn = models.CharField(max_length=12, blank=True)  # Russian taxpayer number
    address = models.CharField(max_length=400, blank=True)
    website = models.CharField(max_length=200, blank=True)
    comment = models.TextField(blank=True)
    values = models.JSONField(default=dict)  # custom fields
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="clients")
    source = models.ForeignKey(
        "pipelines.Source", models.SET_NULL, null=True, blank=True, related_name="clients"
    )
    external_id = models.CharField(max_length=120, blank=True)
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="absorbed"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by_id = models.BigIntegerField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = ClientQuerySet.as_manager()
    journal_type: ClassVar[str] = "client"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "external_id"],
                condition=~Q(external_id=""),
                name="client_external_id",
            )
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="client_by_name"),
            models.Index(fields=["-created_at", "-id"], name="client_newest"),
            models.Index(fields=["-changed_at", "-id"], name="client_changed"),
            models.Index(fields=["inn"], condition=~Q(inn=""), name="client_by_inn"),
            # recycle bin: who was deleted last
            models.Index(
                fields=["-deleted_at", "-id"],
                condition=Q(deleted_at__isnull=False),
                name="client_binned",
            ),
            # doubles: companies of one name
            models.Index(
                fields=["name", "id"],
                condition=Q(kind="company", deleted_at=None, merged_into=None),
                name="client_company_names",
            ),
            # doubles: who no longer counts
            models.Index(
                fields=["id"],
                condition=Q(merged_into__isnull=False) | Q(deleted_at__isnull=False),
                name="client_gone",
            ),
            # search, and look-alikes: any fragment of the name or the taxpayer number
            GinIndex(NAME_FRAGMENTS, name="client_fragments"),
        ]

    def __str__(self) -> str:
        return masking.shown_text(self.name)

    @property
    def is_company(self) -> bool:
        """Whether it is a company."""
        return self.kind == Client.Kind.COMPANY


class ContactPoint(models.Model):
    """One way to reach a client, normalised: E.164 phone, lower-case e-mail, messenger account."""

    class Kind(models.TextChoices):
        PHONE = "phone", _("Phone")
        EMAIL = "email", _("E-mail")
        TELEGRAM = "telegram", _("Telegram")
        WHATSAPP = "whatsapp", _("WhatsApp")
        VK = "vk", _("VK")
        AVITO = "avito", _("Avito")
        MAX = "max", _("MAX")
        OTHER = "other", _("Other account")

    client = models.ForeignKey(Client, models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=254)
    raw = models.CharField(max_length=254, blank=True)  # as it was written
    extension = models.CharField(max_length=12, blank=True)
    label = models.CharField(max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["client", "kind", "value"], name="contact_point_once")
        ]
        indexes = [
            models.Index(fields=["kind", "value"], name="contact_point_by_value"),
            # search: a phone by any part, a piece of an address
            GinIndex(VALUE_FRAGMENTS, name="contact_point_fragments"),
        ]

    def __str__(self) -> str:
        return self.shown

    @property
    def masked(self) -> bool:
        """Whether whoever is being answered sees contacts masked (AC-3)."""
        return masking.hidden()

    @property
    def shown(self) -> str:
        """The contact as they may see it; pages never write `value`."""
        return masking.shown(self.kind, self.value)


class ClientLink(models.Model):
    """A person works at, or speaks for, a company."""

    person = models.ForeignKey(Client, models.CASCADE, related_name="company_links")
    company = models.ForeignKey(Client, models.CASCADE, related_name="person_links")
    role = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "company"], name="client_link_once")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} → {self.company_id}"


class Merge(models.Model):
    """Two clients made one: what moved, so that it can be undone (IM-5)."""

    keeper = models.ForeignKey(Client, models.CASCADE, related_name="merges_kept")
    absorbed = models.ForeignKey(Client, models.CASCADE, related_name="merges_lost")
    moved = models.JSONField(default=dict)  # what went from the absorbed to the keeper
    by_user_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    journal_type: ClassVar[str] = "merge"

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.absorbed_id} → {self.keeper_id}"


class NotDuplicate(models.Model):
    """A person has looked: these two are not the same. `first_id` is the smaller id."""

    first = models.ForeignKey(Client, models.CASCADE, related_name="+")
    second = models.ForeignKey(Client, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="not_duplicate_once")
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ≠ {self.second_id}"


class ExclusionQuerySet(models.QuerySet["Exclusion"]):
    """Readable filters of exclusions."""

    def in_force(self, *, at: datetime) -> ExclusionQuerySet:
        """Neither lifted nor expired."""
        return self.filter(Q(until=None) | Q(until__gt=at), lifted_at=None)


class Exclusion(models.Model):
    """An identity from which no card is made: spam, a supplier, an applicant (I4, IN-15).

    Nothing is deleted by it, and nothing that came is lost: the ledger keeps what was stopped.
    """

    class Reason(models.TextChoices):
        SPAM = "spam", pgettext_lazy("exclusion", "Spam")
        SUPPLIER = "supplier", pgettext_lazy("exclusion", "Supplier")
        PARTNER = "partner", pgettext_lazy("exclusion", "Partner")
        APPLICANT = "applicant", pgettext_lazy("exclusion", "Job seeker")
        WRONG_NUMBER = "wrong_number", pgettext_lazy("exclusion", "Wrong number")
        OTHER = "other", pgettext_lazy("exclusion", "Not a customer")

    DOMAIN: ClassVar[str] = "domain"  # of e-mail addresses, besides the kinds of contact points
    FINGERPRINT: ClassVar[str] = "fingerprint"  # of a form's text that robots send again and again

    identity_kind = models.CharField(max_length=12)
    identity_value = models.CharField(max_length=254)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    comment = models.CharField(max_length=300, blank=True)
    client = models.ForeignKey(
        Client, models.SET_NULL, null=True, blank=True, related_name="exclusions"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="exclusions"
    )
    created_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)  # for ever when empty
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by_id = models.BigIntegerField(null=True)
    stopped = models.PositiveIntegerField(default=0)  # how many enquiries it has stopped
    last_stopped_at = models.DateTimeField(null=True)

    objects = ExclusionQuerySet.as_manager()
    journal_type: ClassVar[str] = "exclusion"

    class Meta:
        ordering = ["-id"]
        constraints = [
            # also the intake's look-up: is this sender excluded?
            models.UniqueConstraint(
                fields=["identity_kind", "identity_value"],
                condition=Q(lifted_at=None),
                name="exclusion_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.identity_kind}:{self.identity_value}"
