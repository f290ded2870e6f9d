"""Webhooks out: told in order, signed, once, tried again, and seen in a log."""

import hashlib
import hmac
import json
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone

from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_item, make_pipeline, stage
from tests.people.factories import make_role, make_user
from voronka.api.schemas.clients import ClientOut
from voronka.api.schemas.items import ItemOut
from voronka.automation.commands import errands
from voronka.automation.commands.webhooks import (
    WebhookSpec,
    forget_old,
    renew_secret,
    replay_delivery,
    save_webhook,
    switch_webhook,
    try_webhook,
)
from voronka.automation.models import Errand, Wake
from voronka.automation.queries import deliveries, webhook_rows
from voronka.automation.worker import drain
from voronka.items.commands import edit_item, move_item
from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden, InvalidInput
from voronka.kernel.vault import unseal
from voronka.timeline.models import Notification

pytestmark = pytest.mark.django_db


class Receiver:
    """Somebody's server: keeps what it gets and answers as it is told."""

    def __init__(self):
        self.got = []
        self.answers = []  # statuses, one for each request; 200 afterwards
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers), body))
                self.send_response(outer.answers.pop(0) if outer.answers else 200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    @property
    def told(self):
        return [json.loads(body) for _headers, body in self.got]


@contextmanager
def _serving(receiver):
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        thread.join()
        receiver.server.server_close()


@pytest.fixture
def receiver(settings):
    settings.ALLOW_PRIVATE_REQUESTS = True
    with _serving(Receiver()) as one:
        yield one


def hook(receiver, *verbs, by=SYSTEM, **spec):
    verbs = verbs or ("item.created", "item.moved", "item.changed")
    return save_webhook(WebhookSpec("Склад", receiver.url, verbs, **spec), by=by)


def deliver():
    """Work off what waits, in the order of its jobs."""
    drain()
    for errand in Errand.objects.filter(state="waiting").order_by("pk"):
        errands.perform(errand.pk)


def test_an_address_is_told_of_a_cards_events_in_order_with_codes_and_a_version(receiver):
    pipeline = make_pipeline()
    hook(receiver)
    item = make_item(pipeline, title="Кухня")
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    edit_item(item.pk, {"title": "Кухня белая"}, by=SYSTEM)
    deliver()
    assert [told["event"] for told in receiver.told] == [
        "item.created",
        "item.moved",
        "item.changed",
    ]
    last = receiver.told[-1]
    assert last["version"] == 1
    assert last["item"]["title"] == "Кухня белая"
    assert last["item"]["pipeline"] == pipeline.code
    assert last["item"]["stage"] == stage(pipeline, "s2").code
    assert last["by"]["kind"] == "system"


def test_cards_and_clients_have_the_shape_of_the_api(receiver):
    hook(receiver, "item.created", "client.created")
    make_item(make_pipeline(), contact=make_client("Анна").pk)
    deliver()
    client, card = (told["client"] or told["item"] for told in receiver.told)
    assert set(card) == {*ItemOut.model_fields, "deleted"}
    assert set(client) == {*ClientOut.model_fields, "deleted"}


def test_it_is_signed_with_the_secret_and_carries_one_key_through_all_tries(receiver):
    row = hook(receiver)
    receiver.answers = [503]
    make_item(make_pipeline())
    deliver()
    deliver()
    (first, body), (second, _body) = receiver.got
    assert first["Idempotency-Key"] == second["Idempotency-Key"]
    moment, signed = (part.partition("=")[2] for part in first["X-Voronka-Signature"].split(","))
    secret = unseal(row.sealed)["secret"].encode()
    wanted = hmac.new(secret, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert signed == wanted
    assert deliveries(row)[0].state == "done"


def test_later_events_of_a_card_wait_for_an_earlier_one_that_fails(receiver):
    pipeline = make_pipeline()
    hook(receiver)
    item = make_item(pipeline)
    receiver.answers = [500]
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    other = make_item(pipeline)
    deliver()
    assert [(t["event"], t["item"]["id"]) for t in receiver.told] == [
        ("item.created", item.pk),
        ("item.created", other.pk),
    ]
    deliver()
    deliver()
    assert [t["event"] for t in receiver.told[2:]] == ["item.created", "item.moved"]


def test_what_nobody_asked_for_leaves_no_note_and_other_funnels_are_not_told(receiver):
    pipeline, other = make_pipeline(), make_pipeline()
    hook(receiver, "item.created", pipelines=[pipeline.code])
    make_item(other)
    item = make_item(pipeline)
    drain()
    edit_item(item.pk, {"title": "Иначе"}, by=SYSTEM)
    assert not Wake.objects.exists()
    deliver()
    assert [t["item"]["id"] for t in receiver.told] == [item.pk]


def test_clients_are_told_with_their_contacts(receiver):
    hook(receiver, "client.created")
    make_client("Анна", phones=("+79161234567",))
    deliver()
    (told,) = receiver.told
    assert told["client"]["name"] == "Анна"
    assert told["client"]["contact_points"] == [
        {"kind": "phone", "value": "+79161234567", "label": ""}
    ]
    assert told["item"] is None


def test_a_refusal_for_good_is_given_up_told_once_and_may_be_replayed(receiver):
    maker = make_user(role=make_role(everything=True))
    row = hook(receiver, by=Actor.user(maker))
    receiver.answers = [410, 410]
    pipeline = make_pipeline()
    make_item(pipeline)
    make_item(pipeline)
    deliver()
    failed = deliveries(row, state="failed")
    assert len(failed) == 2
    assert failed[0].answer["status"] == 410
    assert Notification.objects.filter(user=maker, url_name="webhooks:show").count() == 1
    replay_delivery(failed[0].pk, by=Actor.user(maker))
    deliver()
    assert webhook_rows()[0].taken == 1
    assert len(receiver.got) == 3


def test_switched_off_nothing_goes_out_and_what_waited_is_given_up(receiver):
    row = hook(receiver)
    make_item(make_pipeline())
    drain()
    switch_webhook(row.pk, on=False, by=SYSTEM)
    make_item(make_pipeline())
    deliver()
    assert receiver.got == []
    assert [d.state for d in deliveries(row)] == ["failed"]
    with pytest.raises(InvalidInput):
        try_webhook(row.pk, by=SYSTEM)


def test_a_trial_is_sent_with_the_new_secret(receiver):
    row = hook(receiver)
    before = unseal(row.sealed)
    row = renew_secret(row.pk, by=SYSTEM)
    assert unseal(row.sealed) != before
    errand = try_webhook(row.pk, by=SYSTEM)
    assert errands.perform(errand.pk)
    assert receiver.told[0]["event"] == "ping"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (WebhookSpec("", "https://a.example/x", ["item.created"]), "name"),
        (WebhookSpec("А", "ftp://a.example", ["item.created"]), "url"),
        (WebhookSpec("А", "http://192.168.0.1/x", ["item.created"]), "url"),
        (WebhookSpec("А", "https://a.example/x", []), "verbs"),
        (WebhookSpec("А", "https://a.example/x", ["item.dreamt"]), "verbs"),
        (WebhookSpec("А", "https://a.example/x", ["item.created"], ["нет"]), "pipelines"),
    ],
)
def test_a_webhook_that_can_not_work_is_refused_at_its_field(spec, field):
    with pytest.raises(InvalidInput) as refusal:
        save_webhook(spec, by=SYSTEM)
    assert list(refusal.value.fields) == [field]


def test_only_who_may_set_up_makes_webhooks(receiver):
    with pytest.raises(Forbidden):
        hook(receiver, by=Actor.user(make_user()))


def test_the_log_goes_after_a_month(receiver):
    row = hook(receiver)
    make_item(make_pipeline())
    deliver()
    assert forget_old(at=timezone.now() + timedelta(days=29)) == 0
    assert forget_old(at=timezone.now() + timedelta(days=31)) == 1
    assert deliveries(row) == []
