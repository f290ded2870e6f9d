"""From an event to an explained effect: waking, judging, acting, re-reading the card."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.automation.factories import TELL, make_robot
from tests.factories import SYSTEM, make_item, make_pipeline, stage
from voronka.automation.commands import start_engine, stop_engine, switch_robot
from voronka.automation.commands.running import run_due
from voronka.automation.commands.waking import turn_wakes
from voronka.automation.models import RobotRun, Wake
from voronka.automation.worker import drain
from voronka.items.commands import correct_item, delete_item, edit_item, move_item
from voronka.items.models import Item
from voronka.timeline.commands.activities import Plan, finish_activity, plan_activity
from voronka.timeline.models import Activity, Notification

pytestmark = pytest.mark.django_db


def told():
    said = Notification.objects.filter(kind="robot").order_by("at", "pk")
    return list(said.values_list("text", flat=True))


def later(**span):
    return timezone.now() + timedelta(**span)


def only_run():
    return RobotRun.objects.get()


def test_a_robot_without_delay_acts_after_the_event_and_explains_itself():
    pipeline = make_pipeline()
    make_robot(pipeline, "created")
    item = make_item(pipeline, title="Кухня")
    assert told() == []
    assert drain() == 1
    assert told() == ["Смотри: Кухня"]
    run = only_run()
    assert run.state == "done"
    assert run.item == item
    assert run.explanation["actions"][0]["text"]["ru"].startswith("уведомление получил")


def test_an_event_that_no_robot_cares_about_leaves_no_note():
    pipeline = make_pipeline()
    make_robot(pipeline, "won")
    make_item(pipeline)
    assert not Wake.objects.exists()


def test_another_funnel_is_left_alone():
    pipeline = make_pipeline()
    other = make_pipeline(pipeline.item_type)
    make_robot(pipeline, "created")
    make_item(other)
    drain()
    assert told() == []


def test_a_robot_of_a_stage_acts_on_entry_to_this_stage_only():
    pipeline = make_pipeline()
    make_robot(stage(pipeline, "s2"), "stage_entered")
    item = make_item(pipeline)
    drain()
    assert told() == []
    move_item(item.pk, to=stage(pipeline, "s3"), by=SYSTEM)  # s2 is jumped over
    drain()
    assert told() == []
    other = make_item(pipeline)
    move_item(other.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    drain()
    assert len(told()) == 1


def test_a_robot_of_a_whole_type_acts_on_every_stage_of_work():
    pipeline = make_pipeline()
    make_robot(pipeline.item_type, "stage_entered")
    item = make_item(pipeline)
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    drain()
    assert len(told()) == 1  # it had left s1 before the worker looked
    move_item(item.pk, to=stage(pipeline, "won"), by=SYSTEM)
    drain()
    assert len(told()) == 1


def test_conditions_are_judged_when_it_acts_and_a_no_is_explained():
    pipeline = make_pipeline()
    dear = {"fact": "amount", "op": "greater", "value": 100}
    make_robot(pipeline, "created", conditions=dear)
    make_item(pipeline, amount=50)
    drain()
    run = only_run()
    assert run.state == "skipped"
    assert run.explanation["conditions"]["saw"] == "50.00"
    assert told() == []


def test_a_condition_sees_what_the_event_has_changed():
    pipeline = make_pipeline()
    became = {"fact": "amount", "op": "changed_to", "value": 900}
    make_robot(pipeline, "field_changed", settings={"fields": ["amount"]}, conditions=became)
    item = make_item(pipeline, amount=50)
    edit_item(item.pk, {"title": "x"}, by=SYSTEM)
    edit_item(item.pk, {"amount": 700}, by=SYSTEM)
    drain()
    assert only_run().state == "skipped"
    edit_item(item.pk, {"amount": 900}, by=SYSTEM)
    drain()
    assert len(told()) == 1


def test_a_delayed_robot_waits_and_reads_the_card_again_before_it_acts():
    pipeline = make_pipeline()
    make_robot(stage(pipeline, "s1"), "stage_entered", delay="3d calendar")
    stays, moves = make_item(pipeline), make_item(pipeline)
    drain()
    assert told() == []
    move_item(moves.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    drain(now=later(days=2))
    assert told() == []
    drain(now=later(days=4))
    assert told() == [f"Смотри: {stays.title}"]
    run = RobotRun.objects.get(item=moves)
    assert (run.state, run.explanation["why"]) == ("cancelled", "left")


@pytest.mark.parametrize(
    ("choice", "acts"), [("cancel", []), ("keep", [False, True]), ("finish", [True, True])]
)
def test_what_is_due_when_the_card_leaves_is_the_robots_choice(choice, acts):
    pipeline = make_pipeline()
    make_robot(stage(pipeline, "s1"), "stage_entered", delay="1d calendar", on_leave=choice)
    item = make_item(pipeline)
    drain()
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    drain(now=later(seconds=1))
    soon = bool(told())
    drain(now=later(days=2))
    assert [soon, bool(told())] == (acts or [False, False])


def test_a_card_that_was_closed_or_deleted_meanwhile_is_left_alone():
    pipeline = make_pipeline()
    make_robot(pipeline, "created", delay="1h calendar")
    won, gone = make_item(pipeline), make_item(pipeline)
    drain()
    move_item(won.pk, to=stage(pipeline, "won"), by=SYSTEM)
    delete_item(gone.pk, by=SYSTEM)
    drain(now=later(hours=2))
    assert told() == []
    assert set(RobotRun.objects.values_list("explanation__why", flat=True)) == {"closed", "deleted"}


def test_coming_back_to_a_stage_is_another_stay():
    pipeline = make_pipeline(forward_only=False)
    make_robot(stage(pipeline, "s1"), "stage_entered", delay="1h calendar")
    item = make_item(pipeline)
    drain()
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    correct_item(item.pk, to=stage(pipeline, "s1"), why="ошибка", by=SYSTEM)
    drain()
    assert set(RobotRun.objects.values_list("state", flat=True)) == {"cancelled", "pending"}
    drain(now=later(hours=2))
    assert len(told()) == 1


def test_an_action_that_is_refused_says_so_and_the_next_one_is_done():
    pipeline = make_pipeline()
    pipeline.stages.filter(code="s2").update(required=["amount"])
    make_robot(pipeline, "created", ("move_stage", {"to": "s2"}), TELL)
    item = make_item(pipeline)
    drain()
    run = only_run()
    assert run.state == "failed"
    lines = run.explanation["actions"]
    assert [line["ok"] for line in lines] == [False, True]
    assert "Этап 2" in lines[0]["text"]["ru"]
    item.refresh_from_db()
    assert item.stage.code == "s1"
    assert len(told()) == 1


def test_an_action_that_breaks_leaves_nothing_behind(monkeypatch):
    from voronka.automation.actions import notify

    def broken(*args, **kwargs):
        edit_item(Item.objects.get().pk, {"title": "half done"}, by=SYSTEM)
        raise RuntimeError("boom")

    monkeypatch.setattr(notify, "Recipients", broken)
    pipeline = make_pipeline()
    make_robot(pipeline, "created")
    item = make_item(pipeline)
    drain()
    assert only_run().state == "failed"
    assert Item.objects.get().title == item.title


def test_a_robot_that_is_switched_off_drops_what_is_due():
    pipeline = make_pipeline()
    robot = make_robot(pipeline, "created", delay="1h calendar")
    make_item(pipeline)
    drain()
    switch_robot(robot.pk, on=False, by=SYSTEM)
    make_item(pipeline)
    drain(now=later(hours=2))
    assert told() == []
    assert only_run().explanation == {"why": "off"}


def test_the_kill_switch_stops_everything_and_lets_it_go_on():
    pipeline = make_pipeline()
    make_robot(pipeline, "created")
    stop_engine(why="Разбираемся", by=SYSTEM)
    make_item(pipeline)
    drain()
    assert told() == []
    assert only_run().state == "pending"
    start_engine(by=SYSTEM)
    drain()
    assert len(told()) == 1


def test_what_piled_up_behind_the_kill_switch_may_be_forgotten():
    pipeline = make_pipeline()
    make_robot(pipeline, "created")
    stop_engine(by=SYSTEM)
    make_item(pipeline)
    drain()
    start_engine(forget=True, by=SYSTEM)
    drain()
    assert told() == []


def test_a_run_waits_for_an_event_between_two_actions():
    pipeline = make_pipeline()
    wait = ("wait", {"event": "activity_done", "at_most": "5d calendar"})
    make_robot(pipeline, "created", TELL, wait, ("notify", {"text": "Готово"}))
    item = make_item(pipeline, title="Кухня")
    drain()
    assert told() == ["Смотри: Кухня"]
    assert only_run().state == "waiting"
    call = plan_activity(Plan("call", "Позвонить", None), by=SYSTEM, item_id=item.pk)
    drain()
    assert len(told()) == 1
    finish_activity(call.pk, outcome=Activity.Outcome.DONE, by=SYSTEM)
    drain()
    assert told() == ["Смотри: Кухня", "Готово"]
    assert only_run().state == "done"


def test_a_wait_for_an_event_ends_by_time():
    from voronka.automation.commands.running import end_waits

    pipeline = make_pipeline()
    wait = ("wait", {"event": "activity_done", "at_most": "5d calendar"})
    make_robot(pipeline, "created", wait, TELL)
    make_item(pipeline)
    drain()
    assert end_waits() == 0
    assert end_waits(now=later(days=6)) == 1
    drain(now=later(days=6))
    assert len(told()) == 1


def test_waking_twice_for_one_event_makes_one_run():
    pipeline = make_pipeline()
    make_robot(pipeline, "created")
    make_item(pipeline)
    wake = Wake.objects.get()
    Wake.objects.create(event_id=wake.event_id, item_id=wake.item_id, at=wake.at)
    drain()
    assert len(told()) == 1


def test_the_question_inside_a_command_costs_one_query(django_assert_num_queries):
    from voronka.automation.commands.waking import on_event
    from voronka.journal.models import Event

    pipeline = make_pipeline()
    make_robot(pipeline, "created")
    make_item(pipeline)
    event = Event.objects.filter(verb="item.created").get()
    with django_assert_num_queries(1):
        on_event(event)


def test_runs_of_many_cards_are_woken_and_claimed_in_batches():
    pipeline = make_pipeline()
    make_robot(pipeline, "created")
    for _n in range(25):
        make_item(pipeline)
    assert turn_wakes() == 25
    assert run_due(limit=20) == 20
    assert run_due(limit=20) == 5
    assert len(told()) == 25
