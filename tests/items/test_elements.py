"""Elements hold their card back, and say together how far they are (SP-5)."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from tests.factories import SYSTEM, make_field, make_item, make_item_type, make_pipeline
from tests.people.factories import make_role, make_user
from voronka.items.commands import delete_item, link_items, move_item
from voronka.items.elements import roll_ups
from voronka.items.errors import GateClosed
from voronka.items.foreseeing import foresee_move
from voronka.items.models import Item, ItemLink
from voronka.journal.actors import Actor
from voronka.pipelines.models import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def works():
    """The funnel of the elements."""
    return make_pipeline(make_item_type("custom"))


@pytest.fixture
def deals(works):
    """A funnel of deals whose first stage is left when all elements are finished."""
    pipeline = make_pipeline(make_item_type("deal"))
    ask(opens(pipeline)[0], f"elements:{works.item_type.code}")
    return pipeline


def ask(at, check):
    text = {"ru": "Всё готово", "en": "All is ready"}
    rows = [{"code": "ready", "text": text, "check": check, "required": True}]
    Stage.objects.filter(pk=at.pk).update(exit_criteria=rows)


def opens(pipeline):
    return [one for one in pipeline.stages.all() if one.is_open]


def won(pipeline):
    return pipeline.stages.get(kind=Stage.Kind.WON)


def element(deal, works, title="Hall", **extra):
    part = make_item(works, title=title, **extra)
    link_items(deal.pk, part.pk, by=SYSTEM, kind=ItemLink.Kind.PART)
    return part


def call_off(card):
    lost = card.pipeline.stages.get(kind=Stage.Kind.LOST)
    return move_item(card.pk, to=lost, by=SYSTEM)


def finish(part):
    move_item(part.pk, to=won(part.pipeline), by=SYSTEM)


def step(deal, by=SYSTEM, **extra):
    return move_item(deal.pk, to=opens(deal.pipeline)[1], by=by, **extra)


def test_a_card_waits_for_all_its_elements_and_is_told_for_which(deals, works):
    deal = make_item(deals)
    hall, kitchen = element(deal, works), element(deal, works, title="Kitchen")
    finish(hall)
    with pytest.raises(GateClosed, match="All is ready, but not yet: Kitchen") as refusal:
        step(deal)
    assert "Hall" not in str(refusal.value.detail)
    assert [one.item_id for one in refusal.value.criteria[0].held] == [kitchen.pk]
    finish(kitchen)
    assert step(deal).stage == opens(deals)[1]


def test_no_word_stands_against_elements_but_counts_where_there_are_none(deals, works):
    deal, empty = make_item(deals), make_item(deals)
    element(deal, works)
    with pytest.raises(GateClosed):
        step(deal, confirmed=("ready",))
    with pytest.raises(GateClosed):
        step(empty)
    assert step(empty, confirmed=("ready",)).stage == opens(deals)[1]


def test_what_was_called_off_or_deleted_holds_nothing_back(deals, works):
    deal = make_item(deals)
    finish(element(deal, works))
    call_off(element(deal, works, title="Lost"))
    delete_item(element(deal, works, title="Binned").pk, by=SYSTEM)
    assert step(deal).stage == opens(deals)[1]


def test_elements_can_not_be_jumped_over(deals, works):
    deal = make_item(deals)
    first, second, *_rest = opens(deals)
    Stage.objects.filter(pk=first.pk).update(exit_criteria=[])
    ask(second, f"elements:{works.item_type.code}")
    part = element(deal, works)
    with pytest.raises(GateClosed, match="Hall"):
        move_item(deal.pk, to=won(deals), by=SYSTEM)
    finish(part)
    assert move_item(deal.pk, to=won(deals), by=SYSTEM).is_closed


def test_a_jump_over_a_gate_without_elements_asks_nothing(deals, works):
    deal = make_item(deals)
    first, second, *_rest = opens(deals)
    Stage.objects.filter(pk=first.pk).update(exit_criteria=[])
    ask(second, f"elements:{works.item_type.code}")
    assert move_item(deal.pk, to=won(deals), by=SYSTEM).is_closed


def test_a_stage_of_the_elements_may_be_enough(deals, works):
    deal = make_item(deals)
    middle = opens(works)[1]
    ask(opens(deals)[0], f"elements:{works.code}/{middle.code}")
    part, done = element(deal, works), element(deal, works, title="Done")
    finish(done)
    with pytest.raises(GateClosed, match="Hall"):
        step(deal)
    move_item(part.pk, to=middle, by=SYSTEM)
    assert step(deal).stage == opens(deals)[1]


def test_a_loss_asks_for_nothing(deals, works):
    deal = make_item(deals)
    element(deal, works)
    assert call_off(deal).is_closed


def test_hidden_elements_are_counted_and_not_named(deals, works):
    rights = {"see": "all", "move": "all", "change": "all"}
    seller = make_user(make_role("seller", matrix={deals.item_type.code: rights}))
    deal = make_item(deals)
    element(deal, works, title="Secret")
    with pytest.raises(GateClosed, match="1 more") as refusal:
        step(deal, by=Actor.user(seller))
    assert "Secret" not in str(refusal.value.detail)


def test_a_bulk_move_foresees_it(deals, works):
    deal, free = make_item(deals), make_item(deals)
    element(deal, works)
    finish(element(free, works))
    found = foresee_move(list(Item.objects.filter(pk__in=[deal.pk, free.pk])
                              .select_related("stage", "pipeline")), opens(deals)[1])  # fmt: skip
    assert (found.free, found.stopped) == (1, 1)


def test_elements_say_together_how_far_they_are(deals, works, django_assert_max_num_queries):
    make_field(works.item_type, "ready_on", "date")
    make_field(works.item_type, "unused", "date")
    boss = make_user("owner")
    deal = make_item(deals)
    finish(element(deal, works, ready_on="2026-12-20"))
    element(deal, works, ready_on="2026-11-30")
    late = element(deal, works)
    paused = element(deal, works)
    call_off(element(deal, works, ready_on="2020-01-01"))
    now = timezone.now()
    Item.objects.filter(pk=late.pk).update(stalls_at=now - timedelta(hours=1))
    Item.objects.filter(pk=paused.pk).update(paused_at=now)
    with django_assert_max_num_queries(4):
        (roll,) = roll_ups(deal, boss)
    assert (roll.all, roll.ready, roll.blocked, roll.share) == (4, 1, 2, 0.25)
    (span,) = roll.spans
    assert (span.code, span.filled) == ("ready_on", 2)
    assert [f"{span.first}", f"{span.last}"] == ["2026-11-30", "2026-12-20"]


def test_only_elements_that_may_be_seen_are_counted(deals, works):
    deal = make_item(deals)
    element(deal, works)
    seller = make_user(make_role("seller", matrix={deals.item_type.code: {"see": "all"}}))
    assert roll_ups(deal, seller) == []
    assert roll_ups(make_item(deals), make_user("owner")) == []
