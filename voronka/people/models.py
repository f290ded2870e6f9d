"""People, departments and roles."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from voronka.kernel.texts import LocalTextField

if TYPE_CHECKING:
    from voronka.people.access import Access


class Company(models.Model):
    """The company that works here: one row, made when it is first named.

    Currency and country come from the environment: they can't change under what is recorded.
    """

    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=2, default="ru", choices=[("ru", "ru"), ("en", "en")])
    time_zone = models.CharField(max_length=40, default="Europe/Moscow")
    reading_limit = models.PositiveIntegerField(default=500)  # cards and clients an hour
    deletion_limit = models.PositiveIntegerField(default=20)  # cards an hour, by one person alone

    journal_type: ClassVar[str] = "company"

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_company")]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """What a kind of employee may do.

    `matrix` maps "*", an item type code, "type/pipeline" or "client" to {action: scope};
    the most specific key that names the action wins. `rights` lists settings rights.
    """

    code = models.SlugField(max_length=40, unique=True)
    name = LocalTextField()
    matrix = models.JSONField(default=dict)
    rights = models.JSONField(default=list)
    everything = models.BooleanField(default=False)  # the owner: all that is, and will be
    hides_contacts = models.BooleanField(default=False)  # phones and e-mails of clients are masked
    position = models.PositiveSmallIntegerField(default=0)

    journal_type: ClassVar[str] = "role"

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return str(self.name)


class WorkingCalendar(models.Model):
    """Working hours of the company or of a team, with the public holidays of a country."""

    code = models.SlugField(max_length=40, unique=True)
    name = LocalTextField()
    hours = models.JSONField(default=dict)  # {"mon": [["09:00", "13:00"], …]}
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=6, blank=True)  # ISO 3166-2, "RU-TA"
    days_off = models.JSONField(default=list)  # ISO dates
    days_on = models.JSONField(default=list)
    is_default = models.BooleanField(default=False)

    journal_type: ClassVar[str] = "calendar"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_default_calendar",
            )
        ]

    def __str__(self) -> str:
        return str(self.name)


class Department(models.Model):
    """A department; departments form a tree and each may have a head (РОП)."""

    code = models.SlugField(max_length=40, unique=True)
    name = LocalTextField()
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    head = models.ForeignKey(
        "User", models.SET_NULL, null=True, blank=True, related_name="headed_departments"
    )
    position = models.PositiveSmallIntegerField(default=0)

    journal_type: ClassVar[str] = "department"

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return str(self.name)


class UserManager(BaseUserManager["User"]):
    """Looks users up by e-mail, whatever the letter case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.select_related("role").get(email__iexact=username)


class User(AbstractBaseUser):
    """An employee. Logs in by e-mail; a dismissed one stays in the history."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(max_length=20, blank=True)
    role = models.ForeignKey(Role, models.PROTECT, related_name="users")
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="users"
    )
    language = models.CharField(max_length=2, default="ru", choices=[("ru", "ru"), ("en", "en")])
    time_zone = models.CharField(max_length=40, default="Europe/Moscow")
    theme = models.CharField(
        max_length=5, default="auto", choices=[(t, t) for t in ("auto", "light", "dark")]
    )
    calendar = models.ForeignKey(
        WorkingCalendar, models.SET_NULL, null=True, blank=True, related_name="users"
    )
    hours = models.JSONField(null=True, blank=True)  # own hours instead of the calendar's
    list_columns = models.JSONField(default=dict, blank=True)  # {which list: [codes]}
    is_active = models.BooleanField(default=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    journal_type: ClassVar[str] = "user"

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name or self.email

    @cached_property
    def access(self) -> Access:
        """What this person may do; read once per loaded user, i.e. once a request."""
        from voronka.people.access import Access

        return Access.of(self)

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        words = (self.name or self.email).split()
        return "".join(w[0] for w in words[:2]).upper()

    @property
    def hue(self) -> int:
        """A steady colour angle (0–359 degrees) for the avatar."""
        return (self.pk or 0) * 137 % 360

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Django's own permissions are not used; rights live in the role."""
        return False


class Absence(models.Model):
    """A person is away (leave, illness) between two moments; a substitute may be named."""

    user = models.ForeignKey(User, models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=120, blank=True)
    substitute = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="substitutions"
    )

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="absence_ends_later"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.starts_at:%d.%m.%Y}–{self.ends_at:%d.%m.%Y}"

    @property
    def last_moment(self) -> datetime:
        """The last moment away: an absence of whole days ends at midnight of the next one."""
        return self.ends_at - timedelta(seconds=1)


class Invitation(models.Model):
    """A link by which a new employee sets a password. Only the token's hash is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.user)


class UserSession(models.Model):
    """A device on which a person is signed in."""

    user = models.ForeignKey(User, models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return f"{self.user} · {self.agent[:40]}"


class LoginAttempt(models.Model):
    """A failed log-in, kept for the rate limit."""

    email = models.CharField(max_length=254)
    address = models.GenericIPAddressField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["email", "at"], name="login_attempt_by_email"),
            models.Index(fields=["address", "at"], name="login_attempt_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.email} {self.at:%d.%m.%Y %H:%M}"


class ApiToken(models.Model):
    """A program's key to the API, inside its owner's rights. Only the token's hash is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)  # its first characters, to tell tokens apart
    scopes = models.JSONField(default=list)  # "items:read", "items:write", "clients:read" …
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True
    )
    revoked_at = models.DateTimeField(null=True)

    journal_type: ClassVar[str] = "token"

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
