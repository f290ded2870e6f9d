"""Tokens open only what they are for, and not more often than they may."""

import pytest
from django.test import Client as HttpClient

from tests.factories import make_pipeline
from voronka.api import access

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic abc"])
def test_without_a_good_token_the_door_is_shut(header):
    headers = {"HTTP_AUTHORIZATION": header} if header else {}
    response = HttpClient().get("/api/v1/items", **headers)
    assert response.status_code == 401
    assert response.json()["code"] == "unauthorized"


def test_a_token_without_the_scope_is_told_which_one_it_lacks(caller):
    reader = caller(scopes=["items:read"])
    assert reader.call("GET", "/items")[0] == 200
    status, refused = reader.call(
        "POST", "/items", {"pipeline": make_pipeline().code, "title": "x"}
    )
    assert status == 403
    assert "items:write" in refused["detail"]


def test_a_token_that_asks_too_often_is_told_when_to_come_again(caller, settings, monkeypatch):
    settings.API_RATE_PER_MINUTE = 3
    monkeypatch.setattr(access, "_buckets", access.Buckets())
    eager = caller()
    assert [eager.call("GET", "/me")[0] for _ in range(4)] == [200, 200, 200, 429]


def test_unreadable_requests_name_the_field(caller):
    status, refused = caller().call("POST", "/items", {"title": 5, "surprise": 1})
    assert status == 422
    assert refused["code"] == "invalid"
    assert any("surprise" in name for name in refused["fields"])


def test_the_docs_page_is_served_from_here():
    response = HttpClient().get("/api/v1/docs")
    assert response.status_code == 200
    assert b"http://" not in response.content.replace(b"http://testserver", b"")
    assert b"cdn" not in response.content.lower()
