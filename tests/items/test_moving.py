"""Cards move forward through the gate, and nothing of their past is lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import SYSTEM, make_field, make_item, make_pipeline, make_reason, stage
from tests.people.factories import make_user
from voronka.items.commands import (
    confirm_criterion,
    correct_item,
    edit_item,
    lose_item,
    move_item,
    undo_move,
    win_item,
)
from voronka.items.errors import BackwardRefused, CardChanged, CardClosed, GateClosed, WrongPipeline
from voronka.items.models import StageVisit
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput

pytestmark = pytest.mark.django_db


def history(item):
    visits = StageVisit.objects.filter(item=item).order_by("entered_at", "id")
    return [(v.stage.code, v.jump, v.left_at is None) for v in visits]


def test_a_new_card_stands_in_the_first_stage_with_one_open_visit():
    item = make_item()
    assert item.stage.code == "s1"
    assert history(item) == [("s1", False, True)]
    assert Event.objects.get(verb="item.created").subject_id == item.pk


def test_a_move_closes_one_visit_and_opens_the_next():
    item = make_item()
    move_item(item.pk, to=stage(item.pipeline, "s2"), by=SYSTEM)
    assert history(item) == [("s1", False, False), ("s2", False, True)]


def test_a_move_is_refused_while_a_required_field_is_empty_and_changes_nothing():
    pipeline = make_pipeline()
    make_field(pipeline.item_type, "budget", "money")
    pipeline.stages.filter(code="s2").update(required=["budget"])
    item = make_item(pipeline)
    with pytest.raises(GateClosed) as refusal:
        move_item(item.pk, to=stage(pipeline, "s3"), by=SYSTEM)
    assert refusal.value.missing == ["budget"]
    assert history(item) == [("s1", False, True)]
    assert not Event.objects.filter(verb="item.moved").exists()


def test_what_the_gate_asks_is_saved_together_with_the_move():
    pipeline = make_pipeline()
    make_field(pipeline.item_type, "budget", "money")
    pipeline.stages.filter(code="s2").update(required=["budget", "amount"])
    item = make_item(pipeline)
    item = move_item(
        item.pk,
        to=stage(pipeline, "s2"),
        by=SYSTEM,
        changes={"budget": "1 200,5", "amount": "300"},
    )
    assert item.values == {"budget": "1200.50"}
    assert item.stage.code == "s2"


def test_a_jump_ahead_is_legal_and_kept_as_passed_by_jump():
    item = make_item()
    move_item(item.pk, to=stage(item.pipeline, "s4"), by=SYSTEM)
    assert history(item) == [
        ("s1", False, False),
        ("s2", True, False),
        ("s3", True, False),
        ("s4", False, True),
    ]


def test_there_is_no_way_back_but_a_correction_with_a_reason():
    item = make_item()
    move_item(item.pk, to=stage(item.pipeline, "s3"), by=SYSTEM)
    with pytest.raises(BackwardRefused):
        move_item(item.pk, to=stage(item.pipeline, "s1"), by=SYSTEM)
    with pytest.raises(InvalidInput):
        correct_item(item.pk, to=stage(item.pipeline, "s1"), why=" ", by=SYSTEM)
    correct_item(item.pk, to=stage(item.pipeline, "s1"), why="wrong card", by=SYSTEM)
    last = StageVisit.objects.get(item=item, left_at=None)
    assert (last.stage.code, last.correction) == ("s1", True)


def test_a_manager_may_not_correct_and_is_told_whom_to_ask():
    manager = make_user("manager")
    item = make_item(owner=manager)
    move_item(item.pk, to=stage(item.pipeline, "s3"), by=SYSTEM)
    with pytest.raises(Forbidden, match="head of sales"):
        correct_item(item.pk, to=stage(item.pipeline, "s1"), why="oops", by=Actor.user(manager))


def test_a_loss_wants_a_reason_and_a_comment_where_the_reason_says_so():
    pipeline = make_pipeline()
    reason = make_reason(pipeline, needs_comment=True)
    item = make_item(pipeline)
    with pytest.raises(GateClosed) as refusal:
        lose_item(item.pk, by=SYSTEM, reason=None)
    assert refusal.value.needs_reason
    with pytest.raises(GateClosed) as refusal:
        lose_item(item.pk, by=SYSTEM, reason=reason)
    assert refusal.value.needs_comment
    item = lose_item(item.pk, by=SYSTEM, reason=reason, comment="went to a neighbour")
    assert item.is_closed
    assert item.loss_reason == reason


def test_winning_passes_the_remaining_stages_by_jump_and_closes_the_card():
    item = win_item(make_item().pk, by=SYSTEM)
    assert item.is_closed
    assert [code for code, jump, _ in history(item) if jump] == ["s2", "s3", "s4"]
    with pytest.raises(CardClosed):
        move_item(item.pk, to=stage(item.pipeline, "s2"), by=SYSTEM)


def test_exit_criteria_hold_the_card_until_somebody_confirms_them():
    pipeline = make_pipeline()
    pipeline.stages.filter(code="s1").update(
        exit_criteria=[{"code": "need", "text": {"en": "Need known"}, "check": "manual"}]
    )
    item = make_item(pipeline)
    with pytest.raises(GateClosed, match="Need known"):
        move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    confirm_criterion(item.pk, "need", met=True, by=SYSTEM)
    assert move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM).stage.code == "s2"


def test_the_second_of_two_movers_is_told_that_the_card_has_moved():
    item = make_item()
    seen = item.stage_id
    move_item(item.pk, to=stage(item.pipeline, "s2"), by=SYSTEM, seen_stage_id=seen)
    with pytest.raises(CardChanged):
        move_item(item.pk, to=stage(item.pipeline, "s3"), by=SYSTEM, seen_stage_id=seen)


def test_a_stage_of_another_funnel_is_refused():
    with pytest.raises(WrongPipeline):
        move_item(make_item().pk, to=stage(make_pipeline(), "s2"), by=SYSTEM)


def test_a_move_can_be_undone_by_its_author_and_leaves_no_trace_in_the_visits():
    user = make_user("manager")
    item = make_item(owner=user)
    me = Actor.user(user)
    move_item(item.pk, to=stage(item.pipeline, "s3"), by=me)
    with pytest.raises(InvalidInput):
        undo_move(item.pk, by=Actor.user(make_user("owner")))
    item = undo_move(item.pk, by=me)
    assert history(item) == [("s1", False, True)]
    assert item.stage.code == "s1"


def test_the_deadline_in_calendar_time_sets_when_the_card_stalls():
    pipeline = make_pipeline()
    pipeline.stages.filter(code="s2").update(deadline_minutes=90, deadline_working=False)
    now = timezone.now()
    item = make_item(pipeline, at=now - timedelta(hours=5))
    item = move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM, at=now - timedelta(hours=3))
    assert item.stalls_at == now - timedelta(minutes=90)
    move_item(item.pk, to=stage(pipeline, "s3"), by=SYSTEM, at=now)
    late = StageVisit.objects.get(item=item, stage__code="s2")
    assert late.overdue == timedelta(minutes=90)


def test_a_field_that_the_stage_requires_can_t_be_cleared_later():
    pipeline = make_pipeline()
    make_field(pipeline.item_type, "budget", "money")
    pipeline.stages.filter(code="s2").update(required=["budget"])
    item = make_item(pipeline, budget="5")
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    with pytest.raises(InvalidInput) as refusal:
        edit_item(item.pk, {"budget": ""}, by=SYSTEM)
    assert "budget" in refusal.value.fields


def test_an_amount_that_the_stage_requires_cannot_become_nothing():
    pipeline = make_pipeline()
    pipeline.stages.filter(code="s2").update(required=["amount"])
    item = make_item(pipeline, amount=100)
    edit_item(item.pk, {"amount": "0"}, by=SYSTEM)  # nothing is required yet
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM, changes={"amount": 50})
    with pytest.raises(InvalidInput, match="Amount"):
        edit_item(item.pk, {"amount": "0"}, by=SYSTEM)


def test_two_people_may_edit_different_fields_but_not_the_same_one():
    pipeline = make_pipeline()
    make_field(pipeline.item_type, "a")
    make_field(pipeline.item_type, "b")
    item = make_item(pipeline, a="1", b="1")
    edit_item(item.pk, {"a": "2"}, by=SYSTEM, expected={"a": "1"})
    edit_item(item.pk, {"b": "2"}, by=SYSTEM, expected={"b": "1"})
    with pytest.raises(CardChanged):
        edit_item(item.pk, {"a": "3"}, by=SYSTEM, expected={"a": "1"})
