"""The mapping page of an incoming webhook, and its address (AP-3)."""

import json

import pytest
from django.test import override_settings
from django.urls import reverse

from tests.channels.hook.factories import ORDER, ROWS, call, make_hook
from tests.factories import make_item
from tests.people.factories import make_role, make_user
from voronka.channels.models import Channel, Enquiry
from voronka.items.models import Item
from voronka.web.intake import views

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture(autouse=True)
def _full_buckets(monkeypatch):
    monkeypatch.setattr(views, "_buckets", views.Buckets())


@pytest.fixture
def browser(client):
    client.force_login(make_user("owner"))
    return client


def page(channel, name="mapping"):
    return reverse(f"hooks:{name}", args=[channel.pk])


def sent(rows, **more):
    return {"path": list(rows), "target": list(rows.values()), "effect": "card", **more}


def post(client, channel, body=ORDER, **headers):
    return client.post(f"/hooks/{channel.key}", json.dumps(body), JSON, headers=headers)


def test_a_call_is_kept_shown_mapped_and_becomes_a_card(browser):
    channel = make_hook()
    assert post(browser, channel).content == b"ok"
    shown = browser.get(page(channel)).content.decode()
    assert "order.items[*].title" in shown
    assert "Кухня, Шкаф" in shown
    assert '<option value="phone" selected>' in shown  # proposed by its name
    assert browser.post(page(channel), sent(ROWS)).headers["HX-Redirect"] == page(channel)
    item = Item.objects.get()
    assert (item.external_id, item.contact.name) == ("1057", "Анна")
    again = browser.get(page(channel)).content.decode()
    assert '<option value="card_id" selected>' in again


def test_the_preview_tells_what_would_come_out_and_keeps_nothing(browser):
    channel = make_hook()
    call(channel, ORDER)
    rows = {**ROWS, "order.items[0].qty": "item:budget"}
    told = browser.post(page(channel, "preview"), sent(rows)).content.decode()
    assert "Анна" in told
    assert "+79161234567" in told
    assert "event.type" in told
    assert not Item.objects.exists()
    wrong = browser.post(page(channel, "preview"), sent({"a b": "name"})).content.decode()
    assert "alert-warning" in wrong


def test_the_preview_names_the_card_that_is_found(browser):
    channel = make_hook()
    card = make_item(channel.pipeline, title="Кухня Анны")
    Item.objects.filter(pk=card.pk).update(external_id="1057")
    call(channel, ORDER)
    data = sent({"order.id": "card_id"}, effect="signal", key="external", missing="wait")
    assert "Кухня Анны" in browser.post(page(channel, "preview"), data).content.decode()


def test_a_wrong_mapping_is_refused_at_its_place_and_stays_typed(browser):
    channel = make_hook()
    call(channel, ORDER)
    answer = browser.post(page(channel), sent({"order.client.name": "name", "a b": "text"}))
    assert answer.status_code == 422
    html = answer.content.decode()
    assert 'value="a b"' in html
    assert "field-error" in html
    assert not Channel.objects.get().settings["mapping"]["rows"]


def test_an_example_can_be_pasted_before_anything_came(browser):
    channel = make_hook()
    data = {"pasted": '{"lead": {"tel": "+79161234567"}}'}
    html = browser.post(page(channel, "sample"), data).content.decode()
    assert "lead.tel" in html
    assert '<option value="phone" selected>' in html
    assert not Enquiry.objects.exists()


def test_what_came_in_is_hidden_from_who_has_no_control_right(client):
    channel = make_hook()
    call(channel, ORDER)
    clerk = make_user(make_role(rights=("setup",)))
    client.force_login(clerk)
    html = client.get(page(channel)).content.decode()
    assert "Кухня" not in html
    assert "order.client.name" not in html


def test_who_does_not_set_up_sees_no_mapping(client):
    channel = make_hook()
    client.force_login(make_user("manager"))
    assert client.get(page(channel)).status_code == 403


def test_another_address_shuts_the_old_one(browser):
    channel = make_hook(ROWS)
    browser.post(page(channel, "readdress"))
    assert post(browser, channel).status_code == 404
    channel.refresh_from_db()
    assert post(browser, channel).status_code == 200


def test_calls_are_bounded_in_number_and_size(browser):
    channel = make_hook(ROWS)
    with override_settings(HOOK_RATE_PER_MINUTE=2):
        answers = [post(browser, channel, {"n": n}).status_code for n in range(3)]
    assert answers == [200, 200, 429]
    views._buckets = views.Buckets()
    huge = browser.post(f"/hooks/{channel.key}", b"x" * (5 * 1024 * 1024 + 1), JSON)
    assert huge.status_code == 413
    assert Enquiry.objects.count() == 2


def test_a_call_with_a_wrong_signature_is_neither_taken_nor_kept(browser):
    channel = make_hook(settings={"signed": True, "secret": "s"})
    assert post(browser, channel, **{"X-Signature": "0" * 64}).status_code == 403
    assert not Enquiry.objects.exists()
