"""Runs of many cards that do the same are done at once (ADR 9); each is told for itself."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.automation.factories import TELL, make_robot
from tests.factories import SYSTEM, make_item, make_pipeline
from tests.people.factories import make_user
from voronka.automation.commands import running
from voronka.automation.commands.waking import turn_wakes
from voronka.automation.models import AutoTask, RobotRun
from voronka.automation.specs import Limits
from voronka.automation.worker import drain
from voronka.items.models import Item
from voronka.journal.models import Event
from voronka.timeline.commands.activities import Plan, plan_activity
from voronka.timeline.models import Activity, Notification

pytestmark = pytest.mark.django_db
CALL = ("auto_task", {"title": {"ru": "Позвонить: {title}"}, "due": "2h calendar"})


def planned(item):
    return list(Activity.objects.filter(item=item).order_by("pk").values_list("title", flat=True))


def test_every_card_of_a_heap_gets_its_own_task_event_and_explanation():
    pipeline = make_pipeline()
    robot = make_robot(pipeline, "created", CALL)
    items = [make_item(pipeline, title=f"Заказ {n}") for n in range(5)]
    assert drain() == 5
    for item in items:
        assert planned(item) == [f"Позвонить: {item.title}"]
        before, item = item, Item.objects.get(pk=item.pk)
        assert item.next_activity_title == f"Позвонить: {item.title}"
        assert item.version == before.version + 1
        event = Event.objects.get(verb="item.activity_planned", subject_id=item.pk)
        task = AutoTask.objects.get(item=item, robot=robot)
        assert event.diff["activity"] == task.activity_id
        assert event.actor_name == str(robot.name)
        run = RobotRun.objects.get(item=item)
        assert (run.state, run.step) == ("done", 1)
        assert run.explanation["actions"][0]["made"] == {"activity": task.activity_id}
        assert item.title in run.explanation["actions"][0]["text"]["ru"]


def test_an_earlier_next_step_of_a_card_stays_its_next_step():
    pipeline = make_pipeline()
    make_robot(pipeline, "created", CALL)
    busy, idle = make_item(pipeline), make_item(pipeline)
    soon = timezone.now() + timedelta(minutes=5)
    plan_activity(Plan("call", "Скоро", soon), by=SYSTEM, item_id=busy.pk)
    drain()
    busy.refresh_from_db()
    idle.refresh_from_db()
    assert busy.next_activity_title == "Скоро"
    assert idle.next_activity_title.startswith("Позвонить")


def test_what_a_heap_wakes_knows_the_run_that_was_its_cause():
    pipeline = make_pipeline()
    make_robot(pipeline, "created", CALL)
    make_robot(pipeline, "activity_overdue", TELL)
    items = [make_item(pipeline) for _n in range(3)]
    drain()
    for item in items:
        assert RobotRun.objects.filter(item=item).count() == 2  # the clock of the task's end is set


def test_one_card_that_is_refused_does_not_spoil_the_others(monkeypatch):
    from voronka.automation.actions import auto_task

    real = auto_task.fill

    def fill(text, item, context, *, language):
        if item.title == "Плохая":
            raise RuntimeError("boom")
        return real(text, item, context, language=language)

    monkeypatch.setattr(auto_task, "fill", fill)
    pipeline = make_pipeline()
    make_robot(pipeline, "created", CALL)
    good = [make_item(pipeline, title=title) for title in ("Первая", "Вторая")]
    bad = make_item(pipeline, title="Плохая")
    drain()
    assert [len(planned(item)) for item in good] == [1, 1]
    assert planned(bad) == []
    assert RobotRun.objects.get(item=bad).state == "failed"
    assert Event.objects.filter(verb="item.activity_planned").count() == 2


def test_several_robots_of_one_card_act_in_their_order_and_see_each_other():
    pipeline = make_pipeline()
    make_robot(pipeline, "created", ("change_field", {"field": "title", "value": "Новое имя"}))
    make_robot(pipeline, "created", CALL)
    items = [make_item(pipeline, title="Старое") for _n in range(3)]
    drain()
    for item in items:
        assert planned(item) == ["Позвонить: Новое имя"]


def test_the_second_action_of_a_heap_finds_what_the_first_has_done():
    pipeline = make_pipeline()
    make_robot(pipeline, "created", CALL, ("notify", {"text": {"ru": "{title}: {next_step_at}"}}))
    for n in range(3):
        make_item(pipeline, title=f"Заказ {n}")
    drain()
    told = Notification.objects.filter(kind="robot").values_list("text", flat=True)
    assert len(told) == 3
    assert all(len(text) > len("Заказ 1: ") for text in told)


def test_a_cap_counts_every_run_of_a_batch():
    pipeline = make_pipeline()
    make_robot(pipeline, "created", CALL, limits=Limits(per_day=2))
    for _n in range(5):
        make_item(pipeline)
    drain()
    assert Activity.objects.count() == 2
    assert sorted(RobotRun.objects.values_list("state", flat=True)).count("done") == 2


def test_a_task_for_somebody_who_has_left_is_not_set_and_the_others_are():
    pipeline = make_pipeline()
    gone, here = make_user(), make_user()
    make_robot(pipeline, "created", CALL)
    lost, kept = make_item(pipeline, owner=gone), make_item(pipeline, owner=here)
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    drain()
    assert planned(lost) == []
    assert len(planned(kept)) == 1
    line = RobotRun.objects.get(item=lost).explanation["actions"][0]
    assert line["nothing"] is True


def test_a_batch_whose_time_is_up_leaves_the_rest_due(monkeypatch):
    pipeline = make_pipeline()
    make_robot(pipeline, "created", ("change_field", {"field": "title", "value": "x"}))
    for _n in range(3):
        make_item(pipeline)
    turn_wakes()
    monkeypatch.setattr(running, "LONGEST", -1.0)
    assert running.run_due() == 1
    assert RobotRun.objects.filter(state="pending").count() == 2
    assert drain() == 2


def test_a_heap_takes_no_more_statements_for_more_cards():
    counts = []
    for cards in (5, 25):
        pipeline = make_pipeline()
        make_robot(pipeline, "created", CALL)
        for _n in range(cards):
            make_item(pipeline)
        turn_wakes()
        with CaptureQueriesContext(connection) as asked:
            assert running.run_due() == cards
        counts.append(len(asked))
    assert counts[1] <= counts[0] + 2
