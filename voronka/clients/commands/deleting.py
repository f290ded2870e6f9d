"""The recycle bin: clients go in and come back with everything that hangs on them (AC-7)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.clients.commands.client import lock_client, note_event, save_client
from voronka.clients.models import Client
from voronka.journal.actors import Actor
from voronka.kernel.errors import NotFound
from voronka.people import access


@transaction.atomic
def delete_client(client_id: int, *, by: Actor) -> Client:
    """Put a client into the recycle bin; records `client.deleted`.

    Cards keep their client: nothing that hangs on it goes away.

    Raises:
        Forbidden: the role may not delete (managers never may, D4).
    """
    client = lock_client(client_id, by=by, action="delete")
    client.deleted_at = timezone.now()
    client.deleted_by_id = by.user_id
    save_client(client, ["deleted_at", "deleted_by_id"])
    note_event("client.deleted", client, by=by, name=client.name)
    return client


@transaction.atomic
def restore_client(client_id: int, *, by: Actor) -> Client:
    """Bring a client back from the recycle bin; records `client.restored`.

    Raises:
        NotFound: no such client lies in the bin.
        Forbidden: the role has no right to the bin, or may not delete such clients.
    """
    binned = Client.objects.select_for_update().filter(deleted_at__isnull=False)
    client = binned.filter(pk=client_id).first()
    if client is None:
        raise NotFound(_("There is no such client in the recycle bin."))
    access.require_right(by, "recycle")
    access.require(by, "delete", access.CLIENTS, owner_id=client.owner_id)
    client.deleted_at = None
    client.deleted_by_id = None
    save_client(client, ["deleted_at", "deleted_by_id"])
    note_event("client.restored", client, by=by, name=client.name)
    return client
