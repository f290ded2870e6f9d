"""The routing table: the first row that holds decides, and it can be tried on last month (QL-8)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.channels.factories import make_channel, write_in
from tests.factories import SYSTEM, make_field, make_item, make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.channels.queries import channel_codes
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden, InvalidInput
from voronka.pipelines.models import Source
from voronka.routing.commands import (
    DistributionSpec,
    MemberSpec,
    RuleSpec,
    delete_rule,
    draft_rule,
    reorder_rules,
    save_distribution,
    save_rule,
)
from voronka.routing.facts import Subject, fact_specs
from voronka.routing.queries import propose, rehearse, route, routing_rules

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def is_(fact, value):
    return {"fact": fact, "op": "is", "value": value}


def go(**subject):
    return route(Subject(**subject), routing_rules(), now=NOW)


@pytest.fixture
def shop():
    Source.objects.create(code="shop")
    return make_pipeline(make_item_type("deal"))


def test_the_first_row_that_holds_decides(shop):
    other = make_pipeline()
    save_rule(RuleSpec("Shop", is_("source", "shop"), pipeline_id=shop.pk), by=SYSTEM)
    save_rule(RuleSpec("Rest", {}, pipeline_id=other.pk), by=SYSTEM)
    assert go(source="shop").pipeline == shop
    assert go(source="").pipeline == other


def test_what_a_row_leaves_open_the_next_one_decides(shop):
    anna = make_user()
    save_rule(RuleSpec("Shop", is_("source", "shop"), pipeline_id=shop.pk), by=SYSTEM)
    save_rule(RuleSpec("Big", is_("grade", "A"), owner_id=anna.pk), by=SYSTEM)
    there = go(source="shop", grade="A")
    assert (there.pipeline, there.owner) == (shop, anna)
    assert [rule.name for rule in there.rules] == ["Shop", "Big"]
    assert go(grade="A").pipeline is None


def test_rows_ask_for_products_fields_marks_and_hours(shop):
    lead = make_item_type("lead")
    make_field(lead, "region")
    condition = {
        "all": [
            {"fact": "product", "op": "any_of", "values": ["kitchens"]},
            {"fact": "field.region", "op": "is", "value": "Moscow"},
            {"fact": "utm_campaign", "op": "contains", "value": "spring"},
            is_("working_time", True),
        ]
    }
    save_rule(RuleSpec("Kitchens", condition, pipeline_id=shop.pk), by=SYSTEM)
    good = {
        "products": ("kitchens", "k-1"),
        "values": {"region": "moscow"},
        "utm": {"utm_campaign": "Spring sale"},
    }
    assert go(**good).pipeline == shop
    assert go(**good, working_time=False).pipeline is None
    assert go(**{**good, "products": ("doors",)}).pipeline is None


def test_an_archived_funnel_and_a_row_switched_off_are_passed_over(shop):
    save_rule(RuleSpec("Off", {}, pipeline_id=make_pipeline().pk, active=False), by=SYSTEM)
    save_rule(RuleSpec("Old", {}, pipeline_id=shop.pk), by=SYSTEM)
    shop.archived = True
    shop.save()
    assert go().pipeline is None


def test_a_row_must_make_sense(shop):
    with pytest.raises(InvalidInput) as refusal:
        save_rule(RuleSpec("", is_("moon", "full"), pipeline_id=0), by=SYSTEM)
    assert set(refusal.value.fields) == {"name", "pipeline", "condition.fact"}
    with pytest.raises(InvalidInput) as refusal:
        save_rule(RuleSpec("Nowhere", {}), by=SYSTEM)
    assert set(refusal.value.fields) == {"pipeline"}
    with pytest.raises(Forbidden):
        save_rule(RuleSpec("Shop", {}, pipeline_id=shop.pk), by=Actor.user(make_user()))


def test_rows_are_ordered_and_taken_out(shop):
    first, second = (
        save_rule(RuleSpec(name, {}, pipeline_id=shop.pk), by=SYSTEM) for name in ("one", "two")
    )
    reorder_rules([second.pk, first.pk], by=SYSTEM)
    assert [r.name for r in routing_rules()] == ["two", "one"]
    with pytest.raises(InvalidInput):
        reorder_rules([first.pk], by=SYSTEM)
    delete_rule(second.pk, by=SYSTEM)
    assert [r.name for r in routing_rules()] == ["one"]


def test_the_builder_knows_channels_and_fields():
    channel = make_channel(name="Site form")
    make_field(make_item_type("lead"), "budget", "money")
    specs = fact_specs()
    assert specs["channel"].options == {channel.code: "Site form"}
    assert specs["field.budget"].kind == "money"


def test_an_enquiry_goes_where_the_table_says_with_and_without_leads(shop):
    channel = make_channel()
    people, boss = [make_user(), make_user()], make_user("head_of_sales")
    members = [MemberSpec(user.pk) for user in people]
    group = save_distribution(DistributionSpec("Shop", boss.pk, members), by=SYSTEM)
    row = RuleSpec("Shop", is_("source", "shop"), pipeline_id=shop.pk, distribution_id=group.pk)
    save_rule(row, by=SYSTEM)
    order = write_in(channel, "a", source="shop", **{"from": [["phone", "+79160000001"]]})
    assert order.item.pipeline == shop
    assert order.item.owner in people
    assert order.item.source.code == "shop"
    assert order.decision["rules"] == ["Shop"]
    lead = write_in(channel, "b", **{"from": [["phone", "+79160000002"]]})
    assert (lead.item.pipeline, lead.item.owner) == (channel.pipeline, channel.owner)


def test_enquiries_take_turns_and_a_known_client_keeps_the_manager():
    people, boss = [make_user(), make_user()], make_user("head_of_sales")
    members = [MemberSpec(user.pk) for user in people]
    group = save_distribution(DistributionSpec("Shop", boss.pk, members), by=SYSTEM)
    channel = make_channel(distribution_id=group.pk)
    owners = []
    for number in range(4):
        enquiry = write_in(channel, f"n{number}", **{"from": [["phone", f"+7916000000{number}"]]})
        owners.append(enquiry.item.owner)
    assert sorted(owners.count(user) for user in people) == [2, 2]
    first = Item.objects.order_by("pk").first()
    first.stage = first.pipeline.stages.get(code="lost")
    first.closed_at = NOW
    first.save()
    again = write_in(channel, "again", **{"from": [["phone", "+79160000000"]]})
    assert (again.item.owner, again.decision["owner_why"]) == (owners[0], "sticky")


def test_a_conversion_is_proposed_by_its_own_table(shop):
    lead = make_item(make_pipeline(make_item_type("lead")), source="shop")
    assert propose(lead, now=NOW).pipeline is None
    row = RuleSpec("Shop", is_("source", "shop"), "conversion", pipeline_id=shop.pk)
    save_rule(row, by=SYSTEM)
    assert propose(lead, now=NOW).pipeline == shop
    assert go(source="shop").pipeline is None


def test_the_table_can_be_tried_on_last_month_before_it_is_saved(
    shop, django_assert_max_num_queries
):
    boss = make_user("owner")
    channel = make_channel()
    for number in range(3):
        source = {"source": "shop"} if number else {}
        write_in(channel, f"n{number}", **{"from": [["phone", f"+7916000000{number}"]]}, **source)
    rows = [
        draft_rule(RuleSpec("Shop", is_("source", "shop"), pipeline_id=shop.pk)),
        draft_rule(
            RuleSpec("Paper", is_("channel", channel.code), pipeline_id=channel.pipeline_id)
        ),
    ]
    since = NOW - timedelta(days=30)
    with django_assert_max_num_queries(8):
        told = rehearse(
            rows,
            user=boss,
            since=since,
            until=NOW + timedelta(days=1),
            channels=channel_codes(),
        )
    assert told.by_pipeline == {shop.pk: 2, channel.pipeline_id: 1}
    assert sum(card.differs for card in told.cards) == 2
    assert Item.objects.filter(pipeline=shop).count() == 0
    assert rehearse(rows, user=make_user(), since=since, until=NOW, channels={}).cards == []
