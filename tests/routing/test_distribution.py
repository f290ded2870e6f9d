"""Cards are given out fairly, to who is there and can take them, and never to nobody (IN-13)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_item, make_pipeline
from tests.people.factories import make_user
from voronka.items.commands import assign_owner
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput
from voronka.people.commands import plan_absence
from voronka.people.models import User
from voronka.pipelines.models import Source
from voronka.routing.commands import (
    DistributionSpec,
    MemberSpec,
    archive_distribution,
    give_item,
    pick_owner,
    save_distribution,
)
from voronka.routing.models import Member, Unplaced
from voronka.routing.queries import count_unplaced, distributions, unplaced
from voronka.routing.rules import Candidate, Wanted, choose

MOSCOW = ZoneInfo("Europe/Moscow")
TUESDAY_NOON = datetime(2026, 3, 17, 12, 0, tzinfo=MOSCOW)
NIGHT = datetime(2026, 3, 17, 2, 0, tzinfo=MOSCOW)
ANY = Wanted()


def person(id_, **facts):
    return Candidate(id_, position=id_, **facts)


def chosen(candidates, wanted=ANY, **how):
    how.setdefault("strategy", "by_turn")
    choice = choose(candidates, wanted, **how)
    return choice.user_id, choice.why


def test_who_was_given_a_card_the_longest_ago_is_next():
    now = timezone.now()
    team = [person(1, last_given_at=now), person(2, last_given_at=now - timedelta(hours=1))]
    assert chosen(team) == (2, "by_turn")
    assert chosen([*team, person(3)]) == (3, "by_turn")


def test_the_least_loaded_is_next_and_by_turn_among_equals():
    now = timezone.now()
    team = [person(1, load=2), person(2, load=1, last_given_at=now), person(3, load=1)]
    assert chosen(team, strategy="least_loaded") == (3, "least_loaded")


def test_who_can_t_take_it_is_passed_over_with_the_reason():
    team = [
        person(1, away=True),
        person(2, load=5, capacity=5),
        person(3, sources=["avito"]),
        person(4, grades=["A"]),
        person(5, products=["kitchens"]),
        person(6, works_here=False),
        person(7, at_work=False),
        person(8),
    ]
    choice = choose(team, Wanted("site", "B", ["doors"]), strategy="by_turn")
    assert choice.user_id == 8
    assert list(choice.verdicts.values()) == [
        *("away", "full", "source", "grade", "product", "dismissed", "off_hours", "fits")
    ]


def test_the_skilled_get_what_they_are_skilled_in():
    team = [person(1, sources=["site"], grades=["A", "B"], products=["doors"])]
    assert chosen(team, Wanted("site", "A", ["doors", "d-1"])) == (1, "by_turn")


def test_at_night_the_cards_are_for_the_morning_or_for_who_is_on_duty():
    team = [person(1, at_work=False), person(2, at_work=False, away=True)]
    assert chosen(team) == (1, "after_hours")
    assert chosen(team, after_hours="duty") == (None, "duty")


def test_nobody_is_nobody():
    assert chosen([]) == (None, "nobody_fits")
    assert chosen([person(1, away=True)]) == (None, "nobody_fits")


def test_the_previous_manager_comes_first_unless_away():
    team = [person(1)]
    assert chosen(team, previous=person(9, load=99, capacity=1)) == (9, "sticky")
    assert chosen(team, previous=person(9, away=True)) == (1, "by_turn")
    assert chosen(team, previous=person(9, works_here=False)) == (1, "by_turn")


@pytest.fixture
def people(db):
    return [make_user(name=f"Seller {n}") for n in range(3)]


@pytest.fixture
def boss(db):
    return make_user("head_of_sales")


def make_group(people, boss, members=None, **extra):
    members = members or [MemberSpec(user.pk) for user in people]
    spec = DistributionSpec("Shop", boss.pk, members, **extra)
    return save_distribution(spec, by=SYSTEM)


def names(picks):
    return [User.objects.get(pk=pick.user_id).name for pick in picks]


def test_turns_go_round(people, boss):
    group = make_group(people, boss)
    picks = [pick_owner(group.pk, ANY, at=TUESDAY_NOON) for _ in range(6)]
    assert names(picks) == ["Seller 0", "Seller 1", "Seller 2"] * 2
    assert [m.given for m in group.members.all()] == [2, 2, 2]


def test_who_is_absent_misses_turns_and_does_not_get_them_all_at_once_later(people, boss):
    group = make_group(people, boss)
    start = TUESDAY_NOON - timedelta(hours=1)
    plan_absence(people[0].pk, starts_at=start, ends_at=start + timedelta(days=2), by=SYSTEM)
    picks = [pick_owner(group.pk, ANY, at=TUESDAY_NOON) for _ in range(4)]
    assert names(picks) == ["Seller 1", "Seller 2"] * 2
    later = TUESDAY_NOON + timedelta(days=2)
    picks = [pick_owner(group.pk, ANY, at=later) for _ in range(3)]
    assert names(picks) == ["Seller 0", "Seller 1", "Seller 2"]


def test_working_hours_count(people, boss):
    group = make_group(people, boss, after_hours="duty")
    assert pick_owner(group.pk, ANY, at=TUESDAY_NOON).why == "by_turn"
    night = pick_owner(group.pk, ANY, at=NIGHT)
    assert (night.user_id, night.why) == (boss.pk, "duty")


def test_capacity_counts_open_cards(people, boss):
    group = make_group(people[:1], boss, capacity=2)
    pipeline = make_pipeline()
    for _card in range(2):
        make_item(pipeline, owner=people[0])
    pick = pick_owner(group.pk, ANY, at=TUESDAY_NOON)
    assert (pick.user_id, pick.why, pick.verdicts) == (
        boss.pk,
        "nobody_fits",
        {people[0].pk: "full"},
    )


def test_a_card_stays_with_the_manager_the_client_knows(people, boss):
    group = make_group(people, boss)
    pipeline, client = make_pipeline(), make_client()
    make_item(pipeline, owner=people[2], contact=client.pk)
    item = make_item(pipeline, owner=boss, contact=client.pk)
    pick = give_item(item.pk, group.pk, by=SYSTEM, at=TUESDAY_NOON)
    assert (pick.user_id, pick.why) == (people[2].pk, "sticky")
    assert Event.objects.get(verb="item.assigned").diff["why"] == "sticky"


def test_who_stands_in_for_the_manager_gets_the_client(people, boss):
    group = make_group(people, boss)
    start = TUESDAY_NOON - timedelta(hours=1)
    plan_absence(
        people[2].pk,
        starts_at=start,
        ends_at=start + timedelta(days=2),
        substitute=people[1],
        by=SYSTEM,
    )
    pick = pick_owner(group.pk, ANY, at=TUESDAY_NOON, previous_id=people[2].pk)
    assert (pick.user_id, pick.why) == (people[1].pk, "sticky")


def test_nobody_fits_goes_to_duty_and_to_the_head_s_counter(people, boss):
    members = [MemberSpec(people[0].pk, sources=["avito"])]
    group = make_group(people, boss, members)
    source = Source.objects.create(code="site")
    item = make_item(make_pipeline(), owner=people[1], source=source.pk)
    pick = give_item(item.pk, group.pk, by=SYSTEM, at=TUESDAY_NOON)
    assert pick.nobody_fits
    assert Item.objects.get(pk=item.pk).owner == boss
    row = Unplaced.objects.get()
    assert row.verdicts == {str(people[0].pk): "source"}
    assert count_unplaced(boss) == len(unplaced(boss)) == 1
    assert boss.notifications.filter(kind="unplaced").exists()
    assign_owner(item.pk, to=people[0], by=SYSTEM)
    assert count_unplaced(boss) == 0


def test_somebody_always_has_it_even_when_duty_has_left(people, boss):
    owner = make_user("owner")
    group = make_group(people, boss, [MemberSpec(people[0].pk, active=False)])
    User.objects.filter(pk=boss.pk).update(is_active=False)
    assert pick_owner(group.pk, ANY, at=TUESDAY_NOON).user_id == owner.pk


def test_only_who_sets_up_may_change_a_group(people, boss):
    spec = DistributionSpec("Shop", boss.pk, [])
    with pytest.raises(Forbidden):
        save_distribution(spec, by=Actor.user(people[0]))
    group = save_distribution(spec, by=Actor.user(boss))
    with pytest.raises(InvalidInput) as refusal:
        save_distribution(DistributionSpec("", 0, [MemberSpec(0)]), by=SYSTEM)
    assert set(refusal.value.fields) == {"name", "duty", "members"}
    archive_distribution(group.pk, by=SYSTEM)
    assert distributions() == []


def test_changing_the_members_keeps_whose_turn_it_is(people, boss, django_assert_num_queries):
    group = make_group(people, boss)
    pick_owner(group.pk, ANY, at=TUESDAY_NOON)
    members = [MemberSpec(people[0].pk), MemberSpec(people[2].pk)]
    save_distribution(
        DistributionSpec("Shop", boss.pk, members), by=SYSTEM, distribution_id=group.pk
    )
    assert [m.given for m in Member.objects.all()] == [1, 0]
    assert names([pick_owner(group.pk, ANY, at=TUESDAY_NOON)]) == ["Seller 2"]
    with django_assert_num_queries(2):
        [row] = distributions()
        assert [m.user.name for m in row.members] == ["Seller 0", "Seller 2"]


def test_a_turn_costs_few_queries(people, boss, django_assert_max_num_queries):
    group = make_group(people, boss, strategy="least_loaded")
    with django_assert_max_num_queries(9):  # seven, and a savepoint that is a transaction
        pick_owner(group.pk, ANY, at=TUESDAY_NOON)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_dealt_out_evenly():
    people, boss = [make_user() for _ in range(3)], make_user("head_of_sales")
    group = make_group(people, boss)

    def take(_number):
        try:
            return pick_owner(group.pk, ANY, at=TUESDAY_NOON).user_id
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        given = Counter(pool.map(take, range(30)))
    assert set(given.values()) == {10}
