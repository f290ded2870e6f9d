"""Closing a card: people's open tasks and unfinished elements are asked about (F10, S1, SP-5)."""

import pytest
from django.urls import reverse

from tests.factories import SYSTEM, make_item, make_item_type, make_pipeline, make_reason, stage
from tests.people.factories import make_user
from voronka.automation.commands.closing import close_work
from voronka.items.commands import correct_item, link_items, lose_item, undo_move
from voronka.items.commands.losses import overturn_loss
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput
from voronka.timeline.commands.activities import Plan, plan_activity
from voronka.timeline.models import Activity

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(client):
    boss = make_user("owner", name="Пётр Андреев")
    client.force_login(boss)
    pipeline = make_pipeline()
    item = make_item(pipeline, owner=boss, by=Actor.user(boss))
    task = plan_activity(
        Plan("task", "Отправить каталог", None), by=Actor.user(boss), item_id=item.pk
    )
    return item, task, boss


def _post(client, item, to, **data):
    url = reverse("card:move", args=[item.pk])
    return client.post(url, {"stage": to.pk, **data}, headers={"HX-Request": "true"})


def test_a_win_asks_about_open_tasks_and_leaves_them_unless_told(client, deal):
    item, task, _boss = deal
    won = stage(item.pipeline, "won")
    asked = _post(client, item, won)
    assert asked.status_code == 422
    page = asked.content.decode()
    assert "Отправить каталог" in page
    assert '<input type="radio" name="work" value="keep" checked>' in page
    item.refresh_from_db()
    assert item.closed_at is None

    done = _post(client, item, won, asked="1", work="keep")
    assert done.status_code == 200
    task.refresh_from_db()
    assert task.done_at is None


def test_a_loss_closes_them_by_default_and_the_events_tell_it(client, deal):
    item, task, boss = deal
    lost = stage(item.pipeline, "lost")
    reason = make_reason(item.pipeline)
    page = _post(client, item, lost).content.decode()
    assert '<input type="radio" name="work" value="close" checked>' in page

    _post(client, item, lost, asked="1", work="close", reason=reason.pk)
    task.refresh_from_db()
    assert task.outcome == Activity.Outcome.CANCELLED
    event = Event.objects.get(verb="item.activity_done", subject_id=item.pk)
    assert event.diff["with_card"] is True
    assert event.actor_user_id == boss.pk


def test_a_loss_asks_whose_word_it_is_and_the_history_tells_it(client, deal):
    item, _task, _boss = deal
    lost, reason = stage(item.pipeline, "lost"), make_reason(item.pipeline)
    page = _post(client, item, lost).content.decode()
    assert '<input type="radio" name="told_by" value="seller" checked>' in page
    _post(client, item, lost, asked="1", reason=reason.pk, told_by="client")
    item.refresh_from_db()
    assert item.loss_told_by == "client"
    assert "со слов клиента" in client.get(reverse("card:show", args=[item.pk])).content.decode()


def test_a_card_without_open_ends_is_won_at_once(client, deal):
    item, _task, boss = deal
    other = make_item(item.pipeline, owner=boss, by=Actor.user(boss))
    assert _post(client, other, stage(item.pipeline, "won")).status_code == 200


def test_unfinished_elements_are_named_before_a_win_but_refuse_nothing(client, deal):
    item, _task, boss = deal
    works = make_pipeline(make_item_type("custom"))
    kitchen, hall, dropped = (
        make_item(works, owner=boss, title=title, by=SYSTEM)
        for title in ("Кухня Осло", "Прихожая", "Шкаф")
    )
    for one in (kitchen, hall, dropped):
        link_items(item.pk, one.pk, kind="part", by=SYSTEM)
    Item.objects.filter(pk=hall.pk).update(stage=stage(works, "won"))
    lose_item(dropped.pk, reason=None, by=SYSTEM)
    won = stage(item.pipeline, "won")
    page = _post(client, item, won).content.decode()
    assert "Кухня Осло" in page
    assert "Прихожая" not in page
    assert "Шкаф" not in page
    assert _post(client, item, won, asked="1").status_code == 200
    item.refresh_from_db()
    assert item.is_closed


@pytest.mark.parametrize("way", ["undone", "reopened", "overturned"])
def test_what_ended_with_a_card_comes_back_with_it(client, deal, way):
    item, task, boss = deal
    me = Actor.user(boss)
    end = stage(item.pipeline, "lost" if way == "overturned" else "won")
    before = plan_activity(Plan("task", "Отменено раньше", None), by=me, item_id=item.pk)
    client.post(reverse("card:finish_activity", args=[before.pk]), {"outcome": "cancelled"})
    _post(client, item, end, asked="1", work="close")
    task.refresh_from_db()
    assert task.done_at is not None
    if way == "undone":
        undo_move(item.pk, by=me)
    elif way == "overturned":
        overturn_loss(item.pk, why="ответили слишком поздно", by=me)
    else:
        correct_item(item.pk, to=stage(item.pipeline, "s1"), why="не оплатили", by=me)
    task.refresh_from_db()
    before.refresh_from_db()
    assert task.done_at is None
    assert before.outcome == Activity.Outcome.CANCELLED


def test_open_cards_keep_their_work(deal):
    item, _task, boss = deal
    with pytest.raises(InvalidInput):
        close_work(item.pk, by=Actor.user(boss))
