"""The hash chain over the journal: what was written down cannot be changed unnoticed."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tests.journal.tampering import asleep
from tests.people.factories import make_user
from voronka.journal import queries, tasks
from voronka.journal.actors import Actor
from voronka.journal.commands import digest, record, seal_journal
from voronka.journal.models import Event, Seal

pytestmark = pytest.mark.django_db


def seal_all():
    return seal_journal(until=timezone.now() + timedelta(seconds=1))


def tamper(sql, *values):
    """Do what only somebody with the database's own keys can do."""
    with asleep(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def events():
    user = make_user()
    return [record("user.changed", user, by=Actor.user(user), note=n) for n in range(6)]


def test_an_untouched_journal_is_whole_over_several_seals(events):
    first = seal_all()
    record("user.changed", make_user(), by=Actor.system())
    second = seal_all()
    assert second.first_id > first.last_id
    assert queries.broken_seal() is None
    assert queries.chain_state().waiting == 0


def test_a_changed_event_breaks_its_seal(events):
    seal = seal_all()
    tamper("UPDATE journal_event SET diff = %s WHERE id = %s", '{"note": 99}', events[2].pk)
    assert queries.broken_seal() == seal


@pytest.mark.parametrize("column", ["verb", "actor_user_id", "at", "recorded_at", "pipeline_id"])
def test_every_column_is_sealed(events, column):
    seal_all()
    value = {"verb": "user.praised", "actor_user_id": 987_654, "pipeline_id": 7}.get(
        column, "2020-01-01T00:00:00Z"
    )
    tamper(f"UPDATE journal_event SET {column} = %s WHERE id = %s", value, events[2].pk)
    assert queries.broken_seal()


def test_a_deleted_event_breaks_its_seal(events):
    seal = seal_all()
    tamper("DELETE FROM journal_event WHERE id = %s", events[-1].pk)
    assert queries.broken_seal() == seal


def test_an_event_slipped_in_between_two_seals_is_found(events):
    seal_all()
    hole, last = events[-1].pk + 1, events[-1].pk + 5
    tamper(
        "INSERT INTO journal_event (id, verb, subject_type, subject_id, actor_kind, actor_name,"
        " diff, at) VALUES (%s, 'user.changed', 'user', 1, 'system', '', '{}', now())",
        last,
    )
    second = seal_all()
    tamper(
        "INSERT INTO journal_event (id, verb, subject_type, subject_id, actor_kind, actor_name,"
        " diff, at) VALUES (%s, 'user.praised', 'user', 1, 'system', '', '{}', now())",
        hole,
    )
    assert queries.broken_seal() == second


def test_a_new_digest_for_one_seal_breaks_the_next(events):
    first = seal_all()
    record("user.changed", make_user(), by=Actor.system())
    second = seal_all()
    tamper("UPDATE journal_event SET verb = 'user.praised' WHERE id = %s", events[0].pk)
    forged = digest("", Event.objects.filter(pk__lte=first.last_id).order_by("pk"))
    tamper("UPDATE journal_seal SET digest = %s WHERE id = %s", forged, first.pk)
    assert queries.broken_seal() == second


def test_the_database_refuses_to_change_or_delete_an_event(events):
    for change in (
        lambda: Event.objects.filter(pk=events[0].pk).update(verb="user.praised"),
        lambda: Event.objects.filter(pk=events[0].pk).delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def test_a_long_journal_is_sealed_in_batches(events):
    soon = timezone.now() + timedelta(seconds=1)
    while seal_journal(until=soon, batch=4):
        pass
    assert [s.count for s in Seal.objects.order_by("pk")][:-1] == [4] * (Seal.objects.count() - 1)
    assert queries.broken_seal() is None


def test_fresh_events_wait_for_two_minutes(events):
    assert seal_journal() is None
    assert queries.chain_state().waiting == Event.objects.count()


def test_the_periodic_job_seals_whatever_has_settled(events):
    tamper("UPDATE journal_event SET recorded_at = now() - interval '1 hour'")
    tasks.seal(0)
    assert queries.chain_state().waiting == 0
    assert Seal.objects.count() == 1
    assert queries.broken_seal() is None


def test_what_a_bulk_load_leaves_behind_is_sealed_in_shares(events, monkeypatch):
    record("user.changed", make_user(), by=Actor.system())
    tamper("UPDATE journal_event SET recorded_at = now() - interval '1 hour'")
    count = Event.objects.count()
    monkeypatch.setattr(tasks, "_LINKS", 2)
    monkeypatch.setattr(tasks.commands, "seal_journal", lambda: seal_journal(batch=count // 3))
    tasks.seal(0)
    assert queries.chain_state().waiting == count - 2 * (count // 3)
    tasks.seal(0)
    assert queries.chain_state().waiting == 0
    assert queries.broken_seal() is None
