"""Clients for tests, made through the same door as real ones."""

from itertools import count
from typing import Any

from tests.people.factories import make_user
from voronka.clients.commands import create_client
from voronka.clients.models import Client
from voronka.journal.actors import Actor
from voronka.people.models import User

_numbers = count(1)
SYSTEM = Actor.system()


def make_client(
    name: str = "",
    *,
    kind: str = "person",
    owner: User | None = None,
    phones: tuple[str, ...] = (),
    emails: tuple[str, ...] = (),
    accounts: tuple[str, ...] = (),
    company: Client | None = None,
    by: Actor = SYSTEM,
    **fields: Any,
) -> Client:
    """A person, or a company when `kind` says so."""
    return create_client(
        kind,
        {"name": name or f"Client {next(_numbers)}", **fields},
        by=by,
        owner_id=(owner or make_user()).pk,
        phones=phones,
        emails=emails,
        accounts=accounts,
        company_id=company.pk if company else None,
    )
