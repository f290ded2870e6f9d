"""Making a client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.clients.changes import clean_changes, read_points, require_free_key
from voronka.clients.commands.client import note_event
from voronka.clients.commands.contacting import write_points
from voronka.clients.commands.linking import link_person_to_company
from voronka.clients.models import Client
from voronka.clients.rules import Point
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput, Sentence
from voronka.kernel.rows import insert_row
from voronka.people import access
from voronka.people.queries import require_working


@transaction.atomic
def create_client(
    kind: str,
    fields: Mapping[str, Any],
    *,
    by: Actor,
    owner_id: int | None = None,
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
    accounts: Iterable[str | tuple[str, str]] = (),
    company_id: int | None = None,
    role: str = "",
    at: datetime | None = None,
) -> Client:
    """Make a person or a company with its contact points; records `client.created`.

    Doubles are not refused here: `queries.recognise` shows them before, and people decide.

    Args:
        kind: "person" or "company".
        fields: field code -> typed value, as `edit_client` takes them. A person may be given by
            `name` or by its parts; without either the first contact point is the name.
        phones, emails, accounts: as written; a cell may hold several.
        company_id: of a person: the company they work at, as `role`.
        owner_id: the responsible; the actor when omitted.
        at: when the client came to be (aware); now when omitted.
    Raises:
        Forbidden: the role may not add clients (for this owner).
        InvalidInput: something typed can't be read; `fields` says what.
        Conflict: another client has this `external_id`.
    """
    owner_id = owner_id or by.user_id
    if owner_id is None:
        raise InvalidInput(_("Name a responsible person."), fields={"owner": _("Choose a person.")})
    access.require(by, "add", access.CLIENTS, owner_id=owner_id)
    require_working(owner_id)
    wrong: dict[str, Sentence] = {}
    if kind not in Client.Kind.values:
        wrong["kind"] = _("A client is a person or a company.")
    points = read_points(phones, emails, accounts, wrong=wrong)
    clean = clean_changes(kind, fields, wrong=wrong)
    name = clean.columns.pop("name", "") or (points[0].value if points else "")
    if not name:
        raise InvalidInput(
            _("Give the client a name, a phone or an e-mail."),
            fields={"name": _("Write a name.")},
        )
    require_free_key(kind, clean.columns.get("external_id", ""))
    values = {code: v for code, v in clean.values.items() if v is not None}
    client = Client(kind=kind, name=name, owner_id=owner_id, values=values, **clean.columns)
    place_client(client, points, by=by, at=at)
    if company_id is not None:
        link_person_to_company(client.pk, company_id, role=role, by=by)
    return client


def place_client(
    client: Client, points: Iterable[Point], *, by: Actor, at: datetime | None = None
) -> None:
    """Save a drafted client with its contact points; records `client.created`.

    In the transaction of a command that has checked the right and cleaned what was given.
    """
    client.created_at = client.changed_at = at or timezone.now()
    insert_row(client)
    write_points(client, points)
    note_event("client.created", client, by=by, at=at, name=client.name, kind=client.kind)
