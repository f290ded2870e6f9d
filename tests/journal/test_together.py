"""Events of a batch are written together, and as if each had been written alone."""

import pytest
from django.db import transaction

from tests.factories import SYSTEM, make_item
from voronka.journal.commands import record, together
from voronka.journal.models import Event

pytestmark = pytest.mark.django_db


class Refused(Exception):
    """What makes a command fail in these tests."""


@transaction.atomic
def _fail_with_events(item, first, second):
    record("item.tried", item, by=SYSTEM, n=first)
    with transaction.atomic():
        record("item.tried", item, by=SYSTEM, n=second)
    raise Refused


def test_events_are_written_at_the_end_of_the_block_with_the_ids_they_were_given():
    item = make_item()
    with transaction.atomic(), together():
        first = record("item.tried", item, by=SYSTEM, answer="да")
        second = record("item.tried", item, by=SYSTEM)
        assert not Event.objects.filter(verb="item.tried").exists()
    kept = list(Event.objects.filter(verb="item.tried").order_by("pk"))
    assert [event.pk for event in kept] == [first.pk, second.pk]
    assert kept[0].diff == {"answer": "да"}
    assert kept[0].recorded_at is not None


def test_what_happened_in_a_savepoint_that_failed_is_not_told():
    item = make_item()
    with transaction.atomic(), together():
        record("item.tried", item, by=SYSTEM, n=1)
        with pytest.raises(Refused):
            _fail_with_events(item, 2, 3)
        record("item.tried", item, by=SYSTEM, n=4)
    told = Event.objects.filter(verb="item.tried").order_by("pk")
    assert [event.diff["n"] for event in told] == [1, 4]


def test_a_block_that_fails_writes_nothing():
    item = make_item()
    with pytest.raises(Refused), together():
        _fail_with_events(item, 1, 2)
    assert not Event.objects.filter(verb="item.tried").exists()


def test_a_batch_of_many_events_takes_few_statements(django_assert_max_num_queries):
    item = make_item()
    with django_assert_max_num_queries(8), transaction.atomic(), together():
        for n in range(60):
            record("item.tried", item, by=SYSTEM, n=n)
    assert Event.objects.filter(verb="item.tried").count() == 60
