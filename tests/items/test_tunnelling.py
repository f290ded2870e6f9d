"""Tunnels: what is carried over, what is asked, who may, and what the board hears."""

import pytest

from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_field, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_role, make_user
from voronka.items.commands import Tunnel, create_item, lose_item, tunnel_item
from voronka.items.errors import GateClosed
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput

pytestmark = pytest.mark.django_db


def test_a_move_crosses_over_and_tells_both_funnels():
    first = make_pipeline()
    second = make_pipeline(first.item_type)
    item = make_item(first)
    tunnel_item(item.pk, Tunnel(stage(second, "s2"), "move"), by=SYSTEM)
    item = Item.objects.select_related("stage").get(pk=item.pk)
    assert (item.pipeline_id, item.stage.code) == (second.pk, "s2")
    heard = dict(Event.objects.filter(subject_id=item.pk).values_list("verb", "pipeline_id"))
    assert heard["item.departed"] == first.pk
    assert heard["item.tunnelled"] == second.pk


def test_a_lost_card_may_go_on_as_a_successor_and_stays_lost():
    first = make_pipeline()
    second = make_pipeline(first.item_type)
    item = make_item(first, amount=70, contact=make_client().pk)
    lose_item(item.pk, by=SYSTEM, reason=None)
    arrived = tunnel_item(item.pk, Tunnel(stage(second, "s1"), "copy", title="Снова"), by=SYSTEM)
    assert (arrived.title, arrived.amount) == ("Снова", 70)
    assert arrived.contact_id == item.contact_id
    assert Item.objects.get(pk=item.pk).closed_at is not None


def test_fields_are_mapped_between_types():
    deals, claims = make_item_type(), make_item_type("custom", has_amount=False)
    make_field(deals, "what")
    make_field(claims, "about")
    make_field(claims, "urgent", "boolean")
    item = make_item(make_pipeline(deals), what="Дверца")
    to = stage(make_pipeline(claims), "s1")
    tunnel = Tunnel(to, "child", fields={"about": "what"}, changes={"urgent": True})
    arrived = tunnel_item(item.pk, tunnel, by=SYSTEM)
    assert arrived.values == {"about": "Дверца", "urgent": True}


def test_what_can_not_be():
    first = make_pipeline()
    other_type = make_pipeline()
    same = make_pipeline(first.item_type)
    item = make_item(first)
    for to, how in (
        (stage(first, "s2"), "move"),
        (stage(same, "won"), "move"),
        (stage(other_type, "s1"), "move"),
    ):
        with pytest.raises(InvalidInput):
            tunnel_item(item.pk, Tunnel(to, how), by=SYSTEM)


def test_the_entry_stage_asks_for_its_fields():
    first = make_pipeline()
    second = make_pipeline(first.item_type)
    second.stages.filter(code="s1").update(required=["amount"])
    item = make_item(first)
    tunnel = Tunnel(stage(second, "s2"), "move")
    with pytest.raises(GateClosed):
        tunnel_item(item.pk, tunnel, by=SYSTEM)
    with_amount = Tunnel(stage(second, "s2"), "move", changes={"amount": 5})
    assert tunnel_item(item.pk, with_amount, by=SYSTEM).amount == 5


def test_a_person_needs_the_right_to_add_there():
    first = make_pipeline()
    second = make_pipeline(first.item_type)
    row = {"see": "all", "add": "all", "change": "all", "move": "all"}
    code = first.item_type.code
    matrix = {code: row, f"{code}/{second.code}": {"add": "none"}}
    user = make_user(make_role(matrix=matrix))
    item = create_item(first, title="x", by=Actor.user(user))
    with pytest.raises(Forbidden):
        tunnel_item(item.pk, Tunnel(stage(second, "s1"), "move"), by=Actor.user(user))
