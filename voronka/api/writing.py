"""How a writing endpoint answers: once per idempotency key, with a status and a schema."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.utils.translation import gettext as _
from ninja import Schema, Status

from voronka.api.access import TokenRequest
from voronka.api.commands import once
from voronka.kernel.errors import InvalidInput

HEADER = "Idempotency-Key"
_LONGEST = 120  # characters


def answered(
    request: TokenRequest, do: Callable[[], Schema], *, status: int = 200
) -> Status[object]:
    """Do a change and answer with its schema; a repeat with the same key gets the same answer.

    Raises:
        InvalidInput: the key is longer than 120 characters.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        return Status(status, do())
    if len(key) > _LONGEST or not key.isprintable():
        raise InvalidInput(_("An idempotency key has at most 120 printable characters."))
    raw = f"{request.method} {request.path}\n".encode() + request.body
    fingerprint = hashlib.sha256(raw).hexdigest()
    return Status(
        *once(request.auth.pk, key, fingerprint, lambda: (status, do().model_dump(mode="json")))
    )
