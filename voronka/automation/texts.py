"""Texts of robots with {placeholders} of facts: plain text in, plain text out, no template."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from django.utils.translation import override

from voronka.automation.facts import gather
from voronka.automation.naming import RobotNames
from voronka.automation.registry import Context
from voronka.items.models import Item
from voronka.kernel.texts import LocalText

_PLACE = re.compile(r"\{([a-z][a-z0-9_.-]{0,118})\}")


def placeholders(text: str) -> set[str]:
    """Return the codes of the facts that a text mentions as {code}."""
    return set(_PLACE.findall(text))


def readable(text: str, names: RobotNames) -> str:
    """Return a text with names in place of its placeholders: "New: ‹Title›" of "New: {title}"."""

    def name(match: re.Match[str]) -> str:
        found = names.placeholder(match[1])
        return match[0] if found is None else f"‹{found}›"

    return _PLACE.sub(name, text)


def fill(text: LocalText, item: Item, context: Context, *, language: str) -> str:
    """Return a text with the card's facts in place of its placeholders.

    A placeholder that nobody knows stays as it is; an empty fact leaves nothing behind. What a
    customer has written is put in as it is and never read again for placeholders.
    """
    with override(language):
        return fill_named(str(text), item, context.names, now=context.now)


def fill_named(
    said: str, item: Item, names_of: Callable[[Item], RobotNames], *, now: datetime
) -> str:
    """Do the work of `fill` in the language of the moment, for texts that no robot says."""
    codes = placeholders(said)
    if not codes:
        return said
    names = names_of(item)
    known = gather(item, codes, now=now)

    def value(match: re.Match[str]) -> str:
        code = match[1]
        if code not in known:
            return match[0]
        found = known[code]
        return "" if found in (None, "", []) else str(names.value(code, found))

    return _PLACE.sub(value, said)
