"""The key of the first run: whoever can read the terminal may become the first owner."""

from __future__ import annotations

import hashlib
import hmac

ADDRESS = "/welcome/"  # of the page where the first owner is made


def key(secret: str) -> str:
    """Return the key that the terminal prints and the page asks for.

    It follows from the installation's secret, so it stays the same until somebody works here.
    """
    return hmac.new(secret.encode(), b"voronka first run", hashlib.sha256).hexdigest()[:32]


def link(address: str, secret: str) -> str:
    """Return the address where the first owner is made, key included."""
    return f"{address.rstrip('/')}{ADDRESS}?key={key(secret)}"
