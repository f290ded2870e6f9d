"""The recycle bin: cards go in and come back with everything that hangs on them (AC-7)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.items.commands.card import lock_card, note_event, require_card, save_card
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import NotFound
from voronka.kernel.locking import lock_row
from voronka.people import access


@transaction.atomic
def delete_item(item_id: int, *, by: Actor) -> Item:
    """Put a card into the recycle bin; records `item.deleted`. Links and history stay with it.

    Raises:
        Forbidden: the role may not delete (managers never may, D4).
    """
    item = lock_card(item_id, by=by, action="delete")
    item.deleted_at = timezone.now()
    item.deleted_by_id = by.user_id
    save_card(item, ["deleted_at", "deleted_by_id"])
    note_event("item.deleted", item, by=by, title=item.title)
    return item


@transaction.atomic
def restore_item(item_id: int, *, by: Actor) -> Item:
    """Bring a card back from the recycle bin; records `item.restored`.

    Raises:
        NotFound: no such card lies in the bin.
        Forbidden: the role may not delete such cards, or has no right to what others deleted.
    """
    binned = Item.objects.filter(deleted_at__isnull=False)
    item = lock_row(binned.select_related("stage", "pipeline__item_type"), item_id)
    if item is None:
        raise NotFound(_("There is no such card in the recycle bin."))
    if item.deleted_by_id != by.user_id:
        access.require_right(by, "recycle")
    require_card(by, "delete", item)
    item.deleted_at = None
    item.deleted_by_id = None
    save_card(item, ["deleted_at", "deleted_by_id"])
    note_event("item.restored", item, by=by, title=item.title)
    return item
