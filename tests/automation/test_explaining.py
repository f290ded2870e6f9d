"""Why did, and didn't, robots act; what would one have done; how are they doing as a whole."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from tests.automation.factories import TELL, make_robot, robot_spec
from tests.factories import SYSTEM, make_field, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_department, make_user
from voronka.automation.commands import save_robot, stop_engine, switch_robot
from voronka.automation.commands.verdicts import confirm_loss, return_to_work
from voronka.automation.explaining import buttons, card_robots
from voronka.automation.mapping import funnel_map, revival
from voronka.automation.models import LossVerdict, Robot
from voronka.automation.queries import engine_state, outdated_tasks, queue, robot_rows, robot_runs
from voronka.automation.rehearsing import rehearse
from voronka.automation.verdict_queries import norm_review, verdict_queue, verdict_shares
from voronka.automation.worker import drain
from voronka.items.commands import edit_item, lose_item, move_item, win_item
from voronka.items.commands.clocks import prolong_stage
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.timeline.commands.activities import finish_activity
from voronka.timeline.models import Activity

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def whole(item):
    return Item.objects.select_related("stage", "pipeline__item_type").get(pk=item.pk)


def test_a_card_tells_what_robots_did_will_do_and_did_not():
    pipeline = make_pipeline()
    dear = {"fact": "amount", "op": "greater", "value": 100}
    make_robot(pipeline, "created", TELL, code="did")
    make_robot(pipeline, "created", TELL, conditions=dear, code="held-back")
    make_robot(pipeline, "created", TELL, delay="2d calendar", code="will")
    make_robot(stage(pipeline, "s3"), "stage_entered", TELL, code="elsewhere")
    off = make_robot(pipeline, "won", TELL, code="off")
    switch_robot(off.pk, on=False, by=SYSTEM)
    item = make_item(pipeline, amount=5)
    drain()
    with override("en"):
        told = card_robots(whole(item))
    assert [line.run.robot.code for line in told.due] == ["will"]
    past = {line.run.robot.code: line.story for line in told.past}
    assert past["did"].actions[0].text.startswith("told:")
    lines = past["held-back"].conditions
    assert [(line.text, line.saw, line.holds) for line in lines] == [
        ("“Amount” is greater than 100", "5", False)
    ]
    silent = {row.robot.code: row.why for row in told.silent}
    assert set(silent) == {"elsewhere", "off"}
    assert "Step 3" in silent["elsewhere"]


def test_a_robot_set_up_later_says_so():
    pipeline = make_pipeline()
    item = make_item(pipeline)
    make_robot(stage(pipeline, "s1"), "stage_entered")
    with override("en"):
        assert "after the card came here" in card_robots(whole(item)).silent[0].why


def test_earlier_runs_come_page_by_page():
    pipeline = make_pipeline()
    make_robot(pipeline, "field_changed", settings={"fields": ["title"]})
    item = make_item(pipeline)
    for n in range(5):
        edit_item(item.pk, {"title": f"x{n}"}, by=SYSTEM)
    drain()
    first = card_robots(whole(item), limit=3)
    second = card_robots(whole(item), before=first.next_before, limit=3)
    assert (len(first.past), len(second.past), second.next_before) == (3, 2, None)


def test_a_buttons_robot_stands_on_the_card():
    pipeline = make_pipeline()
    make_robot(stage(pipeline, "s1"), "button", code="here")
    make_robot(stage(pipeline, "s2"), "button", code="there")
    assert [robot.code for robot in buttons(whole(make_item(pipeline)))] == ["here"]


def test_the_past_is_rebuilt_for_a_dry_run():
    item_type = make_item_type()
    make_field(item_type, "colour")
    pipeline = make_pipeline(item_type)
    item = make_item(pipeline, amount=500, colour="red")
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    edit_item(item.pk, {"amount": 5, "colour": "blue"}, by=SYSTEM)
    move_item(item.pk, to=stage(pipeline, "s3"), by=SYSTEM)
    owner = make_user("owner")
    then = {
        "all": [
            {"fact": "amount", "op": "is", "value": 500},
            {"fact": "field.colour", "op": "is", "value": "red"},
        ]
    }
    spec = robot_spec(pipeline, "stage_entered", TELL, conditions=then, code="idea")
    robot = save_robot(spec, by=SYSTEM)
    robot = Robot.objects.select_related("item_type", "pipeline", "stage").get(pk=robot.pk)
    seen = rehearse(robot, owner)
    assert (seen.cards, seen.fired, seen.skipped) == (1, 2, 1)
    assert [row.fires for row in seen.rows] == [False, True, True]
    assert not robot.runs.exists()


def test_a_dry_run_shows_no_hidden_cards():
    pipeline = make_pipeline()
    make_item(pipeline)
    robot = make_robot(pipeline, "created")
    robot = Robot.objects.select_related("item_type", "pipeline", "stage").get(pk=robot.pk)
    assert rehearse(robot, make_user()).cards == 0


def test_a_dry_run_of_a_clock_tells_when_it_strikes():
    pipeline = make_pipeline()
    pipeline.stages.update(deadline_minutes=60, deadline_working=False)
    make_item(pipeline)
    robot = make_robot(pipeline, "deadline")
    robot = Robot.objects.select_related("item_type", "pipeline", "stage").get(pk=robot.pk)
    assert rehearse(robot, make_user("owner")).fired == 1


def test_the_editor_reads_rows_in_a_steady_number_of_queries(django_assert_max_num_queries):
    pipeline = make_pipeline()
    for _n in range(5):
        make_robot(pipeline, "created")
    make_item(pipeline)
    drain()
    with django_assert_max_num_queries(8):
        rows = robot_rows(pipeline.item_type, pipeline=pipeline)
    assert [row.done for row in rows] == [1] * 5
    assert rows[0].last_at is not None
    assert len(robot_runs(rows[0].robot)) == 1


def test_the_queue_and_the_state_of_the_engine():
    pipeline = make_pipeline()
    make_robot(pipeline, "created", TELL, delay="1h calendar")
    make_robot(pipeline, "created", TELL)
    make_item(pipeline)
    stop_engine(why="проверка", by=SYSTEM)
    drain()
    state = engine_state(now=timezone.now() + timedelta(minutes=1))
    assert (state.due, state.pending, state.stopped_why) == (1, 1, "проверка")
    assert state.late > timedelta(seconds=50)
    assert [run.item_id for run in queue()] == [Item.objects.get().pk] * 2


def test_shares_of_overturned_refusals_and_the_queue_of_the_head():
    head = make_user("head_of_sales")
    owner = make_user(department=make_department(head=head))
    pipeline = make_pipeline()
    make_robot(pipeline, "lost", ("ask_verdict", {}))
    for _n in range(3):
        item = make_item(pipeline, owner=owner)
        lose_item(item.pk, by=SYSTEM, reason=None)
    drain()
    assert len(verdict_queue(head, mine=True)) == 3
    assert verdict_queue(make_user()) == []
    first, second, _third = LossVerdict.objects.order_by("pk")
    confirm_loss(first.pk, by=Actor.user(head))
    return_to_work(second.pk, cause="judged", said="Позвони", by=Actor.user(head))
    now = timezone.now()
    row = verdict_shares(since=now - DAY, until=now + DAY)[0]
    assert (row.user, row.asked, row.overturned) == (owner, 3, 0.5)


def test_norms_that_are_wrong_come_first():
    head = make_user("head_of_sales")
    owner = make_user(department=make_department(head=head))
    pipeline = make_pipeline()
    pipeline.stages.update(deadline_minutes=60, deadline_working=False)
    make_robot(pipeline, "created", ("escalate", {}))
    item = make_item(pipeline, owner=owner)
    drain()
    task = Activity.objects.get()
    finish_activity(task.pk, outcome="done", answer="norm_wrong", by=Actor.user(head))
    prolong_stage(item.pk, by_amount=timedelta(hours=1), reason="ждём", by=SYSTEM)
    now = timezone.now()
    row = norm_review(since=now - DAY, until=now + DAY)[0]
    assert (row.stage.code, row.escalations, row.wrong, row.prolonged) == ("s1", 1, 1, 1)


def test_tasks_of_a_passport_that_has_changed_are_out_of_date():
    pipeline = make_pipeline()
    make_robot(pipeline, "created", ("auto_task", {}))
    make_item(pipeline)
    drain()
    first = stage(pipeline, "s1")
    assert outdated_tasks(first) == []
    first.steps = [{"ru": "Позвонить"}]
    first.save()
    assert outdated_tasks(first) == [Activity.objects.get()]


def test_the_map_of_funnels_and_the_revival_of_refusals():
    item_type = make_item_type()
    sales = make_pipeline(item_type, purpose="new_sales", reasons=True)
    other = make_pipeline(item_type, purpose="new_sales")
    refusals = make_pipeline(item_type, purpose="lost_reactivation")
    make_robot(sales, "lost", ("tunnel", {"to": f"{refusals.code}/s1"}))
    make_robot(refusals, "won", ("tunnel", {"to": f"{sales.code}/s2"}))
    reason = sales.loss_reasons.get()
    for _n in range(2):
        lose_item(make_item(sales, amount=100).pk, by=SYSTEM, reason=reason)
    drain()
    win_item(Item.objects.filter(pipeline=refusals).first().pk, by=SYSTEM)
    drain()
    win_item(Item.objects.open().get(pipeline=sales).pk, by=SYSTEM)
    now = timezone.now()
    seen = funnel_map(since=now - DAY, until=now + DAY)
    flows = {(a.from_pipeline, a.to_pipeline): (a.cards, len(a.robots)) for a in seen.arrows}
    assert flows == {(sales.pk, refusals.pk): (2, 1), (refusals.pk, sales.pk): (1, 1)}
    assert [end.stage.pipeline_id for end in seen.dead_ends] == [other.pk]
    row = revival(since=now - DAY, until=now + DAY)[0]
    assert (row.reason, row.refused, row.taken, row.revived, row.money) == (reason, 2, 2, 1, 100)
    by_month = revival(since=now - DAY, until=now + DAY, by="month")
    assert by_month[0].share == 0.5
