"""Each trigger: what fires it and what does not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.automation.factories import make_robot
from tests.factories import (
    SYSTEM,
    make_field,
    make_item,
    make_item_type,
    make_pipeline,
    make_reason,
    stage,
)
from tests.people.factories import make_user
from voronka.automation.commands.pressing import press_button
from voronka.automation.models import RobotRun
from voronka.automation.worker import drain
from voronka.items.commands import (
    assign_owner,
    edit_item,
    link_items,
    lose_item,
    move_item,
    undo_move,
    win_item,
)
from voronka.items.commands.answering import note_answer, start_clock
from voronka.items.commands.clocks import pause_stage, prolong_stage, resume_stage
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.timeline.commands.activities import Plan, finish_activity, plan_activity
from voronka.timeline.commands.notes import write_note
from voronka.timeline.models import Notification

pytestmark = pytest.mark.django_db
MOSCOW = ZoneInfo("Europe/Moscow")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=MOSCOW)


def fired(**later):
    """How many times robots have told something by then."""
    drain(now=timezone.now() + timedelta(**later) if later else None)
    return Notification.objects.filter(kind="robot").count()


def due():
    return RobotRun.objects.get(state="pending").due_at.astimezone(MOSCOW)


def test_made():
    pipeline = make_pipeline()
    make_robot(pipeline, "created")
    item = make_item(pipeline)
    edit_item(item.pk, {"title": "x"}, by=SYSTEM)
    assert fired() == 1


def test_stage_entered_for_named_stages():
    pipeline = make_pipeline()
    make_robot(pipeline, "stage_entered", settings={"stages": ["s2", f"{pipeline.code}/won"]})
    item = make_item(pipeline)
    assert fired() == 0
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    assert fired() == 1
    win_item(item.pk, by=SYSTEM)
    assert fired() == 2


def test_stage_left():
    pipeline = make_pipeline()
    make_robot(stage(pipeline, "s2"), "stage_left")
    item = make_item(pipeline)
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    assert fired() == 0
    move_item(item.pk, to=stage(pipeline, "s3"), by=SYSTEM)
    move_item(item.pk, to=stage(pipeline, "s4"), by=SYSTEM)
    assert fired() == 1


def test_won_and_lost_by_reason():
    pipeline = make_pipeline()
    dear = make_reason(pipeline)
    outer = make_reason(pipeline)
    inner = make_reason(pipeline, parent=outer)
    make_robot(pipeline, "won")
    make_robot(pipeline, "lost", settings={"reasons": [outer.code]})
    win_item(make_item(pipeline).pk, by=SYSTEM)
    assert fired() == 1
    lose_item(make_item(pipeline).pk, by=SYSTEM, reason=dear)
    assert fired() == 1
    lose_item(make_item(pipeline).pk, by=SYSTEM, reason=inner)
    assert fired() == 2


def test_field_changed():
    item_type = make_item_type()
    make_field(item_type, "colour")
    pipeline = make_pipeline(item_type)
    make_robot(pipeline, "field_changed", settings={"fields": ["colour"]})
    item = make_item(pipeline, colour="red")
    edit_item(item.pk, {"title": "x"}, by=SYSTEM)
    edit_item(item.pk, {"colour": "red"}, by=SYSTEM)
    assert fired() == 0
    edit_item(item.pk, {"colour": "blue"}, by=SYSTEM)
    assert fired() == 1


def test_grade_changed():
    item_type = make_item_type(grade_rule={"fields": ["budget"], "a": 3, "b": 1})
    options = [{"code": "big", "name": {"ru": "да"}, "points": 3}, {"code": "no", "name": {}}]
    make_field(item_type, "budget", "list", options=options)
    pipeline = make_pipeline(item_type)
    make_robot(pipeline, "grade_changed", settings={"to": ["A"]})
    item = make_item(pipeline, budget="no")
    assert fired() == 0
    edit_item(item.pk, {"budget": "big"}, by=SYSTEM)
    assert fired() == 1
    make_item(pipeline, budget="big")
    assert fired() == 2


def test_assigned():
    pipeline = make_pipeline()
    make_robot(pipeline, "assigned")
    item = make_item(pipeline)
    assign_owner(item.pk, to=make_user(), by=SYSTEM)
    assert fired() == 1


def test_activity_done_by_kind_and_outcome():
    pipeline = make_pipeline()
    make_robot(pipeline, "activity_done", settings={"kinds": ["call"], "outcomes": ["no_answer"]})
    item = make_item(pipeline)
    for kind, outcome in (("task", "done"), ("call", "done"), ("call", "no_answer")):
        plan = plan_activity(Plan(kind, kind, None), by=SYSTEM, item_id=item.pk)
        finish_activity(plan.pk, outcome=outcome, by=SYSTEM)
    assert fired() == 1


def test_note_of_a_person():
    pipeline = make_pipeline()
    make_robot(pipeline, "note_written")
    item = make_item(pipeline)
    write_note("от программы", by=SYSTEM, item_id=item.pk)
    assert fired() == 0
    write_note("от человека", by=Actor.user(make_user("owner")), item_id=item.pk)
    assert fired() == 1


def test_button():
    pipeline = make_pipeline()
    robot = make_robot(pipeline, "button", code="ring")
    make_robot(pipeline, "button", code="other")
    item = make_item(pipeline)
    press_button(item.pk, robot.code, by=Actor.user(make_user("owner")))
    assert fired() == 1
    with pytest.raises(InvalidInput):
        press_button(item.pk, "nothing", by=SYSTEM)


def test_all_elements_finished():
    deals, articles = make_pipeline(), make_pipeline(make_item_type("custom"))
    make_robot(deals, "element_closed")
    deal = make_item(deals)
    first, second = make_item(articles), make_item(articles)
    for child in (first, second):
        link_items(deal.pk, child.pk, by=SYSTEM, kind="part")
    win_item(first.pk, by=SYSTEM)
    assert fired() == 0
    win_item(second.pk, by=SYSTEM)
    assert fired() == 1
    assert Notification.objects.get(kind="robot").item_id == deal.pk


def test_deadline_shares_count_working_time_over_a_holiday():
    pipeline = make_pipeline()
    pipeline.stages.filter(code="s1").update(deadline_minutes=16 * 60)  # two working days
    make_robot(stage(pipeline, "s1"), "deadline", settings={"percent": 50})
    friday = datetime(2026, 3, 6, 14, 0, tzinfo=MOSCOW)  # 8 March is free, so is Monday the 9th
    make_item(pipeline, at=friday)
    drain(now=friday)
    assert due() == datetime(2026, 3, 10, 13, 0, tzinfo=MOSCOW)


def test_the_deadline_fires_once_a_stay_and_leaves_with_it():
    pipeline = make_pipeline()
    pipeline.stages.update(deadline_minutes=60, deadline_working=False)
    make_robot(pipeline, "deadline")
    item = make_item(pipeline)
    assert fired() == 0
    assert fired(hours=2) == 1
    edit_item(item.pk, {"title": "x"}, by=SYSTEM)
    assert fired(hours=3) == 1
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    assert fired() == 1
    assert fired(hours=2) == 2


def test_a_prolonged_or_paused_deadline_moves_its_timer():
    pipeline = make_pipeline()
    pipeline.stages.update(deadline_minutes=60, deadline_working=False)
    make_robot(pipeline, "deadline")
    item = make_item(pipeline)
    drain()
    before = due()
    prolong_stage(item.pk, by_amount=timedelta(hours=3), reason="ждём размеры", by=SYSTEM)
    drain()
    assert due() - before == timedelta(hours=3)
    pause_stage(item.pk, reason="клиент в отпуске", by=SYSTEM)
    drain()
    assert not RobotRun.objects.filter(state="pending").exists()
    resume_stage(item.pk, by=SYSTEM)
    drain()
    assert due() - before >= timedelta(hours=3)


def test_a_move_taken_back_sets_the_former_timer_again():
    pipeline = make_pipeline()
    pipeline.stages.update(deadline_minutes=60, deadline_working=False)
    make_robot(pipeline, "deadline")
    owner = make_user()
    item = make_item(pipeline, owner=owner, by=Actor.user(owner))
    drain()
    before = due()
    move_item(item.pk, to=stage(pipeline, "s2"), by=Actor.user(owner))
    drain()
    undo_move(item.pk, by=Actor.user(owner))
    drain()
    assert due() == before


def test_no_next_step():
    pipeline = make_pipeline()
    make_robot(pipeline, "no_next_step", settings={"after": "2h calendar"})
    planned, bare = make_item(pipeline), make_item(pipeline)
    drain()
    tomorrow = timezone.now() + timedelta(days=1)
    plan_activity(Plan("call", "Позвонить", tomorrow), by=SYSTEM, item_id=planned.pk)
    assert fired(hours=3) == 1
    assert Notification.objects.get(kind="robot").item_id == bare.pk
    assert fired(hours=9) == 1


def test_silence():
    pipeline = make_pipeline()
    make_robot(pipeline, "silence", settings={"after": "1d calendar"})
    item = make_item(pipeline)
    assert fired(hours=23) == 0
    write_note("звонил", by=Actor.user(item.owner), item_id=item.pk)
    assert fired(hours=25) == 1
    assert fired(hours=90) == 1


def test_unanswered():
    pipeline = make_pipeline()
    make_robot(pipeline, "unanswered", settings={"after": "3m calendar"})
    answered, waiting, by_hand = (make_item(pipeline) for _n in range(3))
    for card in (answered, waiting):
        found = Item.objects.select_related("stage", "pipeline").get(pk=card.pk)
        assert start_clock(found, at=timezone.now())
    # in working time, whatever the hour of this test
    Item.objects.filter(pk=waiting.pk).update(clock_started_at=MONDAY)
    drain()
    note_answer(answered.pk, by=Actor.user(answered.owner))
    assert fired(minutes=4) == 1
    assert Notification.objects.get(kind="robot").item_id == waiting.pk
    assert not RobotRun.objects.filter(item=by_hand).exists()


def test_a_date_in_the_card():
    item_type = make_item_type()
    make_field(item_type, "promised", "date")
    pipeline = make_pipeline(item_type)
    make_robot(pipeline, "date_field", settings={"field": "promised", "days": -2, "at": "09:30:00"})
    promised = timezone.localdate() + timedelta(days=10)
    item = make_item(pipeline, promised=promised.isoformat())
    make_item(pipeline, promised="2020-01-01")
    make_item(pipeline)
    drain()
    assert due().date() == promised - timedelta(days=2)
    assert (due().hour, due().minute) == (9, 30)
    edit_item(item.pk, {"promised": None}, by=SYSTEM)
    drain()
    assert not RobotRun.objects.exists()


def test_overdue_activity_fires_once_for_every_time_it_was_put_to():
    pipeline = make_pipeline()
    make_robot(pipeline, "activity_overdue", settings={"after": "1h calendar"})
    item = make_item(pipeline)
    at = timezone.now() + timedelta(hours=1)
    plan_activity(Plan("task", "Сделать", at), by=SYSTEM, item_id=item.pk)
    done = plan_activity(Plan("task", "Другое", at), by=SYSTEM, item_id=item.pk)
    drain()
    finish_activity(done.pk, outcome="done", by=SYSTEM)
    assert fired(hours=3) == 1
    assert fired(hours=30) == 1


def test_a_timer_leaves_closed_cards_alone():
    pipeline = make_pipeline()
    make_robot(pipeline, "silence", settings={"after": "1d calendar"})
    item = make_item(pipeline)
    drain()
    win_item(item.pk, by=SYSTEM)
    assert fired(days=3) == 0
    assert not RobotRun.objects.filter(state="pending").exists()


def test_working_delays_pass_over_the_night_exactly():
    pipeline = make_pipeline()
    make_robot(pipeline, "created", delay="10m")
    evening = datetime(2026, 3, 4, 17, 55, 30, tzinfo=MOSCOW)
    make_item(pipeline, at=evening)
    drain(now=evening)
    assert due() == datetime(2026, 3, 5, 9, 5, 30, tzinfo=MOSCOW)
    assert Item.objects.get().created_at == evening.astimezone(UTC)
