"""Reading is counted by the hour, and its first time in an hour stands in the journal."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import make_item
from tests.people.factories import make_user
from voronka.journal.actors import Actor
from voronka.journal.commands import forget_old_readings, note_listing, note_reading
from voronka.journal.models import Event, Reading
from voronka.journal.queries import eager_readers, readings

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, 5, tzinfo=UTC)


@pytest.fixture
def item():
    return make_item()


@pytest.fixture
def by():
    return Actor.user(make_user())


def test_an_opening_costs_one_statement_and_is_counted(item, by, django_assert_num_queries):
    with django_assert_num_queries(1):
        note_reading(item, by=by, pipeline_id=item.pipeline_id, at=NOON)
    with django_assert_num_queries(1):
        note_reading(item, by=by, pipeline_id=item.pipeline_id, at=NOON + timedelta(minutes=20))
    row = Reading.objects.get()
    assert (row.reader_id, row.subject_type, row.subject_id) == (by.user_id, "item", item.pk)
    assert row.count == 2
    assert row.last_at - row.first_at == timedelta(minutes=20)
    event = Event.objects.get(verb="item.read")
    assert (event.actor_user_id, event.subject_id, event.at) == (by.user_id, item.pk, NOON)
    assert event.pipeline_id == item.pipeline_id


def test_the_next_hour_is_counted_apart(item, by):
    for minutes in (0, 54, 55):
        note_reading(item, by=by, at=NOON + timedelta(minutes=minutes))
    assert list(Reading.objects.order_by("pk").values_list("count", flat=True)) == [2, 1]
    assert Event.objects.filter(verb="item.read").count() == 2


def test_robots_read_without_a_trace(item):
    note_reading(item, by=Actor.system("robot"))
    assert not Reading.objects.exists()


def test_what_a_program_lists_is_counted_without_events(by, django_assert_num_queries):
    with django_assert_num_queries(1):
        note_listing("client", [5, 3, 5], by=by, at=NOON)
    note_listing("client", [], by=by)
    rows = Reading.objects.order_by("subject_id").values_list("subject_id", "count")
    assert list(rows) == [(3, 1), (5, 1)]
    assert not Event.objects.filter(verb="client.read").exists()


def test_too_much_is_counted_by_distinct_subjects_of_one_hour(by):
    other = Actor.user(make_user())
    for minutes in (0, 30, 56):  # the same two cards, over the change of the hour
        note_listing("item", [1, 2], by=by, at=NOON + timedelta(minutes=minutes))
    note_listing("client", [1], by=by, at=NOON + timedelta(minutes=57))
    note_listing("item", [1, 2], by=other, at=NOON)
    until = NOON + timedelta(minutes=59)
    assert eager_readers(more_than=2, until=until) == {by.user_id: 3}
    assert eager_readers(more_than=3, until=until) == {}
    assert eager_readers(more_than=1, until=until + timedelta(hours=2)) == {}


def test_readings_are_paged_and_narrowed_to_a_person_and_a_subject(by):
    note_listing("client", range(1, 6), by=by, at=NOON)
    note_listing("item", [1], by=Actor.user(make_user()), at=NOON)
    first = readings(reader_id=by.user_id, limit=3)
    rest = readings(reader_id=by.user_id, limit=3, before=first.next_before)
    assert [len(first.readings), len(rest.readings), rest.next_before] == [3, 2, None]
    assert len(readings(subject_type="client", subject_id=4).readings) == 1
    assert len(readings(subject_id=1).readings) == 6  # a number of nothing narrows nothing


def test_old_counts_are_forgotten_and_the_journal_stays(item, by):
    note_reading(item, by=by, at=NOON)
    note_reading(item, by=by, at=NOON + timedelta(days=2))
    assert forget_old_readings(before=NOON + timedelta(days=1)) == 1
    assert Event.objects.filter(verb="item.read").count() == 2
