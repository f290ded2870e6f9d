"""Who this may be, and who is double."""

import pytest

from tests.clients.factories import SYSTEM, make_client
from tests.people.factories import make_role, make_user
from voronka.clients.commands import merge_clients, set_not_duplicates
from voronka.clients.doubles import suggested_doubles
from voronka.clients.queries import (
    by_external_id,
    doubles_of,
    family_ids,
    recognise,
)

pytestmark = pytest.mark.django_db


def test_an_exact_contact_is_surer_than_a_name(django_assert_num_queries):
    by_phone = make_client("Somebody Else", phones=("89161234567",))
    by_name = make_client("Иванов Иван")
    make_client("Пётр Сидоров")
    with django_assert_num_queries(2):
        matches = recognise(None, points=[("phone", "+79161234567")], name="Иван Иванов")
    assert [(m.client.pk, m.reason) for m in matches] == [
        (by_phone.pk, "phone"),
        (by_name.pk, "name"),
    ]
    assert matches[0].confidence > matches[1].confidence


def test_the_same_name_at_the_same_company_is_surer(django_assert_num_queries):
    company = make_client("ООО «Ромашка»", kind="company")
    there = make_client("Иванов Иван", company=company)
    make_client("Иванов Иван")
    with django_assert_num_queries(2):
        first, second = recognise(None, name="Иванов Иван", company="Ромашка")
    assert (first.client.pk, first.reason) == (there.pk, "name_at_company")
    assert second.confidence < first.confidence


def test_a_typo_and_the_legal_form_do_not_hide_a_company():
    company = make_client("ООО «Ромашка-Сервис»", kind="company")
    [match] = recognise(None, name="ромашка сервисс", kind="company")
    assert match.client == company


def test_a_taxpayer_number_is_the_surest():
    company = make_client("Anything", kind="company", inn="7707083893")
    [match] = recognise(None, inn="7707083893", name="Other name")
    assert (match.client, match.reason) == (company, "inn")


def test_one_is_told_only_of_clients_one_may_see():
    seller = make_user(make_role(matrix={"client": {"see": "own"}}))
    make_client("Иванов Иван", phones=("89161234567",))
    points = [("phone", "+79161234567")]
    assert recognise(seller, points=points, name="Иванов Иван") == []
    assert recognise(None, points=points)


def test_those_told_apart_are_not_offered_again():
    boss = make_user("owner")
    one = make_client("Anna", phones=("89161234567",))
    two = make_client("Maria", phones=("89161234567",))
    assert [m.client for m in doubles_of(one, boss)] == [two]
    [pair] = suggested_doubles(boss)
    assert (pair.first, pair.second, pair.reason) == (one, two, "phone")
    set_not_duplicates(two.pk, one.pk, by=SYSTEM)
    assert doubles_of(one, boss) == []
    assert suggested_doubles(boss) == []


def test_merged_clients_are_known_by_their_keeper():
    keeper, absorbed = make_client(), make_client(external_id="1C-7", phones=("89161234567",))
    merge_clients(keeper.pk, absorbed.pk, by=SYSTEM)
    assert by_external_id("person", "1C-7") == keeper
    assert [m.client for m in recognise(None, points=[("phone", "+79161234567")])] == [keeper]
    assert family_ids(keeper) == [keeper.pk, absorbed.pk]


def test_the_queue_takes_a_steady_number_of_queries(django_assert_num_queries):
    boss = make_user("owner")
    for n in range(4):
        make_client(phones=(f"8916123456{n}",))
        make_client(phones=(f"8916123456{n}",))
    assert boss.access
    with django_assert_num_queries(6):
        assert len(suggested_doubles(boss)) == 4


def test_one_name_with_two_taxpayer_numbers_means_two_companies():
    boss = make_user("owner")
    one = make_client("ООО «Мозаика»", kind="company", inn="7707083893")
    make_client("ООО «Мозаика»", kind="company", inn="5003052454")
    assert suggested_doubles(boss) == []
    assert doubles_of(one, boss) == []
    first, second = (make_client("ООО «Мозаика»", kind="company") for _number in range(2))
    [pair] = suggested_doubles(boss)
    assert (pair.first, pair.second) == (first, second)
    assert {m.client for m in doubles_of(one, boss)} == {first, second}
