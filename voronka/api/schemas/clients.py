"""People and companies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

from voronka.api.schemas.common import NO_ZERO_BYTE, Code, Id, In, LongText, Text, Values
from voronka.clients.models import Client
from voronka.kernel import masking


class ContactPointOut(Schema):
    """A way to reach a client."""

    kind: str
    value: str
    label: str
    masked: bool = Field(description="The person's role hides it: +7 ••• •••-12-34")


class ClientOut(Schema):
    """A person or company."""

    id: int
    kind: str
    name: str
    first_name: str
    last_name: str
    patronymic: str
    job_title: str
    inn: str
    address: str
    website: str
    comment: str
    owner_id: int
    source: str | None
    values: dict[str, Any]
    contact_points: list[ContactPointOut]
    external_id: str
    created_at: datetime
    changed_at: datetime
    version: int

    @classmethod
    def of(cls, client: Client) -> ClientOut:
        """Read a client with source and contact points at hand."""
        points = [
            ContactPointOut.model_construct(
                kind=p.kind, value=p.shown, label=p.label, masked=p.masked
            )
            for p in client.contact_points.all()
        ]
        derived = ("id", "source", "contact_points", "name", "values")
        return cls.model_construct(
            id=client.pk,
            source=client.source.code if client.source else None,
            contact_points=points,
            name=str(client),
            values=dict(masking.shown_values(client.values)),
            **{name: getattr(client, name) for name in cls.model_fields if name not in derived},
        )


class ClientPage(Schema):
    """A page of clients."""

    items: list[ClientOut]
    next: str | None


class ClientFields(In):
    """What a client says; left out means unchanged."""

    name: Text | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    patronymic: Text | None = None
    job_title: Text | None = None
    inn: Text | None = None
    address: Text | None = None
    website: Text | None = None
    comment: LongText | None = None
    source: Code | None = None
    values: Values = Field(default_factory=dict)

    def changes(self) -> dict[str, Any]:
        """Return what was sent, as the commands take it."""
        skip = {"values", "owner_id", "kind", "phones", "emails", "accounts", "company_id"}
        names = self.model_fields_set - skip
        return {name: getattr(self, name) for name in names} | dict(self.values)


class ClientIn(ClientFields):
    """A new client."""

    kind: Literal["person", "company"]
    phones: list[Text] = Field(default_factory=list, max_length=20)
    emails: list[Text] = Field(default_factory=list, max_length=20)
    accounts: list[Text] = Field(default_factory=list, max_length=20)
    company_id: Id | None = Field(None, description="Of a person: where they work")
    external_id: Annotated[str, StringConstraints(max_length=120, pattern=NO_ZERO_BYTE)] = ""
    owner_id: Id | None = None


class ClientPatch(ClientFields):
    """A change of a client; contact points are added, never taken away, here."""

    phones: list[Text] = Field(default_factory=list, max_length=20)
    emails: list[Text] = Field(default_factory=list, max_length=20)
