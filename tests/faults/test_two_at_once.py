"""Two people do the same thing at the same moment: one wins, the other is told so in words."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_role, make_user
from voronka.clients.commands.merging import merge_clients
from voronka.clients.models import Client
from voronka.items.commands import (
    convert_lead,
    create_item,
    edit_item,
    link_items,
    move_item,
    undo_move,
)
from voronka.items.commands.bulk import BulkAction, run_bulk
from voronka.items.errors import CardChanged
from voronka.items.models import Item, ItemLink, StageVisit
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import DomainError
from voronka.people.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss():
    return Actor.user(make_user(make_role(everything=True)))


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of it at the same moment, each on a connection of its own; return what came of each.

    A refusal in words is returned; anything else that is raised fails the test.
    """
    together = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        connections["default"].ensure_connection()
        together.wait(timeout=20)
        try:
            return act()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [f.result(timeout=60) for f in [threads.submit(run, act) for act in acts]]


def refusals(results):
    return [r for r in results if isinstance(r, DomainError)]


def test_of_two_who_move_a_card_one_wins_and_the_other_is_told_to_look_again(boss):
    item = make_item()
    seen = item.stage_id

    def to(code):
        target = stage(item.pipeline, code)
        return lambda: move_item(item.pk, to=target, by=boss, seen_stage_id=seen)

    results = at_once(to("s2"), to("s3"))
    (told,) = refusals(results)
    assert isinstance(told, CardChanged)
    assert str(told)
    winner = next(r for r in results if isinstance(r, Item))
    assert Item.objects.get(pk=item.pk).stage_id == winner.stage_id
    assert StageVisit.objects.filter(item=item, left_at=None).count() == 1
    assert Event.objects.filter(verb="item.moved").count() == 1


def test_two_who_change_different_fields_both_keep_theirs_and_the_same_field_is_kept_once(boss):
    item = make_item(amount=1)
    results = at_once(
        lambda: edit_item(item.pk, {"amount": 2}, by=boss, expected={"amount": "1.00"}),
        lambda: edit_item(item.pk, {"title": "Иначе"}, by=boss, expected={"title": item.title}),
        lambda: edit_item(item.pk, {"amount": 3}, by=boss, expected={"amount": "1.00"}),
    )
    assert len(refusals(results)) == 1
    stored = Item.objects.get(pk=item.pk)
    assert stored.title == "Иначе"
    assert stored.amount in (2, 3)
    assert stored.version == 3


def test_a_lead_that_two_convert_becomes_one_deal(boss):
    lead = make_item(make_pipeline(make_item_type("lead")))
    deals = make_pipeline()
    results = at_once(*[lambda: convert_lead(lead.pk, pipeline=deals, by=boss)] * 3)
    assert len(refusals(results)) == 2
    assert ItemLink.objects.filter(parent=lead).count() == 1
    assert Item.objects.filter(pipeline=deals).count() == 1


def test_a_move_is_taken_back_once(boss):
    item = make_item()
    move_item(item.pk, to=stage(item.pipeline, "s2"), by=boss)
    results = at_once(*[lambda: undo_move(item.pk, by=boss)] * 2)
    assert len(refusals(results)) == 1
    assert [v.stage.code for v in StageVisit.objects.filter(item=item)] == ["s1"]


def test_two_bulk_actions_over_the_same_cards_do_not_wait_for_each_other_for_ever(boss):
    pipeline = make_pipeline()
    cards = [make_item(pipeline).pk for _ in range(8)]
    results = at_once(
        lambda: run_bulk(cards, BulkAction(to=stage(pipeline, "s2")), by=boss),
        lambda: run_bulk(cards[::-1], BulkAction(to=stage(pipeline, "s3")), by=boss),
    )
    assert not refusals(results)
    for pk in cards:
        visits = StageVisit.objects.filter(item_id=pk).order_by("entered_at", "pk")
        assert [v.left_at is None for v in visits] == [False] * (len(visits) - 1) + [True]


def test_cards_linked_from_both_sides_at_once_are_linked(boss):
    first, second = make_item(), make_item()
    results = at_once(
        lambda: link_items(first.pk, second.pk, by=boss),
        lambda: link_items(second.pk, first.pk, by=boss),
    )
    assert not refusals(results)
    assert ItemLink.objects.count() == 2


def test_two_who_merge_the_same_clients_either_way_make_one_merge(boss):
    first, second = make_client(), make_client()
    results = at_once(
        lambda: merge_clients(first.pk, second.pk, by=boss),
        lambda: merge_clients(second.pk, first.pk, by=boss),
    )
    assert len(refusals(results)) == 1
    assert Client.objects.filter(merged_into=None).count() == 1


def test_an_outer_key_that_two_bring_at_once_is_kept_once(boss):
    pipeline = make_pipeline()
    owner = User.objects.first()

    def bring():
        return create_item(pipeline, title="Заказ", by=SYSTEM, owner_id=owner.pk, external_id="A-1")

    results = at_once(bring, bring)
    assert len(refusals(results)) == 1
    assert Item.objects.filter(external_id="A-1").count() == 1
