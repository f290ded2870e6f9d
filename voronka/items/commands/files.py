"""Files in cards and at clients."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.clients.models import Client
from voronka.items.commands.card import lock_card, note_event
from voronka.items.models import Attachment
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.kernel.file_names import clean_file_name
from voronka.people import access


def attach_file(
    file: File[bytes],
    *,
    name: str,
    by: Actor,
    item_id: int | None = None,
    client_id: int | None = None,
    content_type: str = "",
) -> Attachment:
    """Keep a file in a card or at a client; records `item.file_attached` / `client.file_attached`.

    The file is written before the transaction: a failure leaves a file without a row, which
    `voronka backup` leaves out, never a row without its file.

    Raises:
        InvalidInput: the file is empty or larger than settings.UPLOAD_MAX_BYTES.
    """
    if item_id is not None:
        with transaction.atomic():
            lock_card(item_id, by=by, action="change")
    elif client_id is not None:
        _changeable(client_id, by=by)
    attachment = write_file(file, name=name, by=by, content_type=content_type)
    attachment.item_id, attachment.client_id = item_id, client_id
    with transaction.atomic():
        attachment.save()
        diff: dict[str, Any] = {"file": attachment.pk, "name": attachment.name}
        if item_id is not None:
            item = lock_card(item_id, by=by, action="change")
            note_event("item.file_attached", item, by=by, **diff)
        elif client_id is not None:
            client = _changeable(client_id, by=by)
            record("client.file_attached", client, by=by, owner_id=client.owner_id, **diff)
    return attachment


def write_file(file: File[bytes], *, name: str, by: Actor, content_type: str = "") -> Attachment:
    """Write a file to the store and return its row, not saved yet; before any transaction.

    Raises:
        InvalidInput: the file is empty or larger than settings.UPLOAD_MAX_BYTES.
    """
    size = file.size or 0
    if not 0 < size <= settings.UPLOAD_MAX_BYTES:
        raise InvalidInput(
            _("A file may have up to %(count)d MB and must not be empty.")
            % {"count": settings.UPLOAD_MAX_BYTES // 1024**2}
        )
    attachment = Attachment(
        name=clean_file_name(name),
        size=size,
        content_type=content_type[:100],
        by_user_id=by.user_id,
        created_at=timezone.now(),
    )
    attachment.file.save(clean_file_name(attachment.name[-80:]), file, save=False)
    return attachment


def _changeable(client_id: int, *, by: Actor) -> Client:
    client = Client.objects.alive().filter(pk=client_id).first()
    if client is None:
        raise NotFound(_("There is no such client. It may have been deleted."))
    access.require(by, "change", access.CLIENTS, owner_id=client.owner_id)
    return client


@transaction.atomic
def remove_file(attachment_id: int, *, by: Actor) -> None:
    """Take a file out of a card or client; it stays on disk until the bin is emptied."""
    attachment = Attachment.objects.filter(pk=attachment_id, deleted_at=None).first()
    if attachment is None:
        raise NotFound(_("There is no such file."))
    attachment.deleted_at = timezone.now()
    diff: dict[str, Any] = {"file": attachment.pk, "name": attachment.name}
    if attachment.item_id is not None:
        item = lock_card(attachment.item_id, by=by, action="change")
        note_event("item.file_removed", item, by=by, **diff)
    elif attachment.client is not None:
        access.require(by, "change", access.CLIENTS, owner_id=attachment.client.owner_id)
        record("client.file_removed", attachment.client, by=by, **diff)
    attachment.save(update_fields=["deleted_at"])
