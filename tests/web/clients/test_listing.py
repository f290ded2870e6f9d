"""The list of clients: what it shows, to whom, and how few queries it takes."""

import re

import pytest

from tests.clients.factories import SYSTEM, make_client
from tests.factories import make_item, make_item_type, make_pipeline
from tests.people.factories import make_role, make_user
from tests.web.clients.conftest import browse, queries_of
from voronka.clients.listing import PAGE
from voronka.clients.models import Client
from voronka.items.commands import win_item

pytestmark = pytest.mark.django_db


def names(browser, query=""):
    page = browser.get(f"/clients/{query}").content.decode()
    return re.findall(r'data-slider title="([^"]+)">[^<]+</a></span></td>', page)


def test_a_row_tells_how_to_reach_a_client_and_what_it_is_worth(browser, boss):
    pipeline = make_pipeline(make_item_type("deal"))
    company = make_client("ООО «Уют»", kind="company", owner=boss)
    person = make_client(
        "Анна Петрова", owner=boss, phones=("89161234567",), emails=("anna@uyut.ru",),
        company=company,
    )  # fmt: skip
    make_item(pipeline, owner=boss, contact=person.pk, amount=150_000)
    for _deal in range(2):
        won = make_item(pipeline, owner=boss, contact=person.pk, amount=40_000)
        win_item(won.pk, by=SYSTEM)
    page = browser.get("/clients/?kind=person").content.decode().replace("\u202f", " ")
    assert "+7 916 123-45-67" in page
    assert "anna@uyut.ru" in page
    assert "ООО «Уют»" in page
    assert "150 000" in page
    assert "<strong>80 000</strong>" in page


def test_the_list_is_searched_by_name_phone_mail_and_in_the_wrong_layout(browser):
    make_client("Иванов Иван", phones=("89161234567",), emails=("ivan@firm.ru",))
    make_client("Мария Кравец")
    for typed in ("иванов", "bdfyjd", "ivanov", "1234567", "ivan@firm", "ванов ива"):
        assert names(browser, f"?q={typed}") == ["Иванов Иван"], typed
    assert names(browser, "?q=ничего") == []


def test_the_list_is_filtered(browser, boss):
    mine = make_client("Мой", owner=boss)
    leaving = make_user()
    left = make_client("Ничей", owner=leaving, kind="company")
    make_item(owner=boss, contact=mine.pk)
    _leaves(leaving, left)
    assert names(browser, "?only=open") == ["Мой"]
    assert names(browser, "?owner=me") == ["Мой"]
    assert names(browser, "?kind=company") == ["Ничей"]
    assert names(browser, "?only=ownerless") == ["Ничей"]


def _leaves(user, client):
    """Leave a client with somebody who has gone, as an older import may."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    assert client.owner_id == user.pk


def test_those_who_share_a_contact_or_a_taxpayer_number_may_be_doubles(browser):
    make_client("Анна", phones=("89161234567",))
    make_client("Аня", phones=("+7 916 123-45-67",))
    make_client("Завод", kind="company", inn="7707083893")
    make_client("Завод 2", kind="company", inn="7707083893")
    make_client("Один", phones=("89160000001",))
    assert set(names(browser, "?only=doubles")) == {"Анна", "Аня", "Завод", "Завод 2"}


@pytest.mark.parametrize("sort", ["name", "-name", "created", "-created", "-changed"])
def test_pages_follow_each_other_without_gaps_in_every_order(browser, sort):
    owner = make_user()
    for number in range(PAGE + 7):
        make_client(f"Клиент {number % 9}", owner=owner)
    seen, query = [], f"?sort={sort}"
    while True:
        page = browser.get(f"/clients/{query}").content.decode()
        seen += [int(pk) for pk in re.findall(r'main"><span.*?href="/clients/(\d+)/"', page)]
        further = re.search(r'href="(\?[^"]+)" rel="next"', page)
        if not further:
            break
        query = further[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == Client.objects.count()


def test_a_spoilt_cursor_begins_at_the_top(browser):
    make_client("Анна")
    for cursor in ("zzz", "WyJ4IiwgMV0", "'; drop", "%00"):
        assert names(browser, f"?after={cursor}") == ["Анна"], cursor


def test_a_manager_sees_the_own_clients_only_if_the_role_says_so(office):
    own = {"client": {"see": "own"}, "*": {"see": "own"}}
    me = make_user(make_role(matrix=own), department=office)
    make_client("Мой", owner=me)
    make_client("Чужой")
    assert names(browse(me)) == ["Мой"]
    assert names(browse(me), "?q=чужой") == []


def test_who_may_see_no_clients_finds_no_list():
    nobody = make_user(make_role(matrix={"*": {"see": "all"}, "client": {"see": "none"}}))
    for address in ("/clients/", "/clients/duplicates/", "/clients/merges/"):
        assert browse(nobody).get(address).status_code == 404


def test_amounts_of_cards_that_one_may_not_see_are_not_told(manager):
    client = make_client("Анна", owner=manager)
    make_item(contact=client.pk, amount=777_000)
    page = browse(manager).get("/clients/").content.decode().replace("\u202f", " ")
    assert "Анна" in page
    assert "777 000" not in page


def test_the_buttons_follow_the_rights(boss, manager, observer):
    assert "/clients/new" in browse(manager).get("/clients/").content.decode()
    assert "/clients/new" not in browse(observer).get("/clients/").content.decode()
    assert "/imports/new" in browse(boss).get("/clients/").content.decode()
    assert "/imports/new" not in browse(manager).get("/clients/").content.decode()


def test_rows_cost_no_queries_of_their_own(browser, boss):
    company = make_client("Завод", kind="company", owner=boss)

    def add(number):
        person = make_client(f"К {number}", owner=boss, phones=(f"8916000{number:04}",))
        make_item(owner=boss, contact=person.pk, company=company.pk)

    add(1)
    few = queries_of(browser, "/clients/")
    for number in range(2, 12):
        add(number)
    assert queries_of(browser, "/clients/") == few <= 16
