"""Who is no customer makes no cards; nothing is deleted, and it can be taken back (I4, IN-15)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.clients.factories import make_client
from tests.factories import SYSTEM
from tests.people.factories import make_user
from voronka.clients.commands import count_stopped, exclude, lift_exclusion
from voronka.clients.models import Exclusion
from voronka.clients.queries import exclusions, find_exclusion
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput, NotFound

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def find(*identities):
    return find_exclusion(identities, at=timezone.now())


def test_an_identity_is_found_in_its_one_spelling(django_assert_num_queries):
    exclude(
        [("phone", "8 (916) 123-45-67"), ("telegram", "t.me/Spammer")], reason="spam", by=SYSTEM
    )
    with django_assert_num_queries(1):
        assert find(("phone", "+79161234567"), ("email", "a@b.ru")) is not None
    assert find(("telegram", "spammer")).reason == "spam"
    assert find(("phone", "+79160000000")) is None
    assert find() is None


def test_a_domain_stops_all_that_is_below_it():
    exclude([("domain", "Supplier.RU")], reason="supplier", by=SYSTEM)
    assert find(("email", "a@supplier.ru"))
    assert find(("email", "a@mail.supplier.ru"))
    assert find(("email", "a@notsupplier.ru")) is None


def test_excluding_again_changes_reason_and_term():
    [first] = exclude([("email", "a@b.ru")], reason="spam", by=SYSTEM)
    until = NOW + timedelta(days=1)
    [second] = exclude([("email", "A@B.ru")], reason="partner", until=until, by=SYSTEM)
    assert first.pk == second.pk
    assert (second.reason, second.until) == ("partner", until)
    assert Event.objects.filter(verb="exclusion.added").count() == 1


def test_it_counts_what_it_stops_and_is_taken_back():
    boss = Actor.user(make_user("head_of_sales"))
    [row] = exclude([("email", "a@b.ru")], reason="applicant", by=SYSTEM)
    count_stopped(row.pk, at=NOW)
    count_stopped(row.pk, at=NOW)
    assert [(e.stopped, e.last_stopped_at) for e in exclusions()] == [(2, NOW)]
    lift_exclusion(row.pk, by=boss)
    lift_exclusion(row.pk, by=boss)
    assert find(("email", "a@b.ru")) is None
    assert exclusions() == []
    assert len(exclusions(lifted=True)) == 1
    assert Event.objects.filter(verb="exclusion.lifted").count() == 1
    [anew] = exclude([("email", "a@b.ru")], reason="spam", by=SYSTEM)
    assert anew.pk != row.pk
    with pytest.raises(NotFound):
        lift_exclusion(0, by=boss)


def test_a_seller_may_exclude_the_own_client_and_nothing_else():
    seller = make_user("manager")
    mine = make_client(owner=seller, emails=("a@b.ru",))
    theirs = make_client(emails=("c@d.ru",))
    by = Actor.user(seller)
    [row] = exclude([("email", "a@b.ru")], reason="spam", by=by, client_id=mine.pk)
    assert (row.client, row.author) == (mine, seller)
    lift_exclusion(row.pk, by=by)
    for identities, client in (
        ([("email", "c@d.ru")], theirs),
        ([("email", "c@d.ru")], mine),
        ([("domain", "b.ru")], mine),
        ([("email", "x@y.ru")], None),
    ):
        with pytest.raises(Forbidden):
            exclude(identities, reason="spam", by=by, client_id=client.pk if client else None)
    [other] = exclude([("email", "q@w.ru")], reason="spam", by=SYSTEM)
    with pytest.raises(Forbidden):
        lift_exclusion(other.pk, by=by)


@pytest.mark.parametrize(
    ("identities", "extra"),
    [
        ([], {}),
        ([("domain", "gmail.com")], {}),
        ([("domain", "nonsense")], {}),
        ([("phone", "abc")], {}),
        ([("moon", "full")], {}),
        ([("email", "a@b.ru")], {"reason": "dislike"}),
        ([("email", "a@b.ru")], {"until": NOW - timedelta(days=1)}),
    ],
)
def test_what_makes_no_sense_is_refused(identities, extra):
    with pytest.raises(InvalidInput):
        exclude(identities, **{"reason": "spam", "by": SYSTEM, **extra})
    assert not Exclusion.objects.exists()


def test_the_list_can_be_searched():
    exclude([("email", "a@b.ru")], reason="spam", comment="buys nothing", by=SYSTEM)
    exclude([("email", "c@d.ru")], reason="partner", by=SYSTEM)
    assert [e.identity_value for e in exclusions(reason="spam")] == ["a@b.ru"]
    assert [e.identity_value for e in exclusions(text="buys")] == ["a@b.ru"]
    assert [e.identity_value for e in exclusions(before=exclusions()[0].pk)] == ["a@b.ru"]
