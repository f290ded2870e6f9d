"""Questions on cards over HTTP: asked, answered, taken back, by whom and on what (SP-4)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_item, make_pipeline
from tests.people.factories import make_role, make_user

pytestmark = pytest.mark.django_db


def ask(caller, item, to, **more):
    due = (timezone.now() + timedelta(days=1)).isoformat()
    body = {"item_id": item.pk, "text": "Успеем к пятнице?", "to": to, "due_at": due, **more}
    return caller.call("POST", "/questions", body)


def test_a_question_is_asked_answered_and_listed(caller):
    asker, asked = caller(), caller("marketer")
    item = make_item(make_pipeline())
    status, made = ask(asker, item, "role:marketer")
    assert (status, made["to"], made["asker_id"]) == (201, "role:marketer", asker.user.pk)
    _status, mine = asked.call("GET", "/questions?mine=true&open=true")
    assert [q["id"] for q in mine["items"]] == [made["id"]]
    status, answer = asked.call("POST", f"/questions/{made['id']}/replies", {"text": "Да"})
    assert (status, answer["answered"]) == (200, True)
    assert [r["text"] for r in answer["replies"]] == ["Да"]
    _status, open_now = asker.call("GET", f"/questions?item_id={item.pk}&open=true")
    assert open_now["items"] == []


def test_only_the_asker_takes_a_question_back(caller):
    asker, asked = caller(), caller("marketer")
    _status, made = ask(asker, make_item(make_pipeline()), f"user:{asked.user.pk}")
    assert asked.call("POST", f"/questions/{made['id']}/close")[0] == 403
    status, closed = asker.call("POST", f"/questions/{made['id']}/close")
    assert status == 200
    assert closed["settled_at"]
    assert not closed["answered"]


def test_what_one_may_not_see_one_can_neither_ask_nor_read(caller):
    item = make_item(make_pipeline())
    _status, made = ask(caller(), item, f"user:{make_user('marketer').pk}")
    stranger = caller(user=make_user(make_role()))
    assert ask(stranger, item, "role:owner")[0] == 404
    assert stranger.call("GET", f"/questions/{made['id']}")[0] == 404
    assert stranger.call("GET", "/questions")[1]["items"] == []


def test_a_time_that_has_passed_is_refused_where_it_stands(caller):
    past = (timezone.now() - timedelta(hours=1)).isoformat()
    status, refusal = ask(caller(), make_item(make_pipeline()), "role:owner", due_at=past)
    assert status in (400, 422)
    assert "due" in str(refusal)
