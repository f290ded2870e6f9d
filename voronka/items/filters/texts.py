"""Finding cards by text. The search stands above the cards and registers how it finds them."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Q

from voronka.people.models import User

LONGEST = 200  # characters of a typed text
Finder = Callable[[str, User], Q]
_FINDERS: list[Finder] = []


def register_text(finder: Finder) -> None:
    """Name the function that turns a typed text into the condition of cards that hold it."""
    _FINDERS[:] = [finder]


def holds(text: str, user: User) -> Q:
    """Return the condition of cards that hold a text, as `user` may find them."""
    if _FINDERS:
        return _FINDERS[0](text, user)
    return Q(title__icontains=text)


def clean(text: object, longest: int = LONGEST) -> str:
    """Return a text that the database can take: trimmed, without broken characters."""
    whole = str(text).replace("\x00", "").encode("utf-8", "ignore").decode()
    return whole.strip()[:longest].strip()
