"""Addresses of pages that a set-up of this program may leave out."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse


def address(url_name: str, *args: object) -> str:
    """Return the path of a URL name, or an empty string while there is no such page."""
    try:
        return reverse(url_name, args=args)
    except NoReverseMatch:
        return ""
