"""Won and lost cards: how they end, how they come back, and how a hasty click is taken back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import SYSTEM, make_field, make_item, make_pipeline, make_reason, stage
from tests.people.factories import make_role, make_user
from voronka.items.commands import correct_item, lose_item, move_item, undo_move, win_item
from voronka.items.commands.losses import change_loss_reason
from voronka.items.commands.tunnelling import Tunnel, tunnel_item
from voronka.items.errors import CardClosed, GateClosed
from voronka.items.models import Item, Passage, StageVisit
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput
from voronka.pipelines.models import LossReason, Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline():
    return make_pipeline()


@pytest.fixture
def reason(pipeline):
    return make_reason(pipeline)


def test_a_lost_card_keeps_reason_and_comment_until_it_returns(pipeline, reason):
    item = make_item(pipeline)
    item = lose_item(item.pk, by=SYSTEM, reason=reason, comment=" Взяли у соседей ")
    assert (item.loss_reason, item.loss_comment) == (reason, "Взяли у соседей")
    assert item.closed_at == item.stage_entered_at
    item = correct_item(item.pk, to=stage(pipeline, "s1"), why="Перезвонили", by=SYSTEM)
    assert (item.loss_reason, item.loss_comment, item.closed_at) == (None, "", None)


def test_a_return_taken_back_leaves_the_card_lost_for_the_same_reason(pipeline, reason):
    item = make_item(pipeline)
    lose_item(item.pk, by=SYSTEM, reason=reason, comment="Дорого")
    lost_at = Item.objects.get(pk=item.pk).closed_at
    correct_item(item.pk, to=stage(pipeline, "s1"), why="Ошибка", by=SYSTEM)
    item = undo_move(item.pk, by=SYSTEM)
    assert (item.stage.code, item.closed_at) == ("lost", lost_at)
    assert (item.loss_reason, item.loss_comment) == (reason, "Дорого")


def test_a_return_whose_loss_reason_is_gone_is_not_taken_back(pipeline, reason):
    make_reason(pipeline)
    item = make_item(pipeline)
    lose_item(item.pk, by=SYSTEM, reason=reason)
    correct_item(item.pk, to=stage(pipeline, "s1"), why="Ошибка", by=SYSTEM)
    LossReason.objects.filter(pk=reason.pk).delete()
    with pytest.raises(InvalidInput):
        undo_move(item.pk, by=SYSTEM)
    assert Item.objects.get(pk=item.pk).stage.code == "s1"


def test_the_reason_that_comes_back_is_that_of_the_last_loss(pipeline, reason):
    other = make_reason(pipeline)
    item = make_item(pipeline)
    for why in (reason, other):
        lose_item(item.pk, by=SYSTEM, reason=why)
        correct_item(item.pk, to=stage(pipeline, "s1"), why="Ошибка", by=SYSTEM)
    assert undo_move(item.pk, by=SYSTEM).loss_reason == other


def test_a_move_through_a_tunnel_is_taken_back_into_its_own_funnel(pipeline):
    after = make_pipeline(pipeline.item_type)
    item = make_item(pipeline)
    tunnel_item(item.pk, Tunnel(stage(after, "s2"), "move"), by=SYSTEM)
    item = undo_move(item.pk, by=SYSTEM)
    assert (item.pipeline, item.stage.code) == (pipeline, "s1")
    assert Item.objects.get(pk=item.pk).pipeline == pipeline
    assert not Passage.objects.exists()  # the map counts what has happened


def test_a_closed_card_returns_only_where_it_has_the_facts(pipeline, reason):
    make_field(pipeline.item_type, "budget", "money")
    pipeline.stages.filter(code="s2").update(required=["budget"])
    item = make_item(pipeline)
    lose_item(item.pk, by=SYSTEM, reason=reason)
    with pytest.raises(GateClosed) as refusal:
        correct_item(item.pk, to=stage(pipeline, "s3"), why="Вернулись", by=SYSTEM)
    assert refusal.value.missing == ["budget"]
    correct_item(item.pk, to=stage(pipeline, "s1"), why="Вернулись", by=SYSTEM)
    assert StageVisit.objects.get(item=item, left_at=None).correction


def test_a_closed_card_does_not_move(pipeline, reason):
    for close in (
        lambda pk: win_item(pk, by=SYSTEM),
        lambda pk: lose_item(pk, by=SYSTEM, reason=reason),
    ):
        item = make_item(pipeline)
        close(item.pk)
        for code in {"s1", "s4", "won", "lost"} - {Item.objects.get(pk=item.pk).stage.code}:
            with pytest.raises(CardClosed):
                move_item(item.pk, to=stage(pipeline, code), by=SYSTEM, reason=reason)


def test_winning_saves_what_the_won_stage_asks_for(pipeline):
    pipeline.stages.filter(code="won").update(required=["amount"])
    item = make_item(pipeline)
    with pytest.raises(GateClosed):
        win_item(item.pk, by=SYSTEM)
    assert win_item(item.pk, by=SYSTEM, changes={"amount": 90}).amount == 90
    assert Event.objects.get(verb="item.won").subject_id == item.pk


def test_a_reason_of_another_funnel_is_refused(pipeline, reason):
    foreign = make_reason(make_pipeline())
    item = make_item(pipeline)
    with pytest.raises(InvalidInput, match="another funnel"):
        lose_item(item.pk, by=SYSTEM, reason=foreign)


def test_a_funnel_without_the_end_says_where_to_add_it(pipeline):
    item = make_item(pipeline)
    Stage.objects.filter(pipeline=pipeline, kind="lost").delete()
    with pytest.raises(InvalidInput, match="editor"):
        lose_item(item.pk, by=SYSTEM, reason=None)


def test_an_undo_is_for_who_moved_and_for_ten_minutes(pipeline):
    anna, boris = (make_user(make_role(everything=True)) for _ in range(2))
    item = make_item(pipeline, owner=anna)
    with pytest.raises(InvalidInput):  # it has only been made
        undo_move(item.pk, by=SYSTEM)
    win_item(item.pk, by=Actor.user(anna))
    with pytest.raises(InvalidInput):
        undo_move(item.pk, by=Actor.user(boris))
    earlier = timezone.now() - timedelta(minutes=11)
    item.visits.filter(left_at=None).update(entered_at=earlier)
    with pytest.raises(InvalidInput, match="head of sales"):
        undo_move(item.pk, by=Actor.user(anna))


def test_an_undo_keeps_the_stages_passed_before_the_move(pipeline):
    at = timezone.now()
    item = make_item(pipeline, at=at)
    move_item(item.pk, to=stage(pipeline, "s3"), by=SYSTEM, at=at)  # passes s2
    move_item(item.pk, to=stage(pipeline, "won"), by=SYSTEM, at=at)  # passes s4, at one moment
    undo_move(item.pk, by=SYSTEM)
    visits = item.visits.order_by("entered_at", "pk")
    assert [(v.stage.code, v.jump) for v in visits] == [("s1", False), ("s2", True), ("s3", False)]


def test_nobody_closes_a_card_they_may_not_move(pipeline, reason):
    item = make_item(pipeline)
    stranger = Actor.user(make_user("manager"))
    for close in (
        lambda: win_item(item.pk, by=stranger),
        lambda: lose_item(item.pk, by=stranger, reason=reason),
        lambda: undo_move(item.pk, by=stranger),
    ):
        with pytest.raises(Forbidden):
            close()


@pytest.mark.parametrize(
    ("who", "said", "kept"),
    [("person", "client", "client"), ("person", "", "seller"), ("system", "", "")],
)
def test_a_loss_keeps_whose_word_its_reason_is(pipeline, reason, who, said, kept):
    by = Actor.user(make_user("owner")) if who == "person" else SYSTEM
    item = make_item(pipeline)
    lost = stage(pipeline, "lost")
    item = move_item(item.pk, to=lost, reason=reason, told_by=said, by=by)
    assert item.loss_told_by == kept
    correct_item(item.pk, to=stage(pipeline, "s1"), why="Ошибка", by=by)
    assert Item.objects.get(pk=item.pk).loss_told_by == ""
    assert undo_move(item.pk, by=by).loss_told_by == kept


def test_a_head_who_changes_the_reason_leaves_whose_word_it_was(pipeline, reason):
    item = make_item(pipeline)
    move_item(item.pk, to=stage(pipeline, "lost"), reason=reason, told_by="client", by=SYSTEM)
    other = make_reason(pipeline)
    assert change_loss_reason(item.pk, reason=other, comment="", by=SYSTEM).loss_told_by == "client"
    now = change_loss_reason(item.pk, reason=other, comment="", told_by="seller", by=SYSTEM)
    assert now.loss_told_by == "seller"
