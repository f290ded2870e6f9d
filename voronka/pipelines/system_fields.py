"""What every card has besides its custom fields, and what a stage may ask for by code."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from voronka.pipelines.models import ItemType

SYSTEM_FIELDS: dict[str, Promise] = {
    "title": _("Title"),
    "amount": _("Amount"),
    "contact": _("Contact person"),
    "company": _("Company"),
    "client": _("Client"),
    "source": _("Source"),
    "lines": _("Products"),
    "next_step": _("Next step"),
}
_NEEDS = {"contact": "has_client", "company": "has_client", "client": "has_client"} | {
    "amount": "has_amount",
    "lines": "has_lines",
}


def system_fields(item_type: ItemType) -> dict[str, Promise]:
    """Return code -> title of the system fields that cards of this type have."""
    return {
        code: title
        for code, title in SYSTEM_FIELDS.items()
        if code not in _NEEDS or getattr(item_type, _NEEDS[code])
    }
