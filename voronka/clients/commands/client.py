"""What all commands of clients share: the lock, rights, the version and the event."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.clients.errors import MergedAway
from voronka.clients.models import Client
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.journal.models import Event
from voronka.kernel.errors import NotFound
from voronka.people import access


def lock_client(client_id: int, *, by: Actor, action: str) -> Client:
    """Lock a client for this transaction and check the actor's right to do `action` to it.

    Raises:
        NotFound: there is no such client, or it lies in the recycle bin.
        MergedAway: it is part of another client by now.
        Forbidden: the role does not reach it with this action.
    """
    client = Client.objects.select_for_update().filter(pk=client_id, deleted_at=None).first()
    if client is None:
        raise NotFound(_("There is no such client. It may have been deleted."))
    access.require(by, action, access.CLIENTS, owner_id=client.owner_id)
    if client.merged_into_id is not None:
        raise MergedAway(_("This client has been merged into another one. Open that one."))
    return client


def save_client(client: Client, fields: Iterable[str], *, at: datetime | None = None) -> None:
    """Write the changed columns and count the version up."""
    client.version = client.version + 1
    client.changed_at = at or timezone.now()
    client.save(update_fields=[*fields, "version", "changed_at"])


def note_event(
    verb: str, client: Client, *, by: Actor, at: datetime | None = None, **diff: Any
) -> Event:
    """Record an event of a client with its owner, which live streams need."""
    return record(verb, client, by=by, at=at, owner_id=client.owner_id, **diff)
