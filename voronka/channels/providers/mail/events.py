"""A letter as an event of the ledger."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.parser import BytesParser
from email.policy import compat32

from voronka.channels.contract import RawEvent
from voronka.channels.providers.mail.wording import ids


def event_of(raw: bytes, *, at: datetime | None = None, **headers: str) -> RawEvent:
    """Return a letter as an event.

    Its id is the letter's own with a digest of what it says: the same letter found again in
    another folder is one, and two letters of a program that numbers all of them alike are two.
    """
    _head, _gap, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    digest = hashlib.sha256(body or raw).hexdigest()[:16]
    letter = BytesParser(policy=compat32).parsebytes(raw, headersonly=True)
    own = next(iter(ids(letter, "message-id")), "")
    if not own:
        digest = hashlib.sha256(raw).hexdigest()[:40]
    return RawEvent(f"{own}#{digest}", raw, "message/rfc822", headers, at=at)
