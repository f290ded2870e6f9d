"""Contacts hidden from those whose role masks them (AC-3): one switch, one function.

Like the language of a page, it holds for whoever is being answered: a face turns it on for its
reader, and whatever writes a contact for people asks `shown`. Commands read and write contacts as
they are: nothing here changes what is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import phonenumbers
from django.utils.crypto import salted_hmac

T = TypeVar("T")
DOTS = "•••"
_ENDING = 4  # digits of a phone that stay: enough to tell two apart by ear
_FEWEST = 7  # digits; a shorter figure is no phone
_PHONE = re.compile(r"\+[\d\s().\-]{7,25}|[78](?:[\s().\-]*\d){10}")  # no date, no taxpayer number
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_hidden: ContextVar[bool] = ContextVar("voronka_contacts_hidden", default=False)


@contextmanager
def hiding(on: bool) -> Iterator[None]:
    """Mask contacts in the block, or show them: for one reader."""
    token = _hidden.set(on)
    try:
        yield
    finally:
        _hidden.reset(token)


def hidden() -> bool:
    """Whether contacts are masked for whoever is being answered."""
    return _hidden.get()


def shown(kind: str, value: str) -> str:
    """Return a contact as this reader may see it: whole, or masked.

    Args:
        kind: of a contact point: "phone", "email", a messenger.
    """
    return mask(kind, value) if value and hidden() else value


def shown_text(text: str) -> str:
    """Return a text as this reader may see it: masked when it is nothing but a phone or an e-mail.

    So people call a client of whom they know no name, and so a field of free text may hold one.
    """
    if not hidden():
        return text
    trimmed = text.strip()
    if _EMAIL.fullmatch(trimmed):
        return mask("email", trimmed)
    if _PHONE.fullmatch(trimmed) and sum(map(str.isdigit, trimmed)) >= _FEWEST:
        return mask("phone", trimmed)
    return text


def shown_values(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values of custom fields as this reader may see them."""
    if not hidden():
        return values
    return {k: shown_text(v) if isinstance(v, str) else v for k, v in values.items()}


def mask(kind: str, value: str) -> str:
    """Return a contact from which nobody can be reached: "+7 ••• •••-12-34", "m•••@mail.ru"."""
    name, at, domain = value.rpartition("@")
    if at and name:
        return f"{name[0]}{DOTS}@{domain}"
    digits = re.sub(r"\D", "", value)
    if value.startswith("+") or kind in ("phone", "whatsapp"):
        end = digits[-_ENDING:] if len(digits) >= _FEWEST else ""
        return f"{_country(value)}{DOTS} {DOTS}-{end[:2]}-{end[2:]}" if end else DOTS
    return f"{value.lstrip('@')[:1]}{DOTS}"


def is_masked(typed: object) -> bool:
    """Whether a form brought a masked contact back: the reader has not changed it."""
    return hidden() and isinstance(typed, str) and DOTS in typed


def handle(value: str) -> str:
    """Return what a form may name a contact by: itself, or a name that nobody can read."""
    return salted_hmac("voronka contact", value).hexdigest()[:24] if hidden() else value


def each(pieces: Iterable[T]) -> Iterator[T]:
    """Go through pieces of an answer that are made later, masking as it is now."""
    return _each(iter(pieces), hidden())


def _each(rest: Iterator[T], on: bool) -> Iterator[T]:
    while True:
        with hiding(on):
            try:
                piece = next(rest)
            except StopIteration:
                return
        yield piece


def _country(value: str) -> str:
    try:
        return f"+{phonenumbers.parse(value, None).country_code} "
    except phonenumbers.NumberParseException:
        return ""
