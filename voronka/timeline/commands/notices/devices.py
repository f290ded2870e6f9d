"""Browsers that show notices: let in by their person, taken away with the log-in (UI-11)."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode
from binascii import Error

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.kernel.outgoing import check_url
from voronka.kernel.vault import seal
from voronka.people.models import User, UserSession
from voronka.timeline.models import NoticeDevice

MOST = 20  # devices of one person; the oldest goes
_LONGEST = 1000  # characters of an address


@transaction.atomic
def open_device(
    user: User, *, session_key: str, endpoint: str, p256dh: str, auth: str, agent: str = ""
) -> NoticeDevice:
    """Let a browser show a person's notices; records `user.notices_opened`.

    A browser that is known is only told whose it is now, and by which log-in: it belongs to whoever
    has signed in on it last.

    Raises:
        InvalidInput: not an address of a push service, or keys that nothing can be encrypted with.
    """
    _check(endpoint, p256dh, auth)
    mark = hashlib.sha256(endpoint.encode()).hexdigest()
    told = {
        "user": user,
        "session_key": session_key,
        "sealed": seal({"endpoint": endpoint, "p256dh": p256dh, "auth": auth}),
        "agent": agent[:300],
        "problem": "",
    }
    device, made = NoticeDevice.objects.update_or_create(
        mark=mark, defaults=told, create_defaults={**told, "created_at": timezone.now()}
    )
    if made:
        record("user.notices_opened", user, by=Actor.user(user), device=device.agent[:80])
    extra = NoticeDevice.objects.filter(user=user).values_list("pk", flat=True)[MOST:]
    NoticeDevice.objects.filter(pk__in=list(extra)).delete()
    return device


@transaction.atomic
def close_device(device_id: int, *, user: User) -> None:
    """Take one of a person's devices away; records `user.notices_closed`.

    Raises:
        NotFound: it is gone already, or somebody else's.
    """
    device = NoticeDevice.objects.filter(pk=device_id, user=user).first()
    if device is None:
        raise NotFound(_("This device is gone already."))
    device.delete()
    record("user.notices_closed", user, by=Actor.user(user), device=device.agent[:80])


@transaction.atomic
def follow_session(user: User, *, left: str, entered: str) -> None:
    """Keep a device when its log-in has got another key, as after a change of the password."""
    NoticeDevice.objects.filter(user=user, session_key=left).update(session_key=entered)


def on_sessions_ended(event: Event) -> None:
    """Take away devices whose log-in has ended (a handler of log-outs, closings, dismissals)."""
    live = UserSession.objects.filter(user_id=event.subject_id).values("session_key")
    NoticeDevice.objects.filter(user_id=event.subject_id).exclude(session_key__in=live).delete()


@transaction.atomic
def forget_ended() -> int:
    """Take away devices whose log-in has run out; return how many. Runs each night."""
    live = UserSession.objects.values("session_key")
    return NoticeDevice.objects.exclude(session_key__in=live).delete()[0]


def _check(endpoint: str, p256dh: str, auth: str) -> None:
    refusal = _("The browser gave no address that notices can be sent to.")
    private = settings.ALLOW_PRIVATE_REQUESTS
    if len(endpoint) > _LONGEST or not (endpoint.startswith("https://") or private):
        raise InvalidInput(refusal)
    check_url(endpoint, private=private)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decode(p256dh))
        if len(_decode(auth)) != 16:
            raise InvalidInput(refusal)
    except (ValueError, Error) as error:
        raise InvalidInput(refusal) from error


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
