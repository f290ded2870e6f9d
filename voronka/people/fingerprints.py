"""How secrets that were handed out once are kept."""

from __future__ import annotations

import hashlib


def fingerprint(secret: str) -> str:
    """Return what is stored of a link or a key: they are 256 random bits, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
