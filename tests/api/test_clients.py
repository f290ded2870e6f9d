"""Clients, activities and the set-up over HTTP."""

import pytest

from tests.factories import make_item, make_pipeline

pytestmark = pytest.mark.django_db


def test_a_client_is_made_and_found_by_a_phone_in_any_spelling(caller):
    owner = caller()
    status, made = owner.call(
        "POST", "/clients", {"kind": "person", "name": "Анна", "phones": ["8 916 123-45-67"]}
    )
    assert status == 201
    assert made["contact_points"][0]["value"] == "+79161234567"
    _status, found = owner.call("GET", "/clients?phone=%2B7%20(916)%201234567")
    assert [c["id"] for c in found["items"]] == [made["id"]]
    status, changed = owner.call(
        "PATCH", f"/clients/{made['id']}", {"job_title": "Директор", "emails": ["A@b.ru"]}
    )
    assert status == 200
    assert changed["job_title"] == "Директор"
    assert {p["value"] for p in changed["contact_points"]} == {"+79161234567", "a@b.ru"}


def test_what_can_t_be_read_is_named_by_field(caller):
    status, refused = caller().call(
        "POST", "/clients", {"kind": "person", "name": "Анна", "emails": ["битая"]}
    )
    assert status == 422
    assert refused["fields"]


def test_an_activity_becomes_the_next_step_and_is_finished(caller):
    owner, item = caller(), make_item()
    status, made = owner.call(
        "POST",
        "/activities",
        {"kind": "call", "title": "Ring", "item_id": item.pk, "due_at": "2030-01-01T10:00:00Z"},
    )
    assert status == 201
    assert owner.call("GET", f"/items/{item.pk}")[1]["next_activity_at"]
    status, done = owner.call("POST", f"/activities/{made['id']}/done", {"outcome": "done"})
    assert (status, done["outcome"]) == (200, "done")
    assert owner.call("GET", f"/items/{item.pk}")[1]["next_activity_at"] is None
    assert owner.call("GET", "/activities?planned=true")[1]["items"] == []


def test_the_set_up_can_be_read(caller):
    owner, pipeline = caller(), make_pipeline(reasons=True)
    [funnel] = owner.call("GET", "/pipelines")[1]
    assert funnel["code"] == pipeline.code
    assert [s["code"] for s in funnel["stages"]] == ["s1", "s2", "s3", "s4", "won", "lost"]
    assert owner.call("GET", "/pipelines/nowhere")[0] == 404
    assert owner.call("GET", "/me")[1]["id"] == owner.user.pk
    assert owner.call("GET", "/fields")[0] == 200
    assert owner.call("GET", "/users")[1]
