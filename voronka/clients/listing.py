"""The list of clients: its filters, its orders, and pages that cost the same at the last row.

Source: docs/domain/clients.md, "the list".
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Prefetch, Q, Value
from django.utils.dateparse import parse_datetime

from voronka.clients.models import Client, ClientLink, ClientQuerySet
from voronka.people.models import User

PAGE = 50
MOST_LINKS = 4  # companies of a person, persons of a company, that a row can name
SORTS: dict[str, str] = {  # name of the order -> column; "-" in front turns it round
    "name": "name",
    "created": "created_at",
    "changed": "changed_at",
}
USUAL = "-created"


@dataclass(frozen=True, slots=True)
class ClientsPage:
    """Some clients in order, and where the next page begins ("" at the end).

    `linked`: client id -> the first companies of a person, or persons of a company.
    """

    clients: list[Client]
    after: str
    linked: dict[int, list[Client]]


def page_of(
    rows: ClientQuerySet, *, visible: ClientQuerySet, sort: str = USUAL, after: str = ""
) -> ClientsPage:
    """Return a page of clients with owners, contacts and links. At most four SQL queries.

    Args:
        visible: the clients whose names may be told as companies and persons of others.
        sort: a key of SORTS, with "-" for the greatest first; anything else is the usual order.
        after: the cursor of the page before; one that can't be read begins at the top.
    """
    down = sort.startswith("-")
    column = SORTS.get(sort.removeprefix("-"))
    if column is None:
        column, down = SORTS["created"], True
    if cut := _read(after, column):
        value, pk = cut
        side = "lt" if down else "gt"
        rows = rows.filter(
            Q(**{f"{column}__{side}": value}) | Q(**{column: value, f"pk__{side}": pk}),
            **{f"{column}__{side}e": value},  # the same once more, for the index to begin there
        )
    order = [F(name).desc() if down else F(name).asc() for name in (column, "pk")]
    found = list(
        rows.select_related("owner")
        .prefetch_related(
            "contact_points",
            _links("company_links", "company", visible),
            _links("person_links", "person", visible),
        )
        .order_by(*order)[: PAGE + 1]
    )
    page = found[:PAGE]
    after = _write(page[-1], column) if len(found) > PAGE else ""
    return ClientsPage(page, after, {client.pk: _linked(client) for client in page})


def _links(links: str, side: str, visible: ClientQuerySet) -> Prefetch[Any]:
    """Return the prefetch of the first few links; a company may have thousands of persons."""
    rows = ClientLink.objects.filter(**{f"{side}__in": visible}).select_related(side)
    return Prefetch(links, queryset=rows.order_by("pk")[:MOST_LINKS], to_attr=f"first_{links}")


def _linked(client: Client) -> list[Client]:
    if client.is_company:
        return [link.person for link in getattr(client, "first_person_links", ())]
    return [link.company for link in getattr(client, "first_company_links", ())]


def ownerless() -> Q:
    """Return the condition of clients whose responsible no longer works here. One SQL query."""
    return Q(owner_id__in=list(User.objects.filter(is_active=False).values_list("pk", flat=True)))


class OneOf(Func):
    """Whether a column is one of many ids, which travel as a single parameter; for `filter`."""

    output_field = BooleanField()
    template = "%(expressions)s)"
    arg_joiner = " = ANY("

    def __init__(self, column: str, ids: Iterable[int]) -> None:
        super().__init__(F(column), Value(list(ids), ArrayField(BigIntegerField())))


def _write(client: Client, column: str) -> str:
    value = getattr(client, column)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    raw = json.dumps([text, client.pk], ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _read(cursor: str, column: str) -> tuple[Any, int] | None:
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        text, pk = json.loads(raw)
        value = text if column == "name" else parse_datetime(text)
    except (ValueError, TypeError, binascii.Error):
        return None
    good = isinstance(text, str) and isinstance(pk, int) and value is not None
    return (value, pk) if good and abs(pk) < 2**63 and "\x00" not in str(value) else None
