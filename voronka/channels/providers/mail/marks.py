"""Message ids that we make: a retry has the same one, and nobody else can make one."""

from __future__ import annotations

import re

from django.utils.crypto import constant_time_compare, salted_hmac

_SALT = "voronka.channels.mail"
_OURS = re.compile(r"([A-Za-z0-9-]{1,60})\.([0-9a-f]{16})@[^<>\s@]{1,255}")


def message_id(key: str, domain: str) -> str:
    """Return the id of an outgoing letter, without brackets; `key` is `Outgoing.key`."""
    return f"{key}.{_mark(key)}@{domain}"


def our_ids(text: str) -> list[str]:
    """Return the ids in a text that carry our mark, in order, each once."""
    found = {match[0]: None for match in _OURS.finditer(text) if is_ours(match[0])}
    return list(found)


def is_ours(message_id: str) -> bool:
    """Whether a letter's id was made here."""
    match = _OURS.fullmatch(message_id)
    return match is not None and constant_time_compare(match[2], _mark(match[1]))


def _mark(key: str) -> str:
    return salted_hmac(_SALT, key, algorithm="sha256").hexdigest()[:16]
