"""`{% load clients %}`: what only the templates about clients write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django import template
from django.utils.translation import gettext as _

from voronka.automation import telephony
from voronka.clients.models import ContactPoint
from voronka.kernel import masking, phones
from voronka.web import words

register = template.Library()
_ICONS = {
    "phone": "phone",
    "email": "mail",
    "telegram": "brand-telegram",
    "whatsapp": "brand-whatsapp",
    "vk": "brand-vk",
    "avito": "shopping-bag",
    "max": "message-circle",
    "other": "at",
}
SURE, LIKELY = 0.9, 0.7  # confidence, 0..1


@register.filter
def at(mapping: Mapping[str, Any], key: str) -> Any:
    """Return what a mapping holds under a key; "" when nothing."""
    return mapping.get(key, "")


@register.filter
def contact_icon(kind: str) -> str:
    """Return the icon of a kind of contact."""
    return _ICONS.get(kind, "at")


@register.filter
def contact_text(point: ContactPoint) -> str:
    """Write a contact for people: a phone with spaces, an account with its messenger's mark."""
    return identity_text(point.kind, point.value)


def identity_text(kind: str, value: str) -> str:
    """Write an address of a client for people, masked from those whose role hides contacts."""
    if masking.hidden():
        return masking.mask(kind, value) if value else ""
    if value.startswith("+"):
        return phones.pretty(value)
    return f"@{value}" if kind == "telegram" else value


@register.filter
def contact_as(value: str, kind: str) -> str:
    """Write an address that stands in no client as it may be shown."""
    return masking.shown(kind, value)


@register.filter
def may_be_called(point: ContactPoint) -> bool:
    """Whether a telephony can call without the number being seen."""
    return telephony.connected() is not None


@register.filter
def contact_url(point: ContactPoint) -> str:
    """Return where a messenger account is written to; "" when no address leads there."""
    if point.masked:
        return ""
    value = quote(point.value.lstrip("+"), safe="")
    match point.kind:
        case "telegram":
            return f"https://t.me/{'%2B' if point.value.startswith('+') else ''}{value}"
        case "whatsapp":
            return f"https://wa.me/{value}"
        case "vk":
            return f"https://vk.com/{value}"
    return ""


@register.filter
def confidence(share: float) -> str:
    """Say how sure a likeness is: "almost surely, 95 %"."""
    text = words.share(share)
    if share >= SURE:
        return _("almost surely, %(share)s") % {"share": text}
    if share >= LIKELY:
        return _("likely, %(share)s") % {"share": text}
    return _("perhaps, %(share)s") % {"share": text}
