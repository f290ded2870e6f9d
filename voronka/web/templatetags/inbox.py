"""`{% load inbox %}`: what only the inbox's templates write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils.translation import gettext as _

from voronka.items.models import Attachment
from voronka.kernel import masking
from voronka.timeline.markup import PICTURES, has_remote_images
from voronka.timeline.models import Message
from voronka.web import words
from voronka.web.inbox import pictures
from voronka.web.templatetags.voronka import phone

register = template.Library()


@register.filter
def of(known: Mapping[Any, Any], key: Any) -> Any:
    """Return what stands under a key; None when nothing does."""
    return known.get(key)


@register.filter
def spelled(value: str, kind: str) -> str:
    """Write a client's address: a phone with its spaces, the rest as it is; or masked."""
    if masking.hidden():
        return masking.mask(kind, value) if value else ""
    return phone(value) if kind in ("phone", "whatsapp") and value.startswith("+") else value


@register.filter
def full(moment: datetime) -> str:
    """Write a moment with day and time."""
    return words.full(moment)


@register.filter
def is_picture(file: Attachment) -> bool:
    """Whether a file is shown in the thread."""
    return file.content_type in PICTURES


@register.filter
def remote_images(message: Message) -> bool:
    """Whether the letter wants pictures from elsewhere."""
    return has_remote_images(message.html)


@register.filter
def beside(message: Message) -> list[Attachment]:
    """Return the files that stand under a message: not the pictures inside its letter."""
    return pictures.beside(message)


@register.filter
def inside(message: Message) -> int:
    """Count the pictures that stand inside a letter."""
    return len(pictures.inside(message))


@register.filter
def particulars(message: Message) -> list[tuple[str, str]]:
    """Return what was sent beside the words of a message: answers that no field of the card takes.

    Files that could not be kept are told as well.
    """
    meta = message.meta if message.is_incoming else {}
    sent = masking.shown_values({str(k): str(v) for k, v in (meta.get("fields") or {}).items()})
    rows = list(sent.items())
    return rows + [(_("Not kept"), str(why)) for why in meta.get("left_out") or []]
