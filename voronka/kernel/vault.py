"""Secrets that have to be read again (a mailbox's password): sealed with the installation's key.

What must only be compared, such as a token, is hashed instead (`people.fingerprints`).
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class VaultLocked(Exception):
    """The secrets were sealed with another installation's key and can't be read here."""


def seal(secrets: Mapping[str, str]) -> str:
    """Return secrets as text that only this installation can read; "" when there are none."""
    kept = {name: value for name, value in secrets.items() if value}
    if not kept:
        return ""
    return _fernet(settings.SECRET_KEY).encrypt(json.dumps(kept).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """Return the secrets behind `sealed`.

    Raises:
        VaultLocked: the key of this installation does not fit.
    """
    if not sealed:
        return {}
    try:
        opened = _fernet(settings.SECRET_KEY).decrypt(sealed.encode())
    except InvalidToken:
        raise VaultLocked from None
    found: dict[str, str] = json.loads(opened)
    return found


@lru_cache(maxsize=4)
def _fernet(key: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"voronka vault").derive(key.encode())
    return Fernet(urlsafe_b64encode(derived))
