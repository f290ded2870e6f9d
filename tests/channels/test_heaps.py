"""Enquiries that come at the same moment are carded in one transaction, as if each were alone."""

import pytest

from tests.channels.factories import SYSTEM, make_channel, sheet, write_in
from voronka.channels.commands import ledger, receive
from voronka.channels.models import Enquiry
from voronka.clients.commands import exclude
from voronka.clients.models import Client
from voronka.items.models import Item, ResponseClock, StageVisit
from voronka.journal.models import Event
from voronka.kernel.remembering import remembering
from voronka.timeline.models import Message, Notification

pytestmark = pytest.mark.django_db
NINE = [f"+7916000000{n}" for n in range(1, 10)]


def _kept(channel, phone, **fields):
    """An event of the ledger that waits for its card, as `receive` hands it to the heap."""
    row = receive(channel, sheet(**{"from": [["phone", phone]], **fields}), process_now=False)
    return row, ledger._understand(row)


def test_strangers_have_each_their_own_card_with_all_that_belongs_to_it():
    channel = make_channel()
    heap = [_kept(channel, phone, text=f"Words of {phone}") for phone in NINE]
    rows = ledger._card_heap(heap)
    assert [row.pk for row in rows] == [row.pk for row, _incoming in heap]
    for phone, row in zip(NINE, rows, strict=True):
        kept = Enquiry.objects.get(pk=row.pk)
        assert kept.state == Enquiry.State.CARDED
        assert kept.message.text == f"Words of {phone}"
        assert [p.value for p in kept.item.contact.contact_points.all()] == [phone]
        assert StageVisit.objects.filter(item=kept.item, left_at=None).count() == 1
        assert ResponseClock.objects.running().filter(item=kept.item).count() == 1
        assert Notification.objects.get(item=kept.item).kind == "enquiry"
        created = Event.objects.get(verb="item.created", subject_id=kept.item_id)
        assert created.diff["enquiry"] == kept.pk
    assert Item.objects.count() == Client.objects.count() == len(NINE)


def test_a_heap_takes_few_more_statements_than_one(django_assert_max_num_queries):
    channel = make_channel()
    heap = [_kept(channel, phone) for phone in NINE]
    with django_assert_max_num_queries(25 + 2 * len(NINE)), remembering():
        ledger._card_heap(heap)
    assert Enquiry.objects.filter(state=Enquiry.State.CARDED).count() == len(NINE)


def test_known_clients_excluded_ones_and_the_same_person_twice_are_treated_as_ever():
    channel = make_channel()
    known = write_in(channel, **{"from": [["phone", NINE[0]]]})
    exclude([("phone", NINE[1])], reason="spam", by=SYSTEM)
    first, again, stopped, new = ledger._card_heap(
        [
            _kept(channel, NINE[2], text="first"),
            _kept(channel, NINE[2], text="again"),
            _kept(channel, NINE[1]),
            _kept(channel, NINE[0], text="more"),
        ]
    )
    assert stopped.state == Enquiry.State.EXCLUDED
    assert new.item == known.item
    assert first.item == again.item != known.item
    assert Message.objects.filter(conversation__item=first.item).count() == 2
    assert Client.objects.count() == 2


def test_a_heap_that_fails_leaves_nothing_and_each_is_carded_alone(monkeypatch):
    channel = make_channel()
    heap = [_kept(channel, phone) for phone in NINE[:3]]
    settle = ledger.settle

    def fails_at_last(row, *args, **kwargs):
        settle(row, *args, **kwargs)
        if kwargs.get("stranger") and row.pk == heap[2][0].pk:
            raise RuntimeError("the database refused the last one")

    monkeypatch.setattr(ledger, "settle", fails_at_last)
    with pytest.raises(RuntimeError):
        ledger._card_heap(heap)
    assert not Item.objects.exists()
    assert [ledger._card_heap([one])[0].state for one in heap] == [Enquiry.State.CARDED] * 3
    assert Item.objects.count() == Client.objects.count() == 3


def test_an_enquiry_that_is_stopped_costs_its_group_one_turn_at_most(monkeypatch):
    channel = make_channel()
    exclude([("phone", NINE[0])], reason="spam", by=SYSTEM)
    planned = []
    make_plan = ledger.make_plan
    monkeypatch.setattr(ledger, "make_plan", lambda *a: planned.append(a[0].pk) or make_plan(*a))
    row, incoming = _kept(channel, NINE[0])
    assert ledger._card_heap([(row, incoming)])[0].state == Enquiry.State.EXCLUDED
    assert planned == [row.pk]
