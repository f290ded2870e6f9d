"""Signing in and out: the rate limit, and the list of devices with its closing."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import NotFound
from voronka.people.commands.guards import require_self_or_over
from voronka.people.errors import LoginRefused, TooManyAttempts
from voronka.people.models import Invitation, LoginAttempt, User, UserSession

WINDOW = timedelta(minutes=15)  # failures older than this are forgotten
MOST_BY_EMAIL = 6  # failures in the window
MOST_BY_ADDRESS = 30  # an office behind one address shares these
_NOTED_EVERY = timedelta(minutes=1)  # a device's "last seen" is written no oftener
_KEPT = timedelta(days=30)  # used or expired invitations


def log_in(email: str, password: str, *, address: str | None) -> User:
    """Check e-mail and password; the face opens the session afterwards.

    An attempt is counted before the password is looked at, so that many at once cannot slip
    through, and is forgotten when it succeeds. An unknown e-mail takes as long as a wrong
    password. Attempts while barred are not counted: waiting is always finite.

    Raises:
        TooManyAttempts: six failures for the e-mail, or thirty from the address, in 15 minutes.
        LoginRefused: the pair does not fit, or the account is closed or not yet accepted.
    Source: docs/domain/access.md, "Signing in".
    """
    email = email.strip().lower()[:254]
    attempt = _count_attempt(email, address)
    user = User.objects.select_related("role").filter(email__iexact=email).first()
    if user is None:
        make_password(password)
        raise LoginRefused
    if not user.check_password(password) or not user.is_active:
        raise LoginRefused
    with transaction.atomic():
        LoginAttempt.objects.filter(Q(pk=attempt.pk) | Q(email=email)).delete()
        user.last_login = timezone.now()
        user.save(update_fields=["last_login"])
        record("user.logged_in", user, by=Actor.user(user), address=address)
    return user


@transaction.atomic
def _count_attempt(email: str, address: str | None) -> LoginAttempt:
    now = timezone.now()
    with connection.cursor() as cursor:  # count and write in one breath; e-mail first: no deadlock
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"log-in {email}"])
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"log-in from {address}"])
    waits = [_wait(Q(email=email), MOST_BY_EMAIL, now)]
    if address is not None:
        waits.append(_wait(Q(address=address), MOST_BY_ADDRESS, now))
    if (wait := max(waits)) > timedelta():
        raise TooManyAttempts(wait)
    return LoginAttempt.objects.create(email=email, address=address, at=now)


def _wait(which: Q, most: int, now: datetime) -> timedelta:
    """Return how long until fewer than `most` failures lie in the window; zero when they do."""
    recent = LoginAttempt.objects.filter(which, at__gt=now - WINDOW).order_by("-at")
    moments = list(recent.values_list("at", flat=True)[:most])
    return moments[-1] + WINDOW - now if len(moments) == most else timedelta()


def note_session(
    user: User, session_key: str, *, address: str | None = None, agent: str = ""
) -> None:
    """Keep the list of devices: who, from where, when last seen. Writes once a minute at most."""
    now = timezone.now()
    known = UserSession.objects.filter(session_key=session_key).first()
    if known and known.user_id == user.pk and known.seen_at > now - _NOTED_EVERY:
        return
    UserSession.objects.update_or_create(
        session_key=session_key,
        defaults={"user": user, "address": address, "agent": agent[:300], "seen_at": now},
    )


@transaction.atomic
def log_out(user: User, session_key: str | None) -> None:
    """Take the device off the list; the face ends the session itself."""
    if UserSession.objects.filter(user=user, session_key=session_key or "").delete()[0]:
        record("user.logged_out", user, by=Actor.user(user))


@transaction.atomic
def close_session(session_id: int, *, by: Actor) -> None:
    """Sign a person out on one device.

    Raises:
        NotFound: the device is not on the list (any more).
        Forbidden: it is somebody else's, and managing people is not in the role.
    """
    device = UserSession.objects.select_related("user__role").filter(pk=session_id).first()
    if device is None:
        raise NotFound(_("This device is signed out already."))
    require_self_or_over(by, device.user)
    _close([device])
    record("user.session_closed", device.user, by=by, devices=1)


@transaction.atomic
def close_sessions(user_id: int, *, by: Actor, keep: str = "") -> int:
    """Sign a person out everywhere but in the session `keep`; return on how many devices.

    Raises:
        Forbidden: it is somebody else's account, and managing people is not in the role.
    """
    user = User.objects.select_related("role").get(pk=user_id)
    require_self_or_over(by, user)
    devices = list(UserSession.objects.filter(user=user).exclude(session_key=keep))
    if devices:
        _close(devices)
        record("user.session_closed", user, by=by, devices=len(devices))
    return len(devices)


def _close(devices: list[UserSession]) -> None:
    keys = [d.session_key for d in devices]
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()


@transaction.atomic
def forget_the_stale() -> None:
    """Drop what time has made useless: old attempts, ended sessions, spent invitations."""
    now = timezone.now()
    LoginAttempt.objects.filter(at__lt=now - WINDOW).delete()
    live = Session.objects.filter(expire_date__gte=now).values("session_key")
    UserSession.objects.exclude(session_key__in=live).delete()
    Invitation.objects.filter(expires_at__lt=now - _KEPT).delete()
