"""The last step of a card can't end without the next one where its stage requires one (TL-6)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_item, make_pipeline, stage
from tests.people.factories import make_user
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people.access import TOKEN_SCOPES
from voronka.people.commands import create_token
from voronka.timeline.commands.activities import Plan, finish_activity, plan_activity
from voronka.timeline.models import Activity

pytestmark = pytest.mark.django_db


def soon(**ahead):
    return timezone.now() + timedelta(**(ahead or {"hours": 2}))


@pytest.fixture
def seller():
    return make_user("manager")


@pytest.fixture
def card(seller):
    """A card at the second stage of a funnel that wants a next step from there on."""
    pipeline = make_pipeline(stages=3)
    pipeline.stages.filter(code="s2").update(required=["next_step"])
    item = make_item(pipeline, owner=seller)
    Item.objects.filter(pk=item.pk).update(stage=stage(pipeline, "s2"))
    return item


def plan(card, seller, **rest):
    mine = Plan("call", "Узнать решение", soon(), **rest)
    return plan_activity(mine, by=Actor.user(seller), item_id=card.pk)


def test_the_last_step_ends_only_with_the_next_one(card, seller):
    call = plan(card, seller)
    by = Actor.user(seller)
    with pytest.raises(InvalidInput, match="всегда есть следующий шаг"):
        finish_activity(call.pk, outcome="done", by=by)
    with pytest.raises(InvalidInput, match="всегда есть следующий шаг"):  # "some day" is no step
        finish_activity(call.pk, outcome="done", by=by, then=Plan("task", "Когда-нибудь", None))
    call.refresh_from_db()
    assert call.done_at is None
    assert not Activity.objects.exclude(pk=call.pk).exists()
    finish_activity(call.pk, outcome="done", by=by, then=Plan("task", "Отправить КП", soon(days=1)))
    card.refresh_from_db()
    assert card.next_activity_title == "Отправить КП"


def test_a_step_that_is_not_the_last_may_end(card, seller):
    call, _other = plan(card, seller), plan(card, seller)
    assert finish_activity(call.pk, outcome="cancelled", by=Actor.user(seller)).done_at


@pytest.mark.parametrize("freed", ["before that stage", "by a robot", "with an answer", "made"])
def test_whom_the_rule_leaves_free(card, seller, freed):
    by = Actor.user(seller)
    ask = {"answers": ({"code": "helped", "name": {"ru": "Помог"}},)}
    call = plan(card, seller, **(ask if freed == "with an answer" else {}))
    said = {"answer": "helped"} if freed == "with an answer" else {}
    if freed == "before that stage":
        Item.objects.filter(pk=card.pk).update(stage=stage(card.pipeline, "s1"))
    elif freed == "by a robot":
        by = Actor("robot", None, "Робот")
    elif freed == "made":
        said["unplanned"] = True
    assert finish_activity(call.pk, outcome="done", by=by, **said).done_at


@pytest.mark.parametrize("page", ["card:finish_activity", "my_day:finish"])
def test_the_dialog_says_so_and_keeps_what_was_typed(client, card, seller, page):
    call = plan(card, seller)
    client.force_login(seller)
    url = reverse(page, args=[call.pk])
    assert "всегда есть следующий шаг" in client.get(url).content.decode()
    answer = client.post(url, {"outcome": "done", "result": "Думают до пятницы"})
    assert answer.status_code == 422
    assert "Думают до пятницы" in answer.content.decode()
    due = f"{timezone.localtime(soon()):%Y-%m-%dT%H:%M}"
    done = {"outcome": "done", "kind": "task", "title": "Позвонить в пятницу", "due": due}
    assert client.post(url, done).status_code < 300
    card.refresh_from_db()
    assert card.next_activity_title == "Позвонить в пятницу"


def test_a_program_names_the_next_step_along_with_the_end(client, card, seller):
    call = plan(card, seller)
    _token, key = create_token(
        seller.pk, name="bot", scopes=list(TOKEN_SCOPES), by=Actor.user(seller)
    )

    def finish(**body):
        return client.post(
            f"/api/v1/activities/{call.pk}/done",
            {"outcome": "done", **body},
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}"},
        )

    refused = finish()
    assert refused.status_code == 422
    assert "next_step" in refused.json()["fields"]
    then = {"kind": "meeting", "title": "Замер", "due_at": soon(days=2).isoformat()}
    assert finish(then=then).status_code == 200
    card.refresh_from_db()
    assert (card.next_activity_kind, card.next_activity_title) == ("meeting", "Замер")
