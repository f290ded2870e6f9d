"""Web Push: the installation's key, and one encrypted notice to one browser (RFC 8030, 8291, 8292).

The key (VAPID) is derived from the installation's secret, so it is stored nowhere and stands in no
export; another secret means another key, and browsers ask to be let in anew.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.conf import settings
from pydantic import ValidationError
from webpush import WebPush, WebPushSubscription

from voronka.kernel import outgoing
from voronka.kernel.vault import VaultLocked, unseal
from voronka.timeline.models import NoticeDevice

TTL = 24 * 3600  # seconds for which a push service keeps it for a browser that is off
LONGEST_TEXT = 600  # characters; the whole has to fit into one record of 4096 bytes
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


def public_key() -> str:
    """Return the key that browsers are told when they are asked for an address."""
    point = _private_key(settings.SECRET_KEY).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def send(device: NoticeDevice, payload: Mapping[str, object], *, topic: str) -> outgoing.Answer:
    """Send one notice to one browser, encrypted for it alone; never raises for the network.

    Args:
        payload: texts are shortened so that the whole fits.
        topic: while a browser is off, a later notice of the same topic replaces this one.
    """
    short = {k: v[:LONGEST_TEXT] if isinstance(v, str) else v for k, v in payload.items()}
    try:
        kept = unseal(device.sealed)
        keys = {"auth": kept["auth"], "p256dh": kept["p256dh"]}
        to = WebPushSubscription.model_validate({"endpoint": kept["endpoint"], "keys": keys})
        message = _sender(settings.SECRET_KEY).get(
            json.dumps(short, ensure_ascii=False), to, subscriber=_contact()
        )
    except (VaultLocked, KeyError, ValidationError, ValueError):
        return outgoing.Answer(status=410, error="the keys of this device can't be read")
    return outgoing.send(
        kept["endpoint"],
        body=message.encrypted,
        headers={
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Authorization": message.headers["authorization"],
            "TTL": str(TTL),
            "Topic": topic,
            "Urgency": "high",
        },
        private=settings.ALLOW_PRIVATE_REQUESTS,
    )


def _contact() -> str:
    """Return whom a push service may write to when something goes wrong."""
    return f"notices@{urlsplit(settings.PUBLIC_URL).hostname or 'localhost'}"


@lru_cache(maxsize=2)
def _private_key(secret: str) -> ec.EllipticCurvePrivateKey:
    derived = HKDF(SHA256(), length=48, salt=None, info=b"voronka web push").derive(secret.encode())
    return ec.derive_private_key(1 + int.from_bytes(derived) % (_ORDER - 1), ec.SECP256R1())


@lru_cache(maxsize=2)
def _sender(secret: str) -> WebPush:
    key = _private_key(secret)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return WebPush(private, public, ttl=TTL)
