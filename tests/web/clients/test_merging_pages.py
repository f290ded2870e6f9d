"""Doubles on the page: suggested with a reason, merged field by field, taken back."""

import json

import pytest

from tests.clients.factories import SYSTEM, make_client
from tests.factories import make_item
from tests.people.factories import make_role, make_user
from tests.web.clients.conftest import browse, queries_of
from voronka.clients.commands import merge_clients
from voronka.clients.models import Merge, NotDuplicate
from voronka.items.models import Item

pytestmark = pytest.mark.django_db
PHONE = "+79161234567"


@pytest.fixture
def pair(boss):
    keeper = make_client("Анна Петрова", owner=boss, phones=(PHONE,), address="Москва")
    absorbed = make_client(
        "Аня", owner=boss, phones=(PHONE,), emails=("anna@firm.ru",), address="Тверь",
        comment="Любит дуб",
    )  # fmt: skip
    return keeper, absorbed


def test_the_queue_shows_pairs_with_the_reason_and_how_sure_it_is(browser, pair):
    page = browser.get("/clients/duplicates/").content.decode()
    assert f'id="pair-{pair[0].pk}-{pair[1].pk}"' in page
    assert "+7 916 123-45-67" in page
    assert "93" in page


def test_the_dialog_previews_the_merged_client_field_by_field(browser, pair):
    keeper, absorbed = pair
    page = browser.get(f"/clients/{keeper.pk}/merge/{absorbed.pk}").content.decode()
    for choice in ("keep-name", "keep-address"):
        assert f'name="{choice}" value="keeper" checked' in page
        assert f'name="{choice}" value="absorbed"' in page
    assert "keep-comment" not in page  # only one of them has a comment: it is simply kept
    assert "Любит дуб" in page
    assert "anna@firm.ru" in page
    turned = browser.get(f"/clients/{absorbed.pk}/merge/{keeper.pk}").content.decode()
    assert turned.index("Аня") < turned.index("Анна Петрова")


def test_merging_and_taking_it_back_through_the_pages(browser, pair, boss):
    keeper, absorbed = pair
    item = make_item(owner=boss, contact=absorbed.pk)
    merged = browser.post(
        f"/clients/{keeper.pk}/merge/{absorbed.pk}",
        {"keep-name": "keeper", "keep-address": "absorbed", "keep-evil": "absorbed"},
    )
    assert merged.status_code == 204
    keeper.refresh_from_db()
    assert (keeper.name, keeper.address, keeper.comment) == ("Анна Петрова", "Тверь", "Любит дуб")
    assert Item.objects.get(pk=item.pk).contact_id == keeper.pk
    undo_url = json.loads(merged["HX-Trigger"])["toast"]["undo_url"]
    log = browser.get("/clients/merges/").content.decode()
    assert undo_url in log
    assert browser.post(undo_url).status_code == 204
    keeper.refresh_from_db()
    assert (keeper.address, keeper.comment) == ("Москва", "")
    assert Item.objects.get(pk=item.pk).contact_id == absorbed.pk
    assert undo_url not in browser.get("/clients/merges/").content.decode()


def test_an_earlier_merge_waits_until_the_later_one_is_taken_back(browser, pair, boss):
    keeper, absorbed = pair
    first = merge_clients(keeper.pk, absorbed.pk, by=SYSTEM)
    third = make_client("Анна П.", owner=boss)
    merge_clients(third.pk, keeper.pk, by=SYSTEM)
    refused = browser.post(f"/clients/merges/{first.pk}/undo", headers={"HX-Request": "true"})
    assert refused.status_code == 409
    assert refused["Voronka-Detail"]
    assert browser.get("/clients/merges/").content.decode().count("/undo") == 2


def test_two_told_apart_are_not_suggested_and_that_can_be_taken_back(browser, pair):
    keeper, absorbed = pair
    address = f"/clients/{keeper.pk}/apart/{absorbed.pk}"
    answer = browser.post(address)
    assert NotDuplicate.objects.count() == 1
    assert "client-pair" not in browser.get("/clients/duplicates/").content.decode()
    assert "client-double" not in browser.get(f"/clients/{keeper.pk}/side").content.decode()
    assert browser.get("/clients/?only=doubles").content.decode().count("data-slider title") == 0
    browser.post(json.loads(answer["HX-Trigger"])["toast"]["undo_url"])
    assert not NotDuplicate.objects.exists()
    assert "client-pair" in browser.get("/clients/duplicates/").content.decode()


def test_the_page_of_a_client_suggests_its_double(browser, pair):
    side = browser.get(f"/clients/{pair[0].pk}/side").content.decode()
    assert f"/clients/{pair[0].pk}/merge/{pair[1].pk}?from={pair[0].pk}" in side


def test_merging_a_page_away_opens_the_one_that_stays(browser, pair):
    keeper, absorbed = pair
    address = f"/clients/{keeper.pk}/merge/{absorbed.pk}"
    merged = browser.post(address, {"from": absorbed.pk})
    assert f"/clients/{keeper.pk}/" in json.loads(merged["HX-Trigger"])["slider:open"]["url"]


def test_any_client_of_the_same_kind_can_be_chosen_to_merge_with(browser, pair):
    keeper, absorbed = pair
    company = make_client("Завод", kind="company")
    base = f"/clients/{keeper.pk}/merge"
    assert browser.get(base).status_code == 200
    assert "keep-name" in browser.get(f"{base}?other={absorbed.pk}").content.decode()
    for wrong in (company.pk, keeper.pk, "0", "abc", "9" * 30):
        assert browser.get(f"{base}?other={wrong}").status_code == 422


def test_a_person_and_a_company_do_not_merge(browser, pair):
    company = make_client("Завод", kind="company")
    refused = browser.post(f"/clients/{pair[0].pk}/merge/{company.pk}")
    assert refused.status_code == 422
    assert not Merge.objects.exists()


def test_a_manager_merges_only_what_is_the_own(manager, boss):
    mine = make_client("Анна", owner=manager, phones=(PHONE,))
    other = make_client("Аня", owner=boss, phones=(PHONE,))
    browser = browse(manager)
    page = browser.get("/clients/duplicates/").content.decode()
    assert "client-pair" in page
    assert f"/clients/{mine.pk}/merge/" not in page
    refused = browser.post(f"/clients/{mine.pk}/merge/{other.pk}")
    assert refused.status_code == 422
    assert not Merge.objects.exists()
    made = merge_clients(mine.pk, other.pk, by=SYSTEM)
    assert f"/clients/merges/{made.pk}/undo" not in browser.get("/clients/merges/").content.decode()
    assert browser.post(f"/clients/merges/{made.pk}/undo").status_code == 403


def test_merges_and_doubles_of_those_one_may_not_see_are_not_shown(office, pair):
    keeper, absorbed = pair
    role = make_role(matrix={"client": {"see": "own", "change": "own"}})
    me = browse(make_user(role, department=office))
    assert "client-pair" not in me.get("/clients/duplicates/").content.decode()
    made = merge_clients(keeper.pk, absorbed.pk, by=SYSTEM)
    assert "Петрова" not in me.get("/clients/merges/").content.decode()
    assert me.post(f"/clients/merges/{made.pk}/undo").status_code == 404


def test_pairs_of_the_queue_cost_no_queries_of_their_own(browser, boss):
    def add(number):
        for name in ("А", "Б"):
            make_client(f"{name} {number}", owner=boss, phones=(f"8916000{number:04}",))

    add(1)
    few = queries_of(browser, "/clients/duplicates/")
    for number in range(2, 9):
        add(number)
    assert queries_of(browser, "/clients/duplicates/") == few <= 14
    assert browser.get("/clients/duplicates/").content.decode().count('id="pair-') == 8
