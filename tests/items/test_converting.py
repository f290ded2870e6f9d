"""A lead becomes a deal or joins one; nothing is typed twice, and it can be taken back (QL-7)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_field, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_role, make_user
from voronka.items.commands import (
    convert_lead,
    correct_item,
    delete_item,
    link_items,
    lose_item,
    move_item,
    restore_item,
    undo_conversion,
    undo_move,
)
from voronka.items.errors import CardClosed, GateClosed
from voronka.items.models import Item, ItemLink, StageVisit
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput, NotFound
from voronka.pipelines.models import Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def leads():
    return make_pipeline(make_item_type("lead"), stages=2)


@pytest.fixture
def deals():
    return make_pipeline(make_item_type("deal"), stages=3)


def standing(item):
    return Item.objects.get(pk=item.pk).stage.code


def open_visits(item):
    return StageVisit.objects.filter(item=item, left_at=None).count()


def test_the_deal_takes_over_all_that_both_types_know(leads, deals):
    for pipeline in (leads, deals):
        make_field(pipeline.item_type, "budget", "money")
    make_field(leads.item_type, "city")  # the deals do not know it
    make_field(leads.item_type, "size", "text")
    make_field(deals.item_type, "size", "number")  # the same code, another kind
    person = make_client()
    source = Source.objects.create(code="site", name="Сайт")
    facts = {"contact": person.pk, "source": source.pk, "utm": {"utm_source": "vk"}, "amount": 90}
    lead = make_item(leads, title="Кухня", budget=700, city="Казань", size="3 м", **facts)
    deal = convert_lead(lead.pk, by=SYSTEM, pipeline=deals)
    assert (deal.title, deal.owner_id, deal.amount) == ("Кухня", lead.owner_id, 90)
    assert (deal.contact_id, deal.source_id, deal.utm) == (
        person.pk,
        source.pk,
        {"utm_source": "vk"},
    )
    assert deal.values == {"budget": "700.00"}
    assert standing(lead) == "won"
    assert ItemLink.objects.get(parent=lead, child=deal).kind == ItemLink.Kind.CONVERTED
    said = Event.objects.get(verb="item.converted")
    assert (said.subject_id, said.diff["deal"], said.diff["made"]) == (lead.pk, deal.pk, True)


def test_title_owner_and_values_may_be_named(leads, deals):
    boris = make_user()
    deal = convert_lead(
        make_item(leads).pk,
        by=SYSTEM,
        pipeline=deals,
        title=" Шкаф ",
        owner_id=boris.pk,
        changes={"amount": "1 500"},
    )
    assert (deal.title, deal.owner_id, deal.amount) == ("Шкаф", boris.pk, 1500)


def test_a_lead_that_joins_a_deal_fills_what_is_empty_and_overwrites_nothing(leads, deals):
    for pipeline in (leads, deals):
        make_field(pipeline.item_type, "budget", "money")
        make_field(pipeline.item_type, "city")
    source = Source.objects.create(code="site", name="Сайт")
    anna, boris = make_client(), make_client()
    lead = make_item(leads, contact=anna.pk, source=source.pk, budget=700, city="Казань")
    deal = make_item(deals, contact=boris.pk, budget=900)
    joined = convert_lead(lead.pk, by=SYSTEM, attach_to=deal.pk)
    assert joined.pk == deal.pk
    assert joined.contact_id == boris.pk
    assert joined.source_id == source.pk
    assert joined.values == {"budget": "900.00", "city": "Казань"}
    assert joined.version > deal.version
    said = Event.objects.get(verb="item.lead_attached")
    assert said.diff["changes"] == {"source": [None, source.pk], "city": [None, "Казань"]}


def test_a_lead_is_converted_once(leads, deals):
    lead = make_item(leads)
    convert_lead(lead.pk, by=SYSTEM, pipeline=deals)
    with pytest.raises(InvalidInput, match="already"):
        convert_lead(lead.pk, by=SYSTEM, pipeline=deals)
    with pytest.raises(InvalidInput, match="already"):
        convert_lead(lead.pk, by=SYSTEM, attach_to=make_item(deals).pk)
    assert ItemLink.objects.filter(parent=lead).count() == 1


def test_a_lead_whose_deal_went_to_the_bin_may_be_converted_again(leads, deals):
    lead = make_item(leads)
    first = convert_lead(lead.pk, by=SYSTEM, pipeline=deals)
    delete_item(first.pk, by=SYSTEM)
    assert convert_lead(lead.pk, by=SYSTEM, pipeline=deals).pk != first.pk


def test_only_an_open_lead_becomes_a_deal_and_only_an_open_deal_is_joined(leads, deals):
    with pytest.raises(InvalidInput, match="Only a lead"):
        convert_lead(make_item(deals).pk, by=SYSTEM, pipeline=deals)
    lost = make_item(leads)
    lose_item(lost.pk, by=SYSTEM, reason=None)
    with pytest.raises(CardClosed):
        convert_lead(lost.pk, by=SYSTEM, pipeline=deals)
    lead, closed = make_item(leads), make_item(deals)
    move_item(closed.pk, to=stage(deals, "won"), by=SYSTEM)
    for target in (closed, make_item(leads)):
        with pytest.raises(InvalidInput, match="no longer open"):
            convert_lead(lead.pk, by=SYSTEM, attach_to=target.pk)
    with pytest.raises(InvalidInput, match="Choose a funnel"):
        convert_lead(lead.pk, by=SYSTEM)
    assert standing(lead) == "s1"  # a refusal leaves the lead where it was
    assert open_visits(lead) == 1


def test_the_gates_of_lead_and_deal_are_both_asked(leads, deals):
    make_field(leads.item_type, "budget", "money")
    leads.stages.filter(code="won").update(required=["budget"])
    deals.stages.filter(code="s1").update(required=["amount"])
    lead = make_item(leads)
    with pytest.raises(GateClosed) as refusal:
        convert_lead(lead.pk, by=SYSTEM, pipeline=deals)
    assert refusal.value.missing == ["budget"]
    with pytest.raises(GateClosed) as refusal:
        convert_lead(lead.pk, by=SYSTEM, pipeline=deals, lead_changes={"budget": 5})
    assert refusal.value.missing == ["amount"]
    assert standing(lead) == "s1"
    assert Item.objects.get(pk=lead.pk).values == {}
    changes = {"amount": 10}
    convert_lead(lead.pk, by=SYSTEM, pipeline=deals, lead_changes={"budget": 5}, changes=changes)
    assert standing(lead) == "won"


def test_who_may_not_add_deals_converts_nothing(leads, deals):
    role = make_role(
        matrix={
            leads.item_type.code: {"see": "own", "move": "own", "change": "own"},
            deals.item_type.code: {"see": "own"},
        }
    )
    anna = make_user(role)
    lead = make_item(leads, owner=anna)
    with pytest.raises(Forbidden):
        convert_lead(lead.pk, by=Actor.user(anna), pipeline=deals)
    assert standing(lead) == "s1"


def test_taken_back_the_lead_stands_where_it_stood_and_the_deal_is_in_the_bin(leads, deals):
    lead = make_item(leads)
    entered = lead.stage_entered_at
    deal = convert_lead(lead.pk, by=SYSTEM, pipeline=deals)
    lead = undo_conversion(lead.pk, by=SYSTEM)
    assert (standing(lead), lead.stage_entered_at, lead.closed_at) == ("s1", entered, None)
    assert lead.visits.count() == 1
    assert open_visits(lead) == 1
    assert Item.objects.get(pk=deal.pk).deleted_at is not None
    assert not ItemLink.objects.exists()
    said = Event.objects.get(verb="item.conversion_undone").diff
    assert (said["deal"], said["entered"]) == (deal.pk, lead.stage_id)
    restore_item(deal.pk, by=SYSTEM)  # nothing is lost for good


def test_a_deal_that_the_lead_had_joined_stays(leads, deals):
    lead, deal = make_item(leads), make_item(deals)
    convert_lead(lead.pk, by=SYSTEM, attach_to=deal.pk)
    undo_conversion(lead.pk, by=SYSTEM)
    assert standing(lead) == "s1"
    assert Item.objects.get(pk=deal.pk).deleted_at is None


def test_a_deal_that_has_moved_on_keeps_its_lead_converted(leads, deals):
    lead = make_item(leads)
    deal = convert_lead(lead.pk, by=SYSTEM, pipeline=deals)
    move_item(deal.pk, to=stage(deals, "s2"), by=SYSTEM)
    with pytest.raises(InvalidInput, match="moved on"):
        undo_conversion(lead.pk, by=SYSTEM)
    assert standing(lead) == "won"


def test_after_seven_days_a_conversion_stands(leads, deals):
    lead = make_item(leads)
    convert_lead(lead.pk, by=SYSTEM, pipeline=deals)
    ItemLink.objects.update(created_at=timezone.now() - timedelta(days=7, minutes=1))
    with pytest.raises(InvalidInput, match="any more"):
        undo_conversion(lead.pk, by=SYSTEM)


def test_a_conversion_whose_deal_is_in_the_bin_can_still_be_taken_back(leads, deals):
    lead = make_item(leads)
    deal = convert_lead(lead.pk, by=SYSTEM, pipeline=deals)
    delete_item(deal.pk, by=SYSTEM)
    undo_conversion(lead.pk, by=SYSTEM)
    assert standing(lead) == "s1"


def test_what_was_not_converted_is_not_taken_back(leads, deals):
    lead, deal = make_item(leads), make_item(deals)
    link_items(lead.pk, deal.pk, by=SYSTEM)
    for pk in (lead.pk, deal.pk):
        with pytest.raises(InvalidInput, match="any more"):
            undo_conversion(pk, by=SYSTEM)
    with pytest.raises(NotFound):
        undo_conversion(0, by=SYSTEM)


def test_the_undo_of_a_move_does_not_tear_a_lead_from_its_deal(leads, deals):
    head = Actor.user(make_user(make_role(everything=True)))
    lead = make_item(leads)
    convert_lead(lead.pk, by=head, pipeline=deals)
    with pytest.raises(InvalidInput, match="conversion"):
        undo_move(lead.pk, by=head)
    assert standing(lead) == "won"


def test_a_lead_converted_after_a_return_is_taken_back_to_the_stage_of_the_return(leads, deals):
    lead = make_item(leads)
    move_item(lead.pk, to=stage(leads, "s2"), by=SYSTEM)
    correct_item(lead.pk, to=stage(leads, "s1"), why="Рано", by=SYSTEM)
    convert_lead(lead.pk, by=SYSTEM, pipeline=deals)
    undo_conversion(lead.pk, by=SYSTEM)
    assert standing(lead) == "s1"
    assert [v.correction for v in lead.visits.order_by("pk")] == [False, False, True]
