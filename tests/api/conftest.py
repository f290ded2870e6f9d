"""A client of the API with a token of its own."""

import json
from dataclasses import dataclass

import pytest
from django.test import Client as HttpClient

from tests.people.factories import make_user
from voronka.journal.actors import Actor
from voronka.people.access import TOKEN_SCOPES
from voronka.people.commands import create_token


@dataclass
class Caller:
    """Sends JSON with a token; `call(...)` returns (status, body)."""

    user: object
    token: str

    def call(self, method, path, body=None, **headers):
        extra = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in headers.items()}
        response = HttpClient().generic(
            method,
            f"/api/v1{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            HTTP_AUTHORIZATION=f"Bearer {self.token}",
            **extra,
        )
        return response.status_code, response.json() if response.content else None


@pytest.fixture
def caller(db):
    """Make a caller for a role, or for a user, with all scopes or some."""

    def make(role="owner", *, user=None, scopes=tuple(TOKEN_SCOPES)):
        user = user or make_user(role)
        _token, plain = create_token(user.pk, name="test", scopes=scopes, by=Actor.user(user))
        return Caller(user, plain)

    return make
