"""Accounts: made, changed, closed. Every new password goes through the rules in settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel import phones
from voronka.kernel.errors import Conflict, InvalidInput, Sentence
from voronka.kernel.worktime import check_hours
from voronka.people import access
from voronka.people.commands.guards import (
    keep_an_owner,
    load_user,
    require_may_grant,
    require_over,
    require_self_or_over,
)
from voronka.people.commands.sessions import close_sessions
from voronka.people.commands.tokens import revoke_all_tokens
from voronka.people.models import Absence, Department, Role, User, WorkingCalendar
from voronka.people.queries import company

Hours = dict[str, list[list[str]]]


class Profile(TypedDict, total=False):
    """What people may change about themselves."""

    name: str
    phone: str
    language: str
    time_zone: str
    theme: str


class Details(Profile, total=False):
    """The profile, and where and when the person works."""

    department: Department | None
    calendar: WorkingCalendar | None
    hours: Hours | None  # own hours, {"mon": [["09:00", "13:00"]]}; None for the calendar's


class AccountChanges(Details, total=False):
    """What those who manage people may change about anybody."""

    email: str
    role: Role


@transaction.atomic
def create_user(
    email: str,
    *,
    role: Role,
    by: Actor,
    password: str | None = None,
    **details: Unpack[Details],
) -> User:
    """Open an account.

    Args:
        password: without it nobody can log in until an invitation is accepted.
        details: name, phone, department, language and the like; language and time zone are the
            company's when omitted.
    Raises:
        InvalidInput: the e-mail is taken or not one, a password is too weak, a zone unknown.
        Forbidden: no right to people, or the role gives more than the actor has.
    """
    access.require_right(by, "people")
    require_may_grant(by, role)
    home = company()
    user = User(role=role, language=home.language, time_zone=home.time_zone)
    _apply(user, {**details, "email": email})
    if password is None:
        user.set_unusable_password()
    else:
        check_password_rules(password, user)
        user.set_password(password)
    _save(user)
    record("user.created", user, by=by, name=user.name, email=user.email, role=role.code)
    return user


@transaction.atomic
def change_user(user_id: int, *, by: Actor, **changes: Unpack[AccountChanges]) -> User:
    """Change anything about a person but the password. Unchanged values write nothing.

    Raises:
        InvalidInput: a value cannot be used; `fields` says which.
        Forbidden: no right to people, or it would give more rights than the actor has.
        LastOwner: the role of the last owner would be lost.
    """
    user = load_user(user_id)
    require_over(by, user)
    role = changes.get("role")
    if role is not None and role.pk != user.role_id:
        require_may_grant(by, role)
        if user.role.everything and not role.everything:
            keep_an_owner(without=user)
    return _change(user, changes, by=by)


@transaction.atomic
def change_profile(user_id: int, *, by: Actor, **changes: Unpack[Profile]) -> User:
    """Change the own name, phone, language, time zone or theme; managers of people: anybody's.

    Raises:
        InvalidInput: a value cannot be used; `fields` says which.
        Forbidden: it is somebody else's profile.
    """
    user = load_user(user_id)
    require_self_or_over(by, user)
    allowed = {k: v for k, v in changes.items() if k in Profile.__annotations__}
    return _change(user, allowed, by=by)


@transaction.atomic
def set_password(
    user_id: int, password: str, *, by: Actor, current: str | None = None, keep_session: str = ""
) -> User:
    """Set a new password and sign the person out everywhere else.

    Args:
        current: the old password; needed when people change their own.
        keep_session: the key of the session that stays open.
    Raises:
        InvalidInput: the current password is wrong, or the new one breaks the password rules.
        Forbidden: it is somebody else's account, and managing people is not in the role.
    """
    user = load_user(user_id)
    require_self_or_over(by, user)
    if by.user_id == user.pk and not user.check_password(current or ""):
        wrong = _("The current password is wrong.")
        raise InvalidInput(wrong, fields={"current": wrong})
    check_password_rules(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    close_sessions(user.pk, by=by, keep=keep_session)
    record("user.password_changed", user, by=by)
    return user


@transaction.atomic
def close_account(user_id: int, *, by: Actor) -> User:
    """Bar a person from the CRM: sessions, tokens and links close, departments lose the head.

    The person stays in the history, and the cards stay theirs: the dismissal hands them over
    first (docs/domain/access.md, "Dismissal"). Closing a closed account does nothing.

    Raises:
        Conflict: people cannot close their own account.
        LastOwner: nobody would be left with every right.
    """
    user = load_user(user_id)
    require_over(by, user)
    if not user.is_active:
        return user
    if by.user_id == user.pk:
        raise Conflict(_("You cannot dismiss yourself. Ask another owner to do it."))
    if user.role.everything:
        keep_an_owner(without=user)
    user.is_active = False
    user.dismissed_at = timezone.now()
    user.save(update_fields=["is_active", "dismissed_at"])
    close_sessions(user.pk, by=by)
    revoke_all_tokens(user.pk, by=by)
    user.invitations.filter(used_at=None).delete()
    Absence.objects.filter(substitute=user, ends_at__gt=timezone.now()).update(substitute=None)
    for department in Department.objects.filter(head=user):
        department.head = None
        department.save(update_fields=["head"])
        record("department.changed", department, by=by, changes={"head": [user.pk, None]})
    record("user.dismissed", user, by=by, name=user.name)
    return user


@transaction.atomic
def reopen_account(user_id: int, *, by: Actor) -> User:
    """Let a dismissed person in again, with the old role and no password: send a new link.

    Raises:
        Forbidden: no right to people, or the person's role gives more than the actor has.
    """
    user = load_user(user_id)
    require_over(by, user)
    if user.is_active:
        return user
    user.is_active = True
    user.dismissed_at = None
    user.set_unusable_password()
    user.save(update_fields=["is_active", "dismissed_at", "password"])
    record("user.reopened", user, by=by, name=user.name)
    return user


def check_password_rules(password: str, user: User) -> None:
    """Refuse a password that breaks the rules of settings, in the validators' own words.

    Raises:
        InvalidInput: the sentences of all broken rules.
    """
    try:
        validate_password(password, user)
    except ValidationError as faults:
        sentence = " ".join(faults.messages)
        raise InvalidInput(sentence, fields={"password": sentence}) from None


def _change(user: User, changes: Mapping[str, Any], *, by: Actor) -> User:
    before = _facts(user)
    _apply(user, changes)
    after = _facts(user)
    changed = {k: [before[k], after[k]] for k in after if before[k] != after[k]}
    if changed:
        _save(user)
        record("user.changed", user, by=by, name=user.name, changes=changed)
    return user


def _apply(user: User, changes: Mapping[str, Any]) -> None:
    """Set the given attributes after checking them; all faults are reported together."""
    faults: dict[str, Sentence] = {}
    for name, raw in changes.items():
        value: Any = raw.strip() if isinstance(raw, str) else raw
        if name == "email":
            value = value.lower()
            try:
                validate_email(value)
            except ValidationError:
                faults[name] = _("This is not an e-mail address.")
            if User.objects.filter(email__iexact=value).exclude(pk=user.pk).exists():
                faults[name] = _("Somebody has this e-mail already.")
        elif name == "name" and not value:
            faults[name] = _("Give the name.")
        elif name == "name" and len(value) > 120:
            faults[name] = _("The name is longer than 120 characters.")
        elif name == "phone" and value:
            phone = phones.parse(value, country=settings.COUNTRY)
            if phone is None:
                faults[name] = _("This is not a phone number.")
            else:
                value = phone.e164
        elif name == "time_zone" and value not in available_timezones():
            faults[name] = _("There is no such time zone.")
        elif name == "language" and value not in dict(settings.LANGUAGES):
            faults[name] = _("There is no such language.")
        elif name == "theme" and value not in {"auto", "light", "dark"}:
            faults[name] = _("Choose auto, light or dark.")
        elif name == "hours" and value is not None and (fault := check_hours(value)):
            faults[name] = hours_fault(fault)
        setattr(user, name, value)
    if faults:
        raise InvalidInput(" ".join(str(f) for f in faults.values()), fields=faults)


def hours_fault(code: str) -> str:
    """Say in words what `check_hours` found wrong."""
    return {
        "day": _("There is no such weekday."),
        "clock": _("Give times such as 09:00."),
        "order": _("An interval must end after it begins."),
        "overlap": _("Two intervals of one day overlap, or stand in the wrong order."),
    }[code]


def _facts(user: User) -> dict[str, Any]:
    """What the journal compares: plain values, never the password."""
    return {
        "name": user.name,
        "email": user.email,
        "phone": user.phone,
        "role": user.role.code,
        "department": user.department_id,
        "calendar": user.calendar_id,
        "hours": user.hours,
        "language": user.language,
        "time_zone": user.time_zone,
        "theme": user.theme,
    }


def _save(user: User) -> None:
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:  # somebody took the e-mail between the check and the write
        taken = _("Somebody has this e-mail already.")
        raise InvalidInput(taken, fields={"email": taken}) from None
