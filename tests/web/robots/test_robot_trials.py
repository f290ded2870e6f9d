"""Trials of a robot, its runs, the queue and the kill switch."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.automation.factories import TELL, make_robot
from tests.factories import SYSTEM, make_item, stage
from tests.people.factories import make_user
from tests.web.robots.scene import SILENCE, url
from voronka.automation.models import Engine, Errand, Robot, RobotRun
from voronka.automation.queries import robot_rows
from voronka.automation.worker import drain
from voronka.items.commands import move_item
from voronka.journal.models import Event

pytestmark = pytest.mark.django_db


def test_a_rehearsal_tells_when_the_robot_of_the_form_would_have_fired(boss, pipeline):
    item = make_item(pipeline)
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    data = {**SILENCE, "home": pipeline.pk, "trigger": "stage_entered",
            "trigger_drawn": "stage_entered"}  # fmt: skip
    page = boss.post(url("rehearse"), data).content.decode()
    assert '<span class="figure">1</span>' in page
    assert item.title in page
    assert not Robot.objects.exists()


def test_a_trial_on_one_card_tells_what_each_condition_sees(boss, pipeline):
    item = make_item(stage(pipeline, "s2").pipeline, amount=500)
    data = {
        **SILENCE,
        "home": pipeline.pk,
        "try_card": item.pk,
        "place": "",
        "c": ["0"],
        "c.0.kind": "fact",
        "c.0.fact": "amount",
        "c.0.op": "greater",
        "c.0.value": "1000",
    }
    page = boss.post(url("on_card"), data).content.decode()
    assert "Условия не выполнены" in page
    assert "сейчас: 500" in page


def test_runs_tell_their_story_and_hide_cards_one_may_not_see(boss, client, pipeline):
    known = {"fact": "title", "op": "filled"}
    robot = make_robot(pipeline, "created", TELL, conditions=known)
    make_item(pipeline, title="Кухня Ивановых")
    drain()
    told = boss.get(url("runs", robot.pk)).content.decode()
    assert told.count("Кухня Ивановых") > 1  # the card, and what the condition saw
    assert robot_rows(pipeline.item_type)[0].done == 1
    client.force_login(make_user("head_of_sales"))  # the card is of nobody below
    hidden = client.get(url("runs", robot.pk)).content.decode()
    assert "Карточка, которую ваша роль не показывает" in hidden
    assert "Кухня Ивановых" not in hidden


def test_applying_a_robot_reaches_the_cards_that_are_there(
    boss, pipeline, django_capture_on_commit_callbacks
):
    make_item(pipeline)
    robot = make_robot(stage(pipeline, "s1"), "stage_entered", TELL)
    assert "1 открытая карточка" in boss.get(url("apply", robot.pk)).content.decode()
    refused = boss.post(url("apply", robot.pk), {"days": "100"})
    assert refused.status_code == 422
    assert "60" in refused.content.decode()
    assert boss.post(url("apply", robot.pk), {"days": "3"}).status_code == 204


def test_the_queue_pages_through_runs_that_are_due_at_the_same_moment(boss, pipeline):
    robot, at = make_robot(pipeline), timezone.now() + timedelta(days=1)
    items = [make_item(pipeline) for _n in range(53)]
    RobotRun.objects.all().delete()
    RobotRun.objects.bulk_create(
        RobotRun(robot=robot, item=i, key="k", due_at=at, created_at=at, stay=at) for i in items
    )
    first = boss.get(url("queue"))
    assert first.content.decode().count('<tr id="run-') == 50
    rest = boss.get(url("queue"), {"after": first.context["next"]}).content.decode()
    assert rest.count('<tr id="run-') == 3


def test_a_failed_errand_is_shown_with_its_error_and_tried_again(boss, pipeline, owner):
    now = timezone.now()
    errand = Errand.objects.create(
        key="k", kind="http", state="failed", attempts=8, next_at=now, created_at=now,
        ended_at=now, answer={"error": "<b>refused</b>"}, item=make_item(pipeline),
    )  # fmt: skip
    page = boss.get(url("queue")).content.decode()
    assert "&lt;b&gt;refused" in page
    boss.post(url("retry", errand.pk))
    boss.post(url("retry", errand.pk))  # it waits already: nothing new to tell
    errand.refresh_from_db()
    assert errand.state == "waiting"
    event = Event.objects.get(verb="errand.retried")
    assert (event.actor_user_id, event.diff["item"]) == (owner.pk, errand.item_id)
    assert errand.item.title in boss.get(reverse("audit:index")).content.decode()


def test_the_kill_switch_stops_with_a_reason_and_starts_again(boss, pipeline, owner):
    boss.post(url("stop"), {"why": "Пишет клиентам"})
    assert Engine.objects.get().stopped_by_id == owner.pk
    assert "Пишет клиентам" in boss.get(url("index")).content.decode()
    assert "Все роботы остановлены" in boss.get(url("pipeline", pipeline.pk)).content.decode()
    boss.post(url("start"), {"missed": "forget"})
    assert Engine.objects.get().stopped_at is None
