"""When two clients become one, their cards and files follow, and go back on an undo."""

from __future__ import annotations

from collections.abc import Mapping

from voronka.items.models import Attachment, Item

Moved = Mapping[str, list[int]]


def move_to_keeper(keeper_id: int, absorbed_id: int) -> dict[str, list[int]]:
    """Give cards and files of the absorbed client to the keeper; return their ids by kind."""
    contact = Item.objects.filter(contact_id=absorbed_id)
    company = Item.objects.filter(company_id=absorbed_id)
    files = Attachment.objects.filter(client_id=absorbed_id)
    moved = {
        "contact": list(contact.values_list("pk", flat=True)),
        "company": list(company.values_list("pk", flat=True)),
        "files": list(files.values_list("pk", flat=True)),
    }
    contact.update(contact_id=keeper_id)
    company.update(company_id=keeper_id)
    files.update(client_id=keeper_id)
    return moved


def move_back(keeper_id: int, absorbed_id: int, moved: Moved) -> None:
    """Give back what still is where the merge put it."""
    contact = Item.objects.filter(pk__in=moved["contact"], contact_id=keeper_id)
    contact.update(contact_id=absorbed_id)
    company = Item.objects.filter(pk__in=moved["company"], company_id=keeper_id)
    company.update(company_id=absorbed_id)
    files = Attachment.objects.filter(pk__in=moved["files"], client_id=keeper_id)
    files.update(client_id=absorbed_id)
