"""Taking a whole import back in one action (IM-1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.clients.commands.contacting import remove_contact_point
from voronka.clients.commands.editing import edit_client
from voronka.clients.models import Client, ContactPoint
from voronka.imports.commands.preparing import may_import
from voronka.imports.mapping import parse_mapping
from voronka.imports.models import ImportRow, ImportRun
from voronka.items.commands.editing import edit_item
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Conflict, DomainError
from voronka.kernel.texts import LocalText
from voronka.people.commands import change_user, close_account
from voronka.people.models import Department, Role
from voronka.products.commands import ProductSpec, archive_product, save_product
from voronka.products.models import Product

CHUNK = 500  # rows in one transaction


@transaction.atomic
def start_undo(run_id: int, *, by: Actor, background: bool = True) -> ImportRun:
    """Start taking an import back; records `import.undo_started`.

    Args:
        background: hand it to the worker as a job; else the caller goes on with `undo_import`.

    Raises:
        Conflict: it has not ended, or was taken back already.
    """
    from voronka.imports.tasks import continue_undo

    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if run.state != ImportRun.State.DONE and not run.is_half_done:
        raise Conflict(_("Only an import that has ended can be undone."))
    may_import(by, run.entity, parse_mapping(run.mapping).pipeline)
    run.state, run.done, run.error = ImportRun.State.UNDOING, 0, ""
    run.save(update_fields=["state", "done", "error"])
    record("import.undo_started", run, by=by)
    if background:
        continue_undo.defer(run_id=run.pk)
    return run


def undo_import(run_id: int) -> ImportRun:
    """Take back what is left of an import, last row first, chunk by chunk.

    What the import made is removed, unless somebody has worked on it since: that stays, and its
    row says so. What it changed gets its old values back.
    """
    run = ImportRun.objects.select_related("created_by__role").get(pk=run_id)
    if run.state != ImportRun.State.UNDOING:
        return run
    by = Actor.importer(run.created_by, run.file_name)
    below: int | None = None
    while (below := _undo_chunk(run, by, below=below)) is not None:
        pass
    with transaction.atomic():
        run.state, run.undone_at = ImportRun.State.UNDONE, timezone.now()
        run.save(update_fields=["state", "undone_at"])
        record("import.undone", run, by=by, owner_id=run.created_by_id)
    return run


@transaction.atomic
def _undo_chunk(run: ImportRun, by: Actor, *, below: int | None) -> int | None:
    """Take the next rows back and return the number of the first of them; None at the end.

    Args:
        below: rows from this one on are done; without it a long file would be walked each time.
    """
    wanted = run.rows.filter(undone=None, object_id__isnull=False, verdict__in=["new", "update"])
    if below is not None:
        wanted = wanted.filter(number__lt=below)
    rows = list(wanted.select_for_update().order_by("-number")[:CHUNK])
    if not rows:
        return None
    made = [r for r in rows if r.made]
    kept = _REMOVERS[run.entity]([r.object_id or 0 for r in made], by) if made else set()
    for row in rows:
        row.undone = row.object_id not in kept
        if row.made and not row.undone:
            row.notes = [*row.notes, {"field": "", "text": str(_("In use by now, so it stays."))}]
        elif not row.made and row.before:
            row.undone = _revert(run.entity, row, by)
    gone = [row.pk for row in rows if row.undone]
    run.rows.filter(pk__in=gone).update(undone=True)
    ImportRow.objects.bulk_update([row for row in rows if not row.undone], ["undone", "notes"])
    run.done += len(rows)
    run.save(update_fields=["done"])
    record("import.progressed", run, by=Actor.system(), done=run.done, owner_id=run.created_by_id)
    return rows[-1].number


def _revert(entity: str, row: ImportRow, by: Actor) -> bool:
    before: dict[str, Any] = dict(row.before or {})
    try:
        with transaction.atomic():
            if entity == "item":
                edit_item(row.object_id or 0, before, by=by)
            elif entity in ("person", "company"):
                points = before.pop("contact_points", [])
                for pk in ContactPoint.objects.filter(pk__in=points).values_list("pk", flat=True):
                    remove_contact_point(pk, by=by)
                edit_client(row.object_id or 0, before, by=by)
            elif entity == "product":
                _revert_product(row.object_id or 0, before, by)
            else:
                _revert_account(row.object_id or 0, before, by)
    except DomainError as refusal:
        row.notes = [*row.notes, {"field": "", "text": str(refusal)}]
        return False
    return True


def _revert_product(pk: int, before: dict[str, Any], by: Actor) -> None:
    product = Product.objects.get(pk=pk)
    again = before.pop("archived", False)
    if "name" in before:
        before["name"] = LocalText(**before["name"])
    if "price" in before:
        before["price"] = Decimal(before["price"])
    save_product(replace(ProductSpec.of(product), **before), by=by)
    if again:
        archive_product(product.code, by=by)


def _revert_account(pk: int, before: dict[str, Any], by: Actor) -> None:
    if "role" in before:
        before["role"] = Role.objects.get(pk=before["role"])
    if "department" in before:
        before["department"] = Department.objects.filter(pk=before["department"] or 0).first()
    change_user(pk, by=by, **before)


def _remove_items(ids: Iterable[int], by: Actor) -> set[int]:
    """Remove cards that nobody has touched; return the ids of those that stay."""
    cards = Item.objects.filter(pk__in=ids)
    fresh = cards.filter(version=1, notes=None, activities=None, attachments=None)
    free = set(fresh.filter(child_links=None, parent_links=None).values_list("pk", flat=True))
    Item.objects.filter(pk__in=free).delete()
    return set(ids) - free


def _remove_clients(ids: Iterable[int], by: Actor) -> set[int]:
    """Remove clients without cards, notes or later changes; return the ids of those that stay."""
    clients = Client.objects.filter(pk__in=ids, version=1, notes=None, activities=None)
    free = set(
        clients.filter(contact_items=None, company_items=None, attachments=None).values_list(
            "pk", flat=True
        )
    )
    Client.objects.filter(pk__in=free).delete()
    return set(ids) - free


def _remove_products(ids: Iterable[int], by: Actor) -> set[int]:
    for code in Product.objects.filter(pk__in=ids).values_list("code", flat=True):
        archive_product(code, by=by)
    return set()


def _close_accounts(ids: Iterable[int], by: Actor) -> set[int]:
    for pk in ids:
        close_account(pk, by=by)
    return set()


_REMOVERS: dict[str, Callable[[Iterable[int], Actor], set[int]]] = {
    "item": _remove_items,
    "person": _remove_clients,
    "company": _remove_clients,
    "product": _remove_products,
    "employee": _close_accounts,
}
