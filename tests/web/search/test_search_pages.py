"""The palette and the page of everything found, as people with different rights see them."""

import re

import pytest
from django.test import Client as Browser

from tests.clients.factories import SYSTEM, make_client
from tests.factories import make_item, make_item_type, make_pipeline
from tests.people.factories import make_role, make_user
from voronka.items.commands import win_item
from voronka.journal.actors import Actor
from voronka.journal.commands import note_reading

pytestmark = pytest.mark.django_db


def browse(user):
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.fixture
def boss():
    return make_user("owner", name="Пётр Андреев")


@pytest.fixture
def browser(boss):
    return browse(boss)


def palette(browser, text):
    answer = browser.get("/search/palette", {"q": text}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def links(page):
    return re.findall(r'role="option"[^>]*?href="([^"]+)"', page)


@pytest.mark.parametrize(
    "typed",
    [
        "иванов",
        "bdfyjd",  # the same keys in the English layout
        "ivanov",  # transliteration
        "ИВАНОВА",  # an ending
        "ванов",
        "9161234",
        "8 916 123",
        "123-45-67",
        "anna@fir",
    ],
)
def test_the_palette_finds_a_client_however_it_is_typed(browser, typed):
    client = make_client("Иванов Пётр", phones=("89161234567",), emails=("anna@firm.ru",))
    make_client("Сидорова Мария", phones=("84957654321",))
    page = palette(browser, typed)
    assert links(page)[0] == f"/clients/{client.pk}/"
    assert "Сидорова" not in page


@pytest.mark.parametrize(
    "typed", ["кухня", "кухни", "re[yz", "kuhnya", "ухн", "ель", "Ёль", "kitchens"]
)
def test_the_palette_finds_a_card_by_its_title_in_any_form(browser, typed):
    item = make_item(title="Кухня «ёль» kitchen")
    make_item(title="Шкаф")
    assert f"/cards/{item.pk}/" in links(palette(browser, typed))
    assert "Шкаф" not in palette(browser, typed)


def test_what_matched_is_marked_and_untrusted_text_stays_text(browser):
    make_client("<b>Иван</b> Петров", phones=("89161234567",))
    page = palette(browser, "петр")
    assert "<mark>Петр</mark>ов" in page
    assert "<b>" not in page
    assert "<mark>916 123</mark>" in palette(browser, "916123")
    nothing = palette(browser, "<script>alert(1)</script>")
    assert "<script>" not in nothing


def test_a_card_is_found_by_number_and_by_its_client(browser):
    client = make_client("Анна", phones=("89161234567",))
    item = make_item(title="Шкаф", contact=client.pk)
    assert f"/cards/{item.pk}/" in links(palette(browser, str(item.pk)))
    assert f"/cards/{item.pk}/" in links(palette(browser, "9161234"))


def test_before_typing_the_latest_cards_stand_and_what_can_be_begun(browser, boss):
    first, second = make_item(title="Первая"), make_item(title="Вторая")
    for item in (first, second, first):
        note_reading(item, by=Actor.user(boss))
    page = palette(browser, "")
    assert links(page)[:2] == [f"/cards/{second.pk}/", f"/cards/{first.pk}/"]
    assert "/clients/new" in links(page)


def test_places_and_deeds_are_found_in_both_languages(browser):
    make_pipeline(make_item_type("deal"))
    for typed in ("новый клиент", "new client", "ytd client", "yjdsq rk"):
        found = links(palette(browser, typed))
        assert ("/clients/new" in found) is (typed != "ytd client"), typed
    assert "/clients/duplicates/" in links(palette(browser, "дубли"))
    assert "/people/" in links(palette(browser, "people and"))


def test_a_new_card_of_a_funnel_opens_its_dialog(browser):
    pipeline = make_pipeline(make_item_type("deal"))
    page = palette(browser, "воронка")
    address = f"/cards/new?pipeline={pipeline.pk}"
    assert address in links(page)
    assert f'hx-get="{address}"' in page


def test_places_follow_the_rights():
    observer = browse(make_user("observer"))
    make_pipeline(make_item_type("deal"))
    assert "/clients/new" not in palette(observer, "клиент")
    assert "/cards/new" not in palette(observer, "воронка")
    assert "/people/" not in palette(observer, "сотрудники")
    assert "/clients/" in links(palette(observer, "клиенты"))


def test_nobody_finds_what_the_role_does_not_show():
    me = make_user(make_role(matrix={"*": {"see": "own"}, "client": {"see": "own"}}))
    make_client("Тайный Клиент", phones=("89161234567",))
    item = make_item(title="Тайная кухня")
    for typed in ("тайн", "916123", str(item.pk), f"№{item.pk}"):
        assert links(palette(browse(me), typed)) == [], typed
        assert "айн" not in browse(me).get("/search/", {"q": "916123"}).content.decode()


def test_a_card_seen_before_the_rights_were_lost_is_not_offered(boss):
    me = make_user(make_role(matrix={"*": {"see": "own"}}))
    item = make_item(title="Моя", owner=me)
    note_reading(item, by=Actor.user(me))
    assert "Моя" in palette(browse(me), "")
    item.owner = boss
    item.save(update_fields=["owner"])
    assert "Моя" not in palette(browse(me), "")


def test_the_page_shows_everything_and_leads_on_to_the_list(browser):
    for number in range(8):
        client = make_client(f"Петров {number}")
    item = make_item(title="Кухня Петрова", contact=client.pk)
    win_item(item.pk, by=SYSTEM)
    page = browser.get("/search/", {"q": "петров"}).content.decode()
    assert page.count("<mark>Петров</mark>") >= 9
    assert "Кухня" in page
    short = palette(browser, "петров")
    assert "/search/?q=%D0%BF%D0%B5%D1%82%D1%80%D0%BE%D0%B2" in short


@pytest.mark.parametrize("typed", ["", " ", "zzzzqq", "a", "%00", "'\"\\:*!&|()", "я" * 5000])
def test_nothing_found_and_odd_texts_are_answered_in_words(browser, typed):
    make_client("Анна")
    assert browser.get("/search/", {"q": typed}).status_code == 200
    assert browser.get("/search/palette", {"q": typed}).status_code == 200


def test_a_stranger_is_not_answered():
    assert Browser().get("/search/palette?q=иван").status_code == 302
    fragment = Browser().get("/search/palette?q=иван", headers={"HX-Request": "true"})
    assert fragment.status_code == 401


def test_the_palette_takes_few_queries(browser, django_assert_max_num_queries):
    client = make_client("Иванов", phones=("89161234567",))
    for number in range(6):
        make_item(title=f"Кухня Иванова {number}", contact=client.pk)
    palette(browser, "иванов")
    with django_assert_max_num_queries(16):
        palette(browser, "иванов")
    with django_assert_max_num_queries(13):
        palette(browser, "9161")
