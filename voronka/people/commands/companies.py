"""The company: its name and defaults, and its first owner on an empty installation."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Conflict, InvalidInput, Sentence
from voronka.people import access
from voronka.people.commands.accounts import create_user
from voronka.people.commands.roles import create_ready_roles
from voronka.people.models import Company, User
from voronka.people.queries import company

MOST_LETTERS = 120
FEWEST_READ, MOST_READ = 10, 1_000_000  # cards and clients an hour
MOST_DELETED = 5000  # cards an hour


@transaction.atomic
def save_company(
    *,
    by: Actor,
    name: str | None = None,
    language: str | None = None,
    time_zone: str | None = None,
    reading_limit: int | None = None,
    deletion_limit: int | None = None,
) -> Company:
    """Name the company and set what new people start with; records `company.changed`.

    Args:
        language: "ru" or "en".
        time_zone: an IANA name. None leaves a value as it is.
        reading_limit: cards and clients that one may open within an hour before it is told.
        deletion_limit: cards that one may delete within an hour before another has to agree.
    Raises:
        InvalidInput: a value cannot be used; `fields` says which.
        Forbidden: the role lacks `setup`.
    """
    access.require_right(by, "setup")
    row = company()
    changes = {"name": name, "language": language, "time_zone": time_zone}
    texts = {key: value.strip() for key, value in changes.items() if value is not None}
    limits = {"reading_limit": reading_limit, "deletion_limit": deletion_limit}
    numbers = {key: value for key, value in limits.items() if value is not None}
    _check(texts, numbers)
    clean: dict[str, Any] = texts | numbers
    differ = {k: [getattr(row, k), v] for k, v in clean.items() if getattr(row, k) != v}
    if not differ:
        return row
    for key, value in clean.items():
        setattr(row, key, value)
    row.save()
    record("company.changed", row, by=by, name=row.name, changes=differ)
    return row


@transaction.atomic
def found_company(
    email: str, password: str, *, name: str, company_name: str, language: str, time_zone: str
) -> User:
    """Make the ready roles and the first owner of an empty installation.

    Raises:
        Conflict: somebody works here already.
        InvalidInput: a value cannot be used; `fields` says which.
    """
    with connection.cursor() as cursor:  # two who come at once: one of them is the first
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('voronka first owner'))")
    if User.objects.exists():
        raise Conflict(_("Somebody works here already. Log in or ask for an invitation."))
    by = Actor.system("first run")
    owner = next(role for role in create_ready_roles(by=by) if role.everything)
    save_company(by=by, name=company_name, language=language, time_zone=time_zone)
    return create_user(
        email,
        role=owner,
        by=by,
        password=password,
        name=name,
        language=language,
        time_zone=time_zone,
    )


def _check(changes: dict[str, str], limits: dict[str, int]) -> None:
    faults: dict[str, Sentence] = {}
    if len(changes.get("name", "")) > MOST_LETTERS:
        faults["name"] = _("The name is longer than 120 characters.")
    if "language" in changes and changes["language"] not in dict(settings.LANGUAGES):
        faults["language"] = _("There is no such language.")
    if "time_zone" in changes and changes["time_zone"] not in available_timezones():
        faults["time_zone"] = _("There is no such time zone.")
    if not FEWEST_READ <= limits.get("reading_limit", FEWEST_READ) <= MOST_READ:
        faults["reading_limit"] = _("Give a number from 10 to 1,000,000.")
    if not 1 <= limits.get("deletion_limit", 1) <= MOST_DELETED:
        faults["deletion_limit"] = _("Give a number from 1 to 5,000.")
    if faults:
        raise InvalidInput(" ".join(str(f) for f in faults.values()), fields=faults)
