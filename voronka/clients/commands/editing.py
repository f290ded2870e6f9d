"""Changing what is known of a client, and who answers for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.clients.changes import COLUMNS, Changes, clean_changes, require_free_key
from voronka.clients.commands.client import lock_client, note_event, save_client
from voronka.clients.models import Client
from voronka.journal.actors import Actor
from voronka.journal.commands import plain
from voronka.kernel.errors import Conflict, InvalidInput
from voronka.people.models import User
from voronka.people.queries import require_working


@transaction.atomic
def edit_client(
    client_id: int,
    changes: Mapping[str, Any],
    *,
    by: Actor,
    expected: Mapping[str, Any] | None = None,
) -> Client:
    """Change fields of a client; records `client.changed` with old and new values.

    Args:
        changes: field code -> typed value; an empty value clears the field. A new name of a
            person gives new parts unless they come with it.
        expected: field code -> the stored value the person was looking at.
    Raises:
        InvalidInput: a value can't be read, or the name would be empty.
        Conflict: a field in `expected` has another value by now, or the key is taken.
    """
    client = lock_client(client_id, by=by, action="change")
    clean = clean_changes(client.kind, changes)
    if "name" in clean.columns and not clean.columns["name"]:
        raise InvalidInput(_("A client needs a name."), fields={"name": _("Write a name.")})
    for code, seen in (expected or {}).items():
        if stored(client, code) != plain(seen):
            raise Conflict(
                _("Somebody has changed this client while you were typing. Look again, then save.")
            )
    require_free_key(client.kind, clean.columns.get("external_id", ""), but=client.pk)
    diff = _apply(client, clean)
    if diff:
        save_client(client, [*map(_column, clean.columns), "values"])
        note_event("client.changed", client, by=by, changes=diff)
    return client


@transaction.atomic
def assign_client(client_id: int, *, to: User, by: Actor) -> Client:
    """Make `to` responsible for a client; records `client.assigned`.

    Raises:
        InvalidInput: `to` no longer works here.
    """
    client = lock_client(client_id, by=by, action="change")
    if client.owner_id == to.pk:
        return client
    require_working(to.pk)
    left = client.owner_id
    client.owner = to
    save_client(client, ["owner"])
    note_event("client.assigned", client, by=by, left=left, entered=to.pk)
    return client


def stored(client: Client, code: str) -> Any:
    """Return the stored value behind a field code, as JSON would show it."""
    if code in ("source", "owner"):
        return getattr(client, f"{code}_id")
    return plain(getattr(client, code)) if code in COLUMNS else client.values.get(code)


def _column(attribute: str) -> str:
    return "source" if attribute == "source_id" else attribute


def _apply(client: Client, clean: Changes) -> dict[str, list[Any]]:
    diff: dict[str, list[Any]] = {}
    for attribute, value in clean.columns.items():
        old = getattr(client, attribute)
        if old != value:
            diff[_column(attribute)] = plain([old, value])
            setattr(client, attribute, value)
    values = dict(client.values)
    for code, value in clean.values.items():
        if values.get(code) != value:
            diff[code] = [values.get(code), value]
            if value is None:
                values.pop(code, None)
            else:
                values[code] = value
    client.values = values
    return diff
