"""How people are mentioned in a note. Pure; no database."""

from __future__ import annotations

import re

MENTION = re.compile(r"@\[(\d{1,18})\]")  # how the composer writes a mentioned person


def mentioned_ids(text: str) -> set[int]:
    """Return the ids of the people whom a text mentions."""
    return {int(pk) for pk in MENTION.findall(text)}
