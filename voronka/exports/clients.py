"""Persons and companies as tables that an import reads back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from voronka.clients.models import Client, ClientLink, ContactPoint
from voronka.exports.own_fields import columns as own_columns
from voronka.exports.tables import Column, Table, chunks
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Field

_COLUMNS = (
    "id key kind name first_name last_name patronymic job_title company company_key phones "
    "emails account account_2 account_3 inn address website comment source owner owner_name "
    "created_at changed_at"
)
_ACCOUNTS = 3  # columns; all of them are in contact_points
_LINKS = {"telegram": "https://t.me/", "vk": "https://vk.com/", "max": "https://max.ru/"}


def key(pk: int | None, external_id: str | None) -> str:
    """Return the name by which tables of the archive know a client or a card."""
    return external_id or (f"voronka-{pk}" if pk else "")


def client_tables(people: dict[int, str]) -> Iterator[Table]:
    """Return companies, persons, and who is deleted or merged away."""
    alive = Q(deleted_at=None, merged_into=None)
    fields = list(Field.objects.filter(item_type=None))
    for path, ru, en, which in (
        ("clients/companies", "Компании.", "Companies.", alive & Q(kind="company")),
        ("clients/persons", "Люди.", "Persons.", alive & Q(kind="person")),
        (
            "bin/clients",
            "Клиенты из корзины и те, кого объединили с другими.",
            "Clients in the recycle bin, and those merged into others.",
            ~alive,
        ),
    ):
        yield _table(path, LocalText(ru, en), Client.objects.filter(which), fields, people)


def _table(
    path: str,
    about: LocalText,
    rows: QuerySet[Client],
    fields: Sequence[Field],
    people: dict[int, str],
) -> Table:
    columns = [Column(code) for code in _COLUMNS.split()] + own_columns(fields, people)
    gone = path.startswith("bin/")
    if gone:
        columns += [Column("deleted_at"), Column("merged_into_id")]

    def read() -> Iterator[Sequence[Any]]:
        ordered = rows.select_related("owner", "source").order_by("pk")
        for piece in chunks(ordered):
            points, links = _points(piece), _links(piece)
            for client in piece:
                row = _row(client, points[client.pk], links.get(client.pk))
                row += [client.values.get(field.code) for field in fields]
                yield [*row, client.deleted_at, client.merged_into_id] if gone else row

    return Table(path, about, columns, read, rows.count)


def _row(client: Client, points: list[ContactPoint], link: ClientLink | None) -> list[Any]:
    accounts = [_account(p) for p in points if p.kind not in ("phone", "email")][:_ACCOUNTS]
    company = link.company if link else None
    return [
        *(client.pk, key(client.pk, client.external_id), client.kind, client.name),
        *(client.first_name, client.last_name, client.patronymic, client.job_title),
        *((company.name, key(company.pk, company.external_id)) if company else (None, None)),
        [_phone(p) for p in points if p.kind == "phone"],
        [p.value for p in points if p.kind == "email"],
        *accounts,
        *[None] * (_ACCOUNTS - len(accounts)),
        *(client.inn, client.address, client.website, client.comment),
        client.source.code if client.source else None,
        *(client.owner.email, client.owner.name, client.created_at, client.changed_at),
    ]


def _points(piece: list[Client]) -> dict[int, list[ContactPoint]]:
    found: dict[int, list[ContactPoint]] = defaultdict(list)
    for point in ContactPoint.objects.filter(client__in=[c.pk for c in piece]):
        found[point.client_id].append(point)
    return found


def _links(piece: list[Client]) -> dict[int, ClientLink]:
    """Return each person's first company."""
    rows = ClientLink.objects.select_related("company").filter(
        person__in=[c.pk for c in piece], company__deleted_at=None, company__merged_into=None
    )
    return {link.person_id: link for link in rows.order_by("-pk")}


def _phone(point: ContactPoint) -> str:
    return f"{point.value} доб. {point.extension}" if point.extension else point.value


def _account(point: ContactPoint) -> str:
    """Write an account so that an import knows the messenger again."""
    if point.kind == "whatsapp":
        return f"https://wa.me/{point.value.lstrip('+')}"
    return _LINKS.get(point.kind, "") + point.value
