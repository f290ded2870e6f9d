"""A call of any system becomes an enquiry, or tells something of a card (AP-3)."""

import base64
import hashlib
import hmac
import json
from decimal import Decimal

import pytest

from tests.automation.factories import make_robot
from tests.channels.conformance import Conformance
from tests.channels.hook.factories import ORDER, ROWS, call, make_hook, map_hook
from tests.factories import make_item
from voronka.automation.worker import drain
from voronka.channels.commands import replay, retry_channel, try_channel
from voronka.channels.contract import RawEvent, WebRequest
from voronka.channels.facts import facts_of
from voronka.channels.models import Enquiry
from voronka.channels.providers.hook import paths
from voronka.channels.providers.hook.provider import PROVIDER
from voronka.clients.models import Client
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput
from voronka.timeline.models import Message, Notification

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()
JSON = "application/json"
PAID = {"status": "Paid", "id": 1057, "client": {"phone": "+79161234567"}}


class TestHook(Conformance):
    provider = PROVIDER
    channel_settings = {
        "mapping": {
            "rows": [{"path": "name", "target": "name"}, {"path": "phone", "target": "phone"}]
        }
    }

    def sample_events(self):
        return [
            RawEvent("a", b'{"name": "Anna", "phone": "+79161234567", "x": [1, 2]}', JSON),
            RawEvent("b", b"name=Anna&phone=%2B79160000000", "application/x-www-form-urlencoded"),
            RawEvent("c", b"{}", JSON),
        ]


# -- an enquiry


def test_an_order_becomes_a_card_with_its_client_amount_fields_and_number():
    enquiry = call(make_hook(ROWS), ORDER)
    item = enquiry.item
    assert item.contact.name == "Анна"
    assert [p.value for p in item.contact.contact_points.all()] == ["+79161234567"]
    assert (item.amount, item.external_id) == (Decimal("120500.50"), "1057")
    assert (item.values, item.utm) == ({"budget": "big"}, {"utm_source": "yandex"})
    assert enquiry.message.text == "Кухня\nШкаф"


def test_what_nobody_has_mapped_is_kept_with_the_message_and_what_is_left_out_is_not():
    enquiry = call(make_hook(ROWS | {"order.gift": "-"}), ORDER)
    assert enquiry.message.meta["fields"] == {
        "event.id": "ev-1",
        "event.type": "order.created",
        "order.items[0].qty": "1",
        "order.items[1].qty": "2",
    }


def test_calls_before_the_mapping_are_kept_and_go_on_once_it_is_made():
    channel = make_hook()
    enquiry = call(channel, ORDER)
    assert enquiry.state == Enquiry.State.FAILED
    assert "разложено" in enquiry.error
    map_hook(channel, ROWS)
    assert retry_channel(channel.pk, by=SYSTEM) == 0
    enquiry.refresh_from_db()
    assert (enquiry.state, enquiry.item.external_id) == (Enquiry.State.CARDED, "1057")


def test_a_call_with_nothing_that_is_mapped_waits_and_says_so():
    enquiry = call(make_hook(ROWS), {"something": "else"})
    assert enquiry.state == Enquiry.State.FAILED
    assert enquiry.error
    assert not Item.objects.exists()


def test_the_number_of_the_call_keeps_repetitions_out():
    channel = make_hook(ROWS, once="event.id")
    facts = facts_of(channel)

    def number(body, **headers):
        raw = json.dumps(body).encode()
        return PROVIDER.events(WebRequest("POST", raw, JSON, headers=headers), facts)[0].external_id

    changed = {**ORDER, "sent_at": "later"}
    assert number(ORDER) == number(changed) == "id-ev-1"
    assert number({**ORDER, "event": {"id": "ev-2"}}) == "id-ev-2"
    assert number({"x": 1}) != number({"x": 2})
    assert number({"x": 1}, **{"idempotency-key": "k"}) == "id-k"


def test_a_second_order_of_the_same_number_makes_its_card_without_it():
    channel = make_hook(ROWS)
    first = call(channel, ORDER, "a").item
    other = {**ORDER["order"], "client": {"name": "Пётр", "phone": "+79160000000"}}
    second = call(channel, {"order": other}, "b").item
    assert (first.external_id, second.external_id) == ("1057", "")


def test_query_of_a_get_counts_as_a_form():
    channel = make_hook({"phone": "phone"})
    request = WebRequest("GET", b"", query={"phone": "+79161234567"})
    (event,) = PROVIDER.events(request, facts_of(channel))
    assert event.body == b"phone=%2B79161234567"
    assert PROVIDER.events(WebRequest("HEAD", b"", query={"a": "1"}), facts_of(channel)) == []
    assert PROVIDER.events(WebRequest("GET", b""), facts_of(channel)) == []


# -- the signature


def test_only_signed_calls_are_taken_where_that_is_wanted():
    channel = make_hook(settings={"signed": True, "signature_header": "X-Sign", "secret": "s3"})
    facts, body = facts_of(channel), b'{"a": 1}'
    digest = hmac.new(b"s3", body, hashlib.sha256).digest()

    def passes(value, content=body):
        return PROVIDER.verify(WebRequest("POST", content, headers={"x-sign": value}), facts)

    assert passes(digest.hex())
    assert passes(digest.hex().upper())
    assert passes("sha256=" + digest.hex())
    assert passes(base64.b64encode(digest).decode())
    assert not passes(digest.hex(), b'{"a": 2}')
    assert not passes("")
    assert not passes("€" * 64)
    empty = hmac.new(b"s3", b"", hashlib.sha256).hexdigest()
    assert not passes(empty, b"")  # else anything could stand in the address


def test_signatures_need_a_secret():
    with pytest.raises(InvalidInput):
        make_hook(settings={"signed": True})


def test_headers_are_kept_without_keys():
    headers = {"x-event": "paid", "x-signature": "abc", "x-api-key": "k", "authorization": "z"}
    request = WebRequest("POST", b"{}", JSON, headers=headers, address="10.1.1.1")
    (event,) = PROVIDER.events(request, facts_of(make_hook()))
    assert event.headers == {"x-event": "paid", "address": "10.1.1.1"}


# -- news of a card


def news(key="external", missing="wait", **rows):
    usual = {"id": "card_id", "client.phone": "phone", "number": "number"}
    return make_hook(usual | rows, effect="signal", key=key, missing=missing)


def told():
    return list(Notification.objects.filter(kind="robot").values_list("item_id", flat=True))


def test_news_finds_the_card_fills_its_fields_and_wakes_the_robots():
    channel = news(level="item:budget", sum="amount")
    card = make_item(channel.pipeline)
    other = make_item(channel.pipeline)
    Item.objects.filter(pk=card.pk).update(external_id="1057")
    make_robot(channel.pipeline, "hook_received", settings={"values": {"status": "paid"}})
    enquiry = call(channel, {**PAID, "level": "Малый", "sum": "500"})
    drain()
    card.refresh_from_db()
    assert (enquiry.state, enquiry.item_id) == (Enquiry.State.CARDED, card.pk)
    assert (card.values, card.amount) == ({"budget": "small"}, 500)
    assert told() == [card.pk]
    assert other.pk not in told()
    assert not Message.objects.exists()
    assert not Client.objects.exists()


def test_the_trigger_asks_for_values_and_for_the_address():
    channel = news()
    card = make_item(channel.pipeline)
    Item.objects.filter(pk=card.pk).update(external_id="1057")
    for settings in (
        {"values": {"status": "refunded"}},
        {"values": {"nothing": ""}},
        {"channels": ["mail"]},
    ):
        make_robot(channel.pipeline, "hook_received", settings=settings)
    call(channel, PAID, "a")
    drain()
    assert told() == []
    make_robot(
        channel.pipeline,
        "hook_received",
        settings={"channels": [f"channel:{channel.code}"], "values": {"status": ""}},
    )
    call(channel, PAID, "b")
    drain()
    assert told() == [card.pk]


def test_who_the_client_is_does_not_go_into_the_journal():
    channel = news(status="text")
    card = make_item(channel.pipeline)
    Item.objects.filter(pk=card.pk).update(external_id="1057")
    call(channel, PAID)
    diff = Event.objects.get(verb="item.hook_received").diff
    assert diff["values"] == {"id": "1057", "status": "Paid"}


@pytest.mark.parametrize("key", ["phone", "number"])
def test_a_card_is_found_by_its_clients_phone_and_by_its_own_number(key):
    orders = make_hook(ROWS)
    card = call(orders, ORDER, "order").item
    channel = map_hook(orders, {"client.phone": "phone", "no": "number"}, effect="signal", key=key)
    prefix = channel.pipeline.item_type.prefix
    assert call(channel, {**PAID, "no": f"{prefix}{card.pk}"}, "n").item_id == card.pk
    lost = call(channel, {"client": {"phone": "+70000000000"}, "no": "999999"}, "x")
    assert lost.state == Enquiry.State.PARSED


def test_news_that_came_before_its_card_waits_for_it():
    channel = news()
    early = call(channel, PAID)
    assert early.state == Enquiry.State.PARSED
    assert "1057" in early.error
    card = make_item(channel.pipeline)
    Item.objects.filter(pk=card.pk).update(external_id="1057")
    assert replay(early.pk, by=SYSTEM).item_id == card.pk


def test_news_of_no_card_may_be_nothing_or_an_enquiry():
    ignored = call(news(missing="ignore"), PAID)
    assert ignored.state == Enquiry.State.IGNORED
    taken = call(news(missing="card"), PAID, "two")
    assert taken.item.contact.contact_points.get().value == "+79161234567"
    assert taken.item.external_id == "1057"


# -- trying it


def test_the_self_test_sends_the_last_call_under_another_name_and_leaves_nothing():
    channel = make_hook(ROWS)
    real = call(channel, ORDER).item
    trial = try_channel(channel.pk, by=SYSTEM)
    assert trial.ok, trial.problem
    assert list(Item.objects.alive()) == [real]
    assert list(Client.objects.alive()) == [real.contact]
    real.refresh_from_db()
    assert real.external_id == "1057"


def test_news_can_not_be_tried_on_a_real_card():
    channel = news()
    card = make_item(channel.pipeline)
    Item.objects.filter(pk=card.pk).update(external_id="1057")
    call(channel, PAID)
    with pytest.raises(InvalidInput):
        try_channel(channel.pk, by=SYSTEM)
    card.refresh_from_db()
    assert card.deleted_at is None


# -- the mapping


def test_a_mapping_must_make_sense():
    channel = make_hook()
    with pytest.raises(InvalidInput) as refusal:
        map_hook(channel, {"a b": "name", "x": "moon", "y[": "text"}, once="[")
    assert set(refusal.value.fields) == {"rows.0.path", "rows.1.target", "rows.2.path", "once"}
    with pytest.raises(InvalidInput) as refusal:
        map_hook(channel, {"x": "item:nothing"}, effect="signal", key="phone")
    assert set(refusal.value.fields) == {"rows.0.target", "key"}
    with pytest.raises(InvalidInput):
        map_hook(channel, {})


def test_places_of_a_sample_are_named_so_that_they_can_be_asked_for():
    tree = {
        "a": [{"b": 1}, {"b": 2}],
        "c d": {"e.f": True},
        "g": ["x", "y"],
        "Имя": "Анна",
        "n": None,
    }
    shown = {leaf.path: leaf.value for leaf in paths.shown(paths.leaves(tree))}
    assert shown == {
        "a[*].b": "1, 2",
        "a[0].b": "1",
        "a[1].b": "2",
        '"c d"."e.f"': "1",
        "g": "x, y",
        '"Имя"': "Анна",
    }
    for path, value in shown.items():
        assert ", ".join(paths.said(tree, path)) == value
