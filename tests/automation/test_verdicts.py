"""The check of a loss: confirmed, returned to work, another reason, or nobody has looked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.automation.factories import make_robot
from tests.factories import SYSTEM, make_item, make_pipeline, make_reason, stage
from tests.people.factories import make_department, make_user
from voronka.automation.commands.verdicts import (
    confirm_loss,
    correct_reason,
    lapse_verdicts,
    return_to_work,
)
from voronka.automation.models import AutoTask, LossVerdict
from voronka.automation.worker import drain
from voronka.items.commands import correct_item, lose_item, move_item
from voronka.items.models import Item, Passage
from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden, InvalidInput
from voronka.people.models import User
from voronka.people.schedules import schedule_of
from voronka.timeline.models import Activity, Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def lost():
    """A deal lost on its second stage, given to the head; losses go on to a refusals funnel."""
    head = make_user("head_of_sales")
    owner = make_user(department=make_department(head=head))
    pipeline = make_pipeline(reasons=True)
    refusals = make_pipeline(pipeline.item_type)
    make_robot(pipeline, "lost", ("ask_verdict", {"within": "1d calendar"}))
    make_robot(pipeline, "loss_confirmed", ("tunnel", {"to": f"{refusals.code}/s1"}))
    item = make_item(pipeline, owner=owner)
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    lose_item(item.pk, by=Actor.user(owner), reason=pipeline.loss_reasons.get())
    drain()
    verdict = LossVerdict.objects.get()
    verdict.head = Actor.user(head)
    verdict.owner = owner
    return verdict


def test_a_lost_card_goes_to_the_refusals_only_after_the_verdict(lost):
    assert not Passage.objects.exists()
    confirm_loss(lost.pk, by=lost.head)
    drain()
    assert Passage.objects.count() == 1
    assert Activity.objects.get(owner_id=lost.judge_id).done_at is not None
    with pytest.raises(InvalidInput):
        confirm_loss(lost.pk, by=lost.head)


def test_only_who_may_control_gives_verdicts(lost):
    with pytest.raises(Forbidden):
        confirm_loss(lost.pk, by=Actor.user(lost.owner))


def test_a_card_that_returns_was_not_lost(lost):
    return_to_work(lost.pk, cause="slow", said="Позвони сегодня", by=lost.head)
    drain()
    item = Item.objects.select_related("stage").get()
    assert item.stage.code == "s2"
    assert item.closed_at is None
    assert not item.visits.filter(stage__kind="lost").exists()
    assert item.visits.filter(left_at=None).count() == 1
    assert not Passage.objects.exists()
    told = Notification.objects.get(user=lost.owner, kind="returned")
    assert "Позвони сегодня" in told.text
    lost.refresh_from_db()
    assert (lost.state, lost.cause) == ("returned", "slow")


def test_what_the_head_orders_is_the_responsibles_next_step(lost):
    order = "Позвони сегодня,\nпредложи рассрочку"
    return_to_work(lost.pk, cause="slow", said=order, by=lost.head)
    item = Item.objects.get()
    task = Activity.objects.get(item=item, owner=lost.owner)
    assert task.title == "Позвони сегодня, предложи рассрочку"
    assert task.text.startswith(order)
    assert task.created_by_id == lost.head.user_id
    assert item.next_activity_at == task.due_at
    worked = schedule_of(lost.owner.pk).between(timezone.now(), task.due_at)
    assert timedelta(hours=3, minutes=59) < worked <= timedelta(hours=4)


def test_the_order_about_a_card_of_somebody_who_left_is_the_heads_own(lost):
    User.objects.filter(pk=lost.owner.pk).update(is_active=False)
    return_to_work(lost.pk, cause="slow", said="Звони", by=lost.head)
    assert Activity.objects.get(title="Звони").owner_id == lost.head.user_id


def test_the_stages_task_comes_back_with_a_card_that_returns():
    pipeline = make_pipeline(reasons=True)
    head = make_user("head_of_sales")
    owner = make_user(department=make_department(head=head))
    make_robot(stage(pipeline, "s2"), "stage_entered", ("auto_task", {}))
    make_robot(pipeline, "lost", ("ask_verdict", {"within": "1d calendar"}))
    item = make_item(pipeline, owner=owner)
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    drain()
    lose_item(item.pk, by=Actor.user(owner), reason=pipeline.loss_reasons.get())
    drain()
    task = AutoTask.objects.get(purpose=AutoTask.Purpose.STAGE)
    assert task.activity.outcome == "cancelled"
    return_to_work(LossVerdict.objects.get().pk, cause="slow", said="Звони", by=Actor.user(head))
    drain()
    task.refresh_from_db()
    task.activity.refresh_from_db()
    assert (task.closed_at, task.activity.done_at) == (None, None)


def test_a_return_wants_a_cause_and_words(lost):
    with pytest.raises(InvalidInput):
        return_to_work(lost.pk, cause="", said="x", by=lost.head)
    with pytest.raises(InvalidInput):
        return_to_work(lost.pk, cause="slow", said="", by=lost.head)


def test_a_wrong_reason_is_put_right_and_the_card_goes_on(lost):
    pipeline = lost.pipeline
    other = make_reason(pipeline)
    with pytest.raises(InvalidInput):
        correct_reason(lost.pk, reason=lost.reason, by=lost.head)
    correct_reason(lost.pk, reason=other, by=lost.head)
    drain()
    assert Item.objects.get(pipeline=pipeline).loss_reason == other
    assert Passage.objects.count() == 1


def test_nobody_looked_in_time_and_the_card_goes_on(lost):
    assert lapse_verdicts() == 0
    assert lapse_verdicts(now=timezone.now() + timedelta(days=2)) == 1
    drain()
    assert Passage.objects.count() == 1
    late = confirm_loss(lost.pk, by=lost.head)
    drain()
    assert late.state == "confirmed"
    assert Passage.objects.count() == 1


def test_a_card_that_moved_on_by_itself_can_not_be_returned(lost):
    correct_item(lost.item_id, to=stage(lost.pipeline, "s3"), why="вернулся сам", by=SYSTEM)
    with pytest.raises(InvalidInput):
        return_to_work(lost.pk, cause="slow", said="Звони", by=lost.head)
