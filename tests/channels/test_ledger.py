"""What comes in is kept before it is read, is carded once, and is never lost (IN-10)."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.channels.factories import PAPER, SYSTEM, make_channel, sheet, write_in
from tests.people.factories import make_user
from voronka.channels.commands import (
    forget_kept_too_long,
    forget_raw,
    receive,
    replay,
    sweep,
)
from voronka.channels.commands.ledger import process
from voronka.channels.contract import RawEvent
from voronka.channels.models import Channel, Enquiry
from voronka.channels.queries import channel_of, count_lost, ledger
from voronka.channels.tasks import forget_old_bodies
from voronka.clients.commands import exclude
from voronka.clients.models import Client
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput
from voronka.timeline.models import Conversation, Message

pytestmark = pytest.mark.django_db


def test_an_event_becomes_a_card_with_client_conversation_and_message():
    channel = make_channel()
    enquiry = write_in(
        channel, name="Иван Петров", text="Нужна кухня", utm={"utm_source": "yandex"}
    )
    assert enquiry.state == Enquiry.State.CARDED
    item = Item.objects.get()
    assert (item.title, item.owner, item.utm) == (
        "Заявка: Иван Петров",
        channel.owner,
        {"utm_source": "yandex"},
    )
    assert (item.contact.name, item.contact.last_name) == ("Иван Петров", "Петров")
    assert [p.value for p in item.contact.contact_points.all()] == ["+79161234567"]
    talk = Conversation.objects.get()
    assert (talk.item, talk.client, talk.owner) == (item, item.contact, channel.owner)
    assert talk.waiting_since == enquiry.happened_at
    message = Message.objects.get()
    assert (message.text, message.identity_value) == ("Нужна кухня", "+79161234567")
    assert (enquiry.item, enquiry.message) == (item, message)


def test_the_same_event_twice_is_one_card():
    channel = make_channel()
    first, second = write_in(channel, "same"), write_in(channel, "same", text="other words")
    assert first.pk == second.pk
    assert Item.objects.count() == Message.objects.count() == 1


def test_an_event_of_an_endless_id_is_kept_once():
    channel = make_channel()
    for _again in range(2):
        write_in(channel, "x" * 5000)
    assert Enquiry.objects.count() == 1


def test_what_is_not_understood_stays_with_its_reason_and_is_tried_again():
    channel = make_channel()
    enquiry = receive(channel, RawEvent("bad", b"\x00\xff", "text/plain"))
    assert (enquiry.state, enquiry.error, enquiry.attempts) == ("failed", "not a sheet of paper", 1)
    assert enquiry.next_try_at > timezone.now()
    assert bytes(Enquiry.objects.get().raw) == b"\x00\xff"
    assert Event.objects.filter(verb="enquiry.stuck").count() == 1


def test_without_a_funnel_it_is_understood_and_waits_visibly(monkeypatch):
    channel = make_channel()
    Channel.objects.update(pipeline=None)
    enquiry = receive(Channel.objects.get(), sheet("a"))
    assert enquiry.state == Enquiry.State.PARSED
    assert "воронк" in enquiry.error
    assert count_lost(at=timezone.now()) == 0  # still being worked on
    assert count_lost(at=timezone.now() + timedelta(minutes=1)) == 1
    Channel.objects.update(pipeline=channel.pipeline)
    assert replay(enquiry.pk, by=Actor.system()).state == Enquiry.State.CARDED


def test_an_unexpected_error_is_kept_not_raised(monkeypatch):
    channel = make_channel()
    monkeypatch.setattr(PAPER, "parse", lambda event, facts: 1 / 0)
    enquiry = write_in(channel)
    assert enquiry.state == Enquiry.State.FAILED
    assert "ZeroDivisionError" in enquiry.error


def test_who_dies_between_receiving_and_carding_loses_nothing():
    channel = make_channel()
    enquiry = receive(channel, sheet("a"), process_now=False)
    assert enquiry.state == Enquiry.State.RECEIVED
    assert not Item.objects.exists()
    assert sweep() == 0  # its receiver may be alive
    assert sweep(at=timezone.now() + timedelta(minutes=1)) == 1
    assert Enquiry.objects.get().state == Enquiry.State.CARDED
    assert Item.objects.count() == 1


def test_who_dies_in_the_middle_of_carding_leaves_no_half_of_a_card(monkeypatch):
    channel = make_channel()
    monkeypatch.setattr(
        "voronka.channels.commands.placing.finish", lambda *args: (_ for _ in ()).throw(OSError)
    )
    enquiry = write_in(channel, "a")
    assert enquiry.state == Enquiry.State.PARSED
    assert not Item.objects.exists()
    assert not Client.objects.exists()
    monkeypatch.undo()
    sweep(at=timezone.now() + timedelta(hours=1))
    assert Item.objects.count() == Client.objects.count() == 1


def test_a_finished_event_is_left_alone():
    enquiry = write_in(make_channel())
    assert process(enquiry.pk).pk == enquiry.pk
    assert replay(enquiry.pk, by=Actor.system()).item_id == enquiry.item_id
    assert Item.objects.count() == 1


def test_only_who_controls_may_replay():
    enquiry = receive(make_channel(), RawEvent("bad", b"", ""))
    with pytest.raises(Forbidden):
        replay(enquiry.pk, by=Actor.user(make_user("manager")))
    replay(enquiry.pk, by=Actor.user(make_user("controller")))


def test_nothing_is_stored_inside_a_foreign_transaction(transactional_db):
    channel = make_channel()
    with transaction.atomic(), pytest.raises(RuntimeError):
        receive(channel, sheet("a"))


def test_the_client_s_time_counts_not_ours():
    then = timezone.now() - timedelta(hours=2)
    enquiry = receive(make_channel(), sheet("a", at=then))
    assert (enquiry.happened_at, Message.objects.get().at) == (then, then)
    assert Item.objects.get().created_at == then


def test_a_clock_that_runs_ahead_is_set_back_to_the_arrival():
    enquiry = receive(make_channel(), sheet("a", at=timezone.now() + timedelta(days=3)))
    assert enquiry.happened_at <= timezone.now()


def test_old_bodies_can_be_forgotten_but_not_those_without_a_card():
    channel = make_channel()
    done, stuck = write_in(channel, "a"), receive(channel, RawEvent("b", b"?", ""))
    assert forget_raw(before=timezone.now()) == 1
    assert bytes(Enquiry.objects.get(pk=done.pk).raw) == b""
    assert bytes(Enquiry.objects.get(pk=stuck.pk).raw) == b"?"
    write_in(channel, "a")
    assert Item.objects.count() == 1


def test_bodies_are_forgotten_after_their_term_and_cards_keep_everything(settings):
    settings.KEEP_RAW_DAYS = 90
    channel = make_channel()
    old, young = write_in(channel, "a", text="Need a house"), write_in(channel, "b")
    at = timezone.now()
    Enquiry.objects.filter(pk=old.pk).update(received_at=at - timedelta(days=91))
    told = Event.objects.count()
    forget_old_bodies(0)
    assert bytes(Enquiry.objects.get(pk=old.pk).raw) == b""
    assert bytes(Enquiry.objects.get(pk=young.pk).raw) != b""
    assert Message.objects.order_by("pk")[0].text == "Need a house"
    assert Event.objects.count() == told
    settings.KEEP_RAW_DAYS = 0
    assert forget_kept_too_long(at=at + timedelta(days=9999)) == 0


def test_what_was_forgotten_can_not_be_let_in_any_more():
    channel = make_channel()
    row = write_in(channel, "a")
    Enquiry.objects.filter(pk=row.pk).update(state=Enquiry.State.EXCLUDED, raw=b"")
    with pytest.raises(InvalidInput):
        replay(row.pk, by=SYSTEM, pardon=True)
    row.refresh_from_db()
    assert row.state == Enquiry.State.EXCLUDED


def test_the_ledger_is_read_in_pages_without_bodies(django_assert_num_queries):
    channel = make_channel()
    for number in range(5):
        write_in(channel, f"n{number}")
    with django_assert_num_queries(1):
        page = ledger(limit=3)
        assert [row.channel.name for row in page.rows] == [channel.name] * 3
    rest = ledger(before=page.before, limit=3)
    assert len(rest.rows) == 2
    assert rest.before is None
    assert ledger(lost=True).rows == []


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_id_make_one_card():
    channel = make_channel()

    def write(number):
        try:
            return receive(channel, sheet("same")).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(write, range(4)))
    assert len(ids) == 1
    assert Item.objects.count() == Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_of_one_new_client_make_one_client_and_one_card():
    channel = make_channel()

    def write(number):
        try:
            return receive(channel, sheet(f"n{number}")).state
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(write, range(6))) == {"carded"}
    assert Client.objects.count() == Item.objects.count() == 1
    assert Message.objects.count() == 6


def test_an_enquiry_costs_few_queries(django_assert_max_num_queries):
    channel = make_channel()
    write_in(channel, "warm")
    event = sheet("a", **{"from": [["phone", "+79160000001"]], "name": "Anna"})
    # 29 in two transactions, four to begin and end them, three to choose how the owner is told
    with django_assert_max_num_queries(36):
        receive(channel_of(channel.code), event)


def test_whoever_looks_at_the_ledger_is_told_of_what_was_stopped_too(
    django_capture_on_commit_callbacks,
):
    channel, phone = make_channel(), "+79160000001"
    exclude([("phone", phone)], reason="spam", by=SYSTEM)
    told: list[str] = []

    def listen(execute, sql, params, many, context):
        if "pg_notify" in str(sql):
            told.extend(params[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen), django_capture_on_commit_callbacks(execute=True):
        row = write_in(channel, **{"from": [["phone", phone]]})
    assert row.state == Enquiry.State.EXCLUDED
    assert [m for m in map(json.loads, told) if (m["s"], m["i"]) == ("enquiry", row.pk)]
