"""Clients over HTTP."""

from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from voronka.api.access import TokenRequest, actor, scope
from voronka.api.answers import REFUSALS
from voronka.api.paging import page
from voronka.api.schemas.clients import ClientIn, ClientOut, ClientPage, ClientPatch
from voronka.api.schemas.common import Id, In, Text
from voronka.api.writing import answered
from voronka.clients import commands
from voronka.clients.models import Client
from voronka.journal.commands import note_listing, note_reading
from voronka.kernel import phones
from voronka.kernel.errors import NotFound

router = Router(tags=["clients"])


class ClientQuery(In):
    """Filters of the list; all that are given must hold."""

    kind: Literal["person", "company"] | None = None
    phone: Text | None = None
    email: Text | None = None
    inn: Text | None = None
    external_id: Text | None = None
    owner_id: Id | None = None
    changed_since: datetime | None = None
    cursor: str = ""
    limit: int = 50


@router.get("", response={200: ClientPage, **REFUSALS}, summary="List clients, newest first")
@scope("clients:read")
def list_clients(request: TokenRequest, query: Query[ClientQuery]) -> ClientPage:
    """Clients that the token's person may see; a phone may be written in any way."""
    rows = _visible(request)
    wanted: dict[str, Any] = {
        "kind": query.kind,
        "inn": query.inn,
        "external_id": query.external_id,
        "owner_id": query.owner_id,
        "changed_at__gte": query.changed_since,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if query.phone is not None:
        phone = phones.parse(query.phone, country=settings.COUNTRY)
        value = phone.e164 if phone else ""
        rows = rows.filter(contact_points__kind="phone", contact_points__value=value)
    if query.email is not None:
        rows = rows.filter(
            contact_points__kind="email", contact_points__value=query.email.strip().lower()
        )
    limit = max(1, min(query.limit, 200))
    found, cursor = page(rows, cursor=query.cursor, limit=limit)
    note_listing(Client.journal_type, [client.pk for client in found], by=actor(request))
    return ClientPage.model_construct(items=[ClientOut.of(c) for c in found], next=cursor)


def _visible(request: TokenRequest) -> Any:
    rows = Client.objects.visible_to(request.person)
    return rows.select_related("source").prefetch_related("contact_points")


def _client(request: TokenRequest, client_id: Id) -> Client:
    found: Client | None = _visible(request).filter(pk=client_id).first()
    if found is None:
        raise NotFound(_("There is no such client. It may have been deleted."))
    return found


def _fresh(pk: int) -> ClientOut:
    clients = Client.objects.select_related("source").prefetch_related("contact_points")
    return ClientOut.of(clients.get(pk=pk))


@router.post("", response={201: ClientOut, **REFUSALS}, summary="Make a client")
@scope("clients:write")
def create_client(request: TokenRequest, body: ClientIn) -> Status[object]:
    """Ask for the phone first (GET /clients?phone=…): doubles are not refused here."""

    def create() -> ClientOut:
        fields = body.changes()
        if body.external_id:
            fields["external_id"] = body.external_id
        made = commands.create_client(
            body.kind,
            {name: value for name, value in fields.items() if value is not None},
            by=actor(request),
            owner_id=body.owner_id,
            phones=body.phones,
            emails=body.emails,
            accounts=body.accounts,
            company_id=body.company_id,
        )
        return _fresh(made.pk)

    return answered(request, create, status=201)


@router.get("/{client_id}", response={200: ClientOut, **REFUSALS}, summary="One client")
@scope("clients:read")
def get_client(request: TokenRequest, client_id: Id) -> ClientOut:
    """A client that the person may see; else 404."""
    client = _client(request, client_id)
    note_reading(client, by=actor(request))
    return ClientOut.of(client)


@router.patch("/{client_id}", response={200: ClientOut, **REFUSALS}, summary="Change a client")
@scope("clients:write")
def change_client(request: TokenRequest, client_id: Id, body: ClientPatch) -> Status[object]:
    """Only what is sent changes; phones and e-mails are added to those that are there."""
    client = _client(request, client_id)

    @transaction.atomic
    def change() -> ClientOut:
        if changes := body.changes():
            commands.edit_client(client.pk, changes, by=actor(request))
        for kind, values in (("phone", body.phones), ("email", body.emails)):
            for value in values:
                commands.add_contact_point(client.pk, kind, value, by=actor(request))
        return _fresh(client.pk)

    return answered(request, change)


@router.delete("/{client_id}", response={204: None, **REFUSALS}, summary="Delete a client")
@scope("clients:write")
def delete_client(request: TokenRequest, client_id: Id) -> Status[None]:
    """Into the recycle bin; needs the right to delete."""
    commands.delete_client(_client(request, client_id).pk, by=actor(request))
    return Status(204, None)
