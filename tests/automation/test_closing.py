"""A card closes by whatever way: a loss ends people's work, a win leaves it, a deal takes it on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.automation.factories import make_robot
from tests.factories import (
    SYSTEM,
    make_item,
    make_item_type,
    make_pipeline,
    make_reason,
    stage,
)
from tests.people.factories import make_role, make_user
from voronka.automation.models import AutoTask, RobotRun
from voronka.automation.worker import drain
from voronka.items.commands import (
    assign_owner,
    convert_lead,
    lose_item,
    move_item,
    undo_conversion,
    undo_move,
)
from voronka.items.commands.bulk import BulkAction, run_bulk, undo_bulk
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.timeline.commands.activities import Plan, plan_activity
from voronka.timeline.models import Activity

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline():
    return make_pipeline()


def plan(item, title="Позвонить", **kwargs):
    return plan_activity(
        Plan("task", title, timezone.now() + timedelta(days=1)),
        by=SYSTEM,
        item_id=item.pk,
        **kwargs,
    )


def how(activity):
    return Activity.objects.get(pk=activity.pk).outcome


def test_a_loss_in_bulk_ends_open_work_and_its_undo_brings_it_back(pipeline):
    boss = make_user("owner")
    cards = [make_item(pipeline, owner=boss) for _n in range(2)]
    plans = [plan(card) for card in cards]
    lost = BulkAction(to=stage(pipeline, "lost"), reason=make_reason(pipeline))
    run = run_bulk([card.pk for card in cards], lost, by=Actor.user(boss))
    assert [how(one) for one in plans] == ["cancelled", "cancelled"]
    assert set(Item.objects.values_list("next_activity_at", flat=True)) == {None}
    undo_bulk(run.pk, by=Actor.user(boss))
    assert [how(one) for one in plans] == ["", ""]
    assert None not in Item.objects.values_list("next_activity_at", flat=True)


def test_who_closes_may_say_otherwise(pipeline):
    boss, reason = make_user("owner"), make_reason(pipeline)
    one, other = make_item(pipeline, owner=boss), make_item(pipeline, owner=boss)
    kept, closed = plan(one), plan(other)
    lost = BulkAction(to=stage(pipeline, "lost"), reason=reason, work="keep")
    run_bulk([one.pk], lost, by=Actor.user(boss))
    moved = move_item(other.pk, to=stage(pipeline, "won"), by=SYSTEM, work="close")
    assert (how(kept), how(closed)) == ("", "cancelled")
    assert moved.next_activity_at is None
    assert moved.version == Item.objects.get(pk=other.pk).version


def test_a_win_leaves_open_work(pipeline):
    item = make_item(pipeline)
    promised = plan(item, "Привезти образцы")
    move_item(item.pk, to=stage(pipeline, "won"), by=SYSTEM)
    assert how(promised) == ""


def test_a_loss_by_a_robot_ends_open_work(pipeline):
    to = {"to": f"{pipeline.code}/lost"}
    make_robot(stage(pipeline, "s2"), "stage_entered", ("move_stage", to))
    item = make_item(pipeline)
    work = plan(item)
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    drain()
    assert Item.objects.get(pk=item.pk).stage.code == "lost"
    assert how(work) == "cancelled"


def test_whoever_may_close_the_card_ends_the_work_of_others_on_it(pipeline):
    role = make_role(matrix={"*": {"see": "all", "move": "all"}})
    mover, other = make_user(role), make_user("manager")
    item = make_item(pipeline)
    work = plan(item, owner_id=other.pk)
    lose_item(item.pk, reason=None, by=Actor.user(mover))
    assert how(work) == "cancelled"
    assert Event.objects.get(verb="item.activity_done").actor_user_id == mover.pk


@pytest.fixture
def leads():
    return make_pipeline(make_item_type("lead"), stages=2)


def test_what_was_planned_with_a_lead_goes_on_with_its_deal(leads, pipeline):
    seller, heir, engineer = make_user("manager"), make_user("manager"), make_user("manager")
    lead = make_item(leads, owner=seller)
    call, visit = plan(lead), plan(lead, "Замер", owner_id=engineer.pk)
    deal = convert_lead(lead.pk, by=SYSTEM, pipeline=pipeline, owner_id=heir.pk)
    call.refresh_from_db()
    visit.refresh_from_db()
    assert (call.item_id, visit.item_id) == (deal.pk, deal.pk)
    assert (call.owner, visit.owner) == (heir, engineer)
    lead.refresh_from_db()
    deal.refresh_from_db()
    assert lead.next_activity_at is None
    assert deal.next_activity_at == call.due_at

    undo_conversion(lead.pk, by=SYSTEM)
    lead.refresh_from_db()
    call.refresh_from_db()
    assert (call.item_id, call.owner) == (lead.pk, seller)
    assert lead.next_activity_at == call.due_at


def test_the_stages_own_task_ends_with_the_lead_and_comes_back_with_it(leads, pipeline):
    make_robot(stage(leads, "s1"), "stage_entered", ("auto_task", {}))
    lead = make_item(leads)
    drain()
    own = AutoTask.objects.get().activity
    convert_lead(lead.pk, by=SYSTEM, pipeline=pipeline)
    drain()
    own.refresh_from_db()
    assert (own.item_id, own.outcome) == (lead.pk, "done")
    undo_conversion(lead.pk, by=SYSTEM)
    drain()
    own.refresh_from_db()
    assert own.outcome == ""


def test_clocks_go_on_when_a_move_is_taken_back(pipeline):
    boss = make_user("owner")
    make_robot(stage(pipeline, "s1"), "silence", settings={"after": "1d"})
    item = make_item(pipeline, owner=boss)
    drain()
    assert RobotRun.objects.filter(state="pending").count() == 1
    move_item(item.pk, to=stage(pipeline, "s2"), by=Actor.user(boss))
    drain()
    assert RobotRun.objects.filter(state="pending").count() == 0
    undo_move(item.pk, by=Actor.user(boss))
    drain()
    assert RobotRun.objects.filter(state="pending").count() == 1


def test_the_stages_task_goes_with_the_card_to_its_new_responsible(pipeline):
    make_robot(pipeline, "stage_entered", ("auto_task", {}))
    former, heir = make_user("manager"), make_user("manager", name="Борис")
    item = make_item(pipeline, owner=former)
    drain()
    own, promised = AutoTask.objects.get().activity, plan(item, owner_id=former.pk)
    assign_owner(item.pk, to=heir, by=SYSTEM)
    own.refresh_from_db()
    promised.refresh_from_db()
    assert (own.owner, promised.owner) == (heir, former)
