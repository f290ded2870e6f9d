"""Cursor paging: newest first, by id; a page costs the same at the millionth row."""

from __future__ import annotations

import base64
import binascii
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from voronka.kernel.errors import InvalidInput

Row = TypeVar("Row", bound=models.Model)


def page(rows: models.QuerySet[Row], *, cursor: str, limit: int) -> tuple[list[Row], str | None]:
    """Return one page of rows, newest first, and the cursor of the next (None at the end).

    Raises:
        InvalidInput: the cursor is not one that this API gave.
    """
    if cursor:
        rows = rows.filter(pk__lt=_read(cursor))
    found: list[Any] = list(rows.order_by("-pk")[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return found, _write(found[-1].pk) if more else None


def _write(pk: int) -> str:
    return base64.urlsafe_b64encode(f"id:{pk}".encode()).decode().rstrip("=")


def _read(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        kind, _sep, pk = text.partition(":")
        if kind != "id" or not pk.isdecimal() or len(pk) > 18:
            raise ValueError
        return int(pk)
    except (ValueError, binascii.Error):
        raise InvalidInput(
            _("The cursor is not one of ours. Take it from `next` of the page before."),
            fields={"cursor": _("Leave it out to begin with the first page.")},
        ) from None
