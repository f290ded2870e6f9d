"""Many clients at once, for imports, the demo company and the bench: COPY instead of INSERT."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.clients.models import Client, ClientLink, ContactPoint
from voronka.clients.names import person_name
from voronka.clients.rules import Point
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.copying import copy_rows, next_ids
from voronka.kernel.errors import Conflict, InvalidInput
from voronka.people import access

_CLIENT_COLUMNS = (
    *("id", "kind", "name", "first_name", "last_name", "patronymic", "job_title", "inn"),
    *("address", "website", "comment", "values", "owner_id", "source_id", "external_id"),
    *("created_at", "changed_at", "version"),
)
_POINT_COLUMNS = ("client_id", "kind", "value", "raw", "extension", "label", "position")

_EVENT_COLUMNS = (
    *("verb", "subject_type", "subject_id", "actor_kind", "actor_user_id", "actor_name"),
    *("diff", "at"),
)


@dataclass(slots=True)
class ClientRow:
    """A client to load, already in its one spelling (see `rules.points`, `rules.inn`)."""

    kind: str
    name: str
    owner_id: int
    points: Sequence[Point] = ()  # each (kind, value) once
    first_name: str = ""
    last_name: str = ""
    patronymic: str = ""
    job_title: str = ""
    inn: str = ""
    address: str = ""
    website: str = ""
    comment: str = ""
    source_id: int | None = None
    external_id: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None


@transaction.atomic
def load_clients(rows: Iterable[ClientRow], *, by: Actor) -> list[int]:
    """Make many clients with their contact points; returns their ids in the order of `rows`.

    Records `client.created` for each, without waking handlers. A person without parts of the
    name gets them. Values are taken as they are: whoever loads has read them by the rules.

    Raises:
        Forbidden: the role may not add clients for one of the owners.
        InvalidInput: a row without a name.
        Conflict: an `external_id` is taken, or comes twice.
    """
    rows = list(rows)
    if not rows:
        return []
    for owner_id in {row.owner_id for row in rows}:
        access.require(by, "add", access.CLIENTS, owner_id=owner_id)
    if any(not row.name for row in rows):
        raise InvalidInput(_("A client needs a name."), fields={"name": _("Write a name.")})
    _require_free_keys(rows)
    now = timezone.now()
    ids = next_ids(Client, len(rows))
    numbered = list(zip(ids, rows, strict=True))
    copy_rows(Client, _CLIENT_COLUMNS, (_client(pk, row, now) for pk, row in numbered))
    points = (
        (pk, p.kind, p.value, p.raw, p.extension, p.label, position)
        for pk, row in numbered
        for position, p in enumerate(row.points)
    )
    copy_rows(ContactPoint, _POINT_COLUMNS, points)
    copy_rows(Event, _EVENT_COLUMNS, (_event(pk, row, now, by) for pk, row in numbered))
    return ids


@transaction.atomic
def load_links(links: Iterable[tuple[int, int, str]], *, by: Actor) -> int:
    """Link many (person id, company id, role); known links stay. Returns how many are new.

    Raises:
        Forbidden: the role may not change one of the persons.
    """
    links = list(links)
    persons = Client.objects.filter(pk__in={person for person, _company, _role in links})
    for owner_id in set(persons.values_list("owner_id", flat=True)):
        access.require(by, "change", access.CLIENTS, owner_id=owner_id)
    before = ClientLink.objects.count()
    ClientLink.objects.bulk_create(
        (ClientLink(person_id=p, company_id=c, role=role[:120]) for p, c, role in links),
        batch_size=5000,
        ignore_conflicts=True,
    )
    return ClientLink.objects.count() - before


def _require_free_keys(rows: Sequence[ClientRow]) -> None:
    keys = [(row.kind, row.external_id) for row in rows if row.external_id]
    if not keys:
        return
    taken = Client.objects.filter(external_id__in={key for _kind, key in keys})
    if len(set(keys)) < len(keys) or set(keys) & set(taken.values_list("kind", "external_id")):
        raise Conflict(
            _("There is a client with this external key already."),
            fields={"external_id": _("Each client has its own key.")},
        )


def _client(pk: int, row: ClientRow, now: datetime) -> tuple[Any, ...]:
    first, last, patronymic = row.first_name, row.last_name, row.patronymic
    if row.kind == Client.Kind.PERSON and not (first or last or patronymic):
        name = person_name(row.name)
        first, last, patronymic = name.first[:80], name.last[:80], name.patronymic[:80]
    made = row.created_at or now
    return (
        *(pk, row.kind, row.name, first, last, patronymic, row.job_title, row.inn),
        *(row.address, row.website, row.comment, dict(row.values), row.owner_id),
        *(row.source_id, row.external_id, made, made, 1),
    )


def _event(pk: int, row: ClientRow, now: datetime, by: Actor) -> tuple[Any, ...]:
    diff = {"name": row.name, "kind": row.kind, "owner_id": row.owner_id}
    return (
        *("client.created", Client.journal_type, pk, by.kind, by.user_id, by.name),
        *(diff, row.created_at or now),
    )
