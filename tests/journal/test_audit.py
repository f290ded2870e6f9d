"""The audit list: filters and paging by cursor."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.people.factories import make_user
from voronka.journal import queries
from voronka.journal.actors import Actor
from voronka.journal.commands import record

pytestmark = pytest.mark.django_db


def test_pages_follow_each_other_without_gaps_or_doubles(django_assert_num_queries):
    user = make_user()
    for n in range(7):
        record("user.changed", user, by=Actor.user(user), n=n)
    seen, before = [], None
    while True:
        with django_assert_num_queries(1):
            page = queries.audit(actor_user_id=user.pk, before=before, limit=3)
        seen += [e.diff["n"] for e in page.events]
        before = page.next_before
        if before is None:
            break
    assert seen == [6, 5, 4, 3, 2, 1, 0]


def test_filters_narrow_by_person_subject_verb_and_period():
    one, two = make_user(), make_user()
    record("user.changed", two, by=Actor.user(one))
    record("user.invited", two, by=Actor.user(one))
    record("user.changed", one, by=Actor.user(two))
    now = timezone.now()

    def verbs(**filters):
        return [e.verb for e in queries.audit(**filters).events]

    assert verbs(actor_user_id=one.pk) == ["user.invited", "user.changed"]
    assert verbs(actor_user_id=one.pk, verb="user.inv") == ["user.invited"]
    assert verbs(subject_type="user", subject_id=one.pk, verb="user.changed") == ["user.changed"]
    assert verbs(since=now + timedelta(minutes=1)) == []
    assert "user.changed" in verbs(until=now + timedelta(minutes=1))
    assert verbs(actor_kinds=["import"]) == []
