"""Who a visitor is: a random name signed by us and kept by their browser; no cookie.

Source: docs/domain/chat.md, "who may read a conversation".
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from django.core import signing

_SALT = "voronka.chat.visitor"
_FILE_SALT = "voronka.chat.file"
_KEPT_FOR = 400 * 24 * 3600  # seconds; renewed at each visit
_FILE_FOR = 24 * 3600  # seconds; an address is drawn anew whenever the conversation is read
_NAME = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser in one chat. `name` is the key of the conversation in the channel."""

    channel_id: int
    name: str


def new_visitor(channel_id: int) -> Visitor:
    """Return a visitor nobody has been."""
    return Visitor(channel_id, secrets.token_urlsafe(16))


def token_of(visitor: Visitor) -> str:
    """Return what the visitor's browser keeps; whoever has it may read the conversation."""
    return signing.dumps([visitor.channel_id, visitor.name], salt=_SALT)


def read_token(token: str) -> Visitor | None:
    """Return whose token it is; None when it is not ours, or too old."""
    try:
        channel_id, name = signing.loads(token, salt=_SALT, max_age=_KEPT_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    ours = isinstance(channel_id, int) and isinstance(name, str) and _NAME.fullmatch(name)
    return Visitor(channel_id, name) if ours else None


def file_key(visitor: Visitor, attachment_id: int) -> str:
    """Return a key by which one file of the conversation can be fetched without the token."""
    return signing.dumps([visitor.channel_id, visitor.name, attachment_id], salt=_FILE_SALT)


def read_file_key(key: str) -> tuple[Visitor, int] | None:
    """Return whose file is asked for, and its id; None when the key is not ours, or too old."""
    try:
        channel_id, name, attachment_id = signing.loads(key, salt=_FILE_SALT, max_age=_FILE_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Visitor(channel_id, name), attachment_id
