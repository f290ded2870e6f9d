"""Where what came in may go by its name: a field of the card, an account or a column of the client.

What a form and a webhook have in common; each has plain targets of its own besides.
"""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from voronka.clients.models import ContactPoint

COMMON: dict[str, Promise] = {
    "name": _("Client's name"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "company": _("Company"),
    "text": _("What is wanted"),
    "product": _("Product"),
    "source": _("Source"),
}
CLIENT_COLUMNS = ("job_title", "address", "comment")
_NAMED = re.compile(r"item:[a-z0-9_-]{1,60}|account:[a-z]{2,10}|client:[a-z_]{2,20}")


def is_named_target(value: str) -> bool:
    """Whether it is "item:<code of a field>", "account:<messenger>" or "client:<column>"."""
    if not _NAMED.fullmatch(value):
        return False
    kind, _colon, rest = value.partition(":")
    if kind == "account":
        return rest in ContactPoint.Kind.values and rest not in ("phone", "email")
    return kind == "item" or rest in CLIENT_COLUMNS
