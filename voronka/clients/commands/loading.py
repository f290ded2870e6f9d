"""Many clients at once, for imports, the demo company and the bench: COPY instead of INSERT."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.types.json import Jsonb

from voronka.clients.models import Client, ClientLink, ContactPoint
from voronka.clients.names import person_name
from voronka.clients.rules import Point
from voronka.journal.actors import Actor
from voronka.journal.commands import record_many
from voronka.journal.models import Event
from voronka.kernel.errors import Conflict, InvalidInput
from voronka.people import access

_CLIENT_COLUMNS = (
    *("id", "kind", "name", "first_name", "last_name", "patronymic", "job_title", "inn"),
    *("address", "website", "comment", "values", "owner_id", "source_id", "external_id"),
    *("created_at", "changed_at", "version"),
)
_POINT_COLUMNS = ("client_id", "kind", "value", "raw", "extension", "label", "position")


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
    ids = _new_ids(len(rows))
    _copy(Client, _CLIENT_COLUMNS, (_client(pk, r, now) for pk, r in zip(ids, rows, strict=True)))
    points = (
        (pk, p.kind, p.value, p.raw, p.extension, p.label, position)
        for pk, row in zip(ids, rows, strict=True)
        for position, p in enumerate(row.points)
    )
    _copy(ContactPoint, _POINT_COLUMNS, points)
    record_many(
        Event(
            verb="client.created",
            subject_type=Client.journal_type,
            subject_id=pk,
            actor_kind=by.kind,
            actor_user_id=by.user_id,
            actor_name=by.name,
            diff={"name": row.name, "kind": row.kind, "owner_id": row.owner_id},
            at=row.created_at or now,
        )
        for pk, row in zip(ids, rows, strict=True)
    )
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
        *(row.address, row.website, row.comment, Jsonb(dict(row.values)), row.owner_id),
        *(row.source_id, row.external_id, made, made, 1),
    )


def _new_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [Client._meta.db_table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _copy(
    model: type[Client] | type[ContactPoint],
    columns: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
