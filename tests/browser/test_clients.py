"""Clients and the search in a real browser: the palette by keyboard, suggestions while typing."""

import re

import pytest
from playwright.sync_api import expect

from tests.clients.factories import make_client
from tests.factories import make_item, make_pipeline
from tests.people.factories import make_role, make_user
from voronka.clients.models import Client

pytestmark = pytest.mark.browser


@pytest.fixture
def boss(live_url):
    return make_user("owner", name="Марина Орлова")


def test_the_palette_opens_a_card_in_the_slider_by_keyboard_alone(page, login, boss):
    pipeline = make_pipeline()
    make_item(pipeline, owner=boss, title="Кухня угловая")
    wanted = make_item(pipeline, owner=boss, title="Кухня с островом")
    make_client("Другой Клиент", owner=boss)
    login(page, boss)
    page.goto("/clients/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Поиск")).to_be_focused()
    page.keyboard.type("re[yz c")  # кухня с, in the English layout
    options = page.locator("#palette-list [role=option]")
    expect(options.first).to_contain_text("островом")
    page.get_by_role("combobox", name="Поиск").fill("кухня")
    expect(options.nth(1)).to_contain_text("угловая")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    slider = page.locator("#slider-frame")
    expect(slider).to_contain_text("Кухня с островом")
    expect(page).to_have_url(re.compile(f"/cards/{wanted.pk}/$"))
    expect(page.locator(".palette")).to_be_hidden()


def test_the_palette_begins_a_new_client_in_the_dialog(page, login, boss):
    login(page, boss)
    page.goto("/clients/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Поиск")).to_be_focused()
    page.keyboard.type("новый кл")
    expect(page.locator("#palette-list [role=option]").first).to_contain_text("Новый кл")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog .client-new")).to_be_visible()


def test_a_known_phone_brings_its_client_while_one_types(page, login, boss):
    known = make_client("Анна Петрова", owner=boss, phones=("89161234567",))
    login(page, boss)
    page.goto("/clients/")
    page.keyboard.press("n")
    expect(page.locator("#dialog-frame")).to_be_visible()
    page.get_by_label("Имя", exact=True).fill("Аня")
    page.get_by_label("Телефон", exact=True).press_sequentially("8 916 123 45 67")
    suggestion = page.locator(".client-double")
    expect(suggestion).to_contain_text("Анна Петрова")
    suggestion.get_by_role("link").click()
    expect(page.locator("#dialog-frame")).to_be_hidden()
    expect(page.locator("#slider-frame")).to_contain_text("Анна Петрова")
    expect(page).to_have_url(re.compile(f"/clients/{known.pk}/$"))
    assert Client.objects.count() == 1


def test_contacts_are_added_and_doubles_merged_where_they_stand(page, login, boss):
    client = make_client("Анна Петрова", owner=boss)
    make_client("Аня", owner=boss, phones=("89161234567",))
    login(page, boss)
    page.goto(f"/clients/{client.pk}/")
    contacts = page.locator(".client-contacts")
    contacts.get_by_text("Добавить").click()
    contacts.get_by_role("button", name="Телефон").click()
    contacts.get_by_label("Телефон").fill("12")
    page.keyboard.press("Enter")
    expect(contacts.get_by_role("alert")).to_be_visible()
    contacts.get_by_label("Телефон").fill("8 916 123-45-67")
    page.keyboard.press("Enter")
    expect(contacts.get_by_text("+7 916 123-45-67")).to_be_visible()
    doubles = page.locator(".client-doubles")
    expect(doubles).to_contain_text("Аня")
    doubles.get_by_role("button", name="Сравнить").click()
    page.locator("#dialog").get_by_role("button", name="Объединить").click()
    expect(page.locator("#dialog-frame")).to_be_hidden()
    expect(doubles).to_have_count(0)
    assert Client.objects.alive().count() == 1


def test_a_phone_shows_whom_to_call_under_the_thumb(phone, login, boss):
    client = make_client("Анна Петрова", owner=boss, phones=("89161234567",))
    login(phone, boss)
    phone.goto(f"/clients/{client.pk}/")
    call = phone.locator(".item-thumb a")
    expect(call).to_have_attribute("href", "tel:+79161234567")
    expect(call).to_be_in_viewport()
    phone.locator("[data-item-tab=side]").click()
    expect(phone.get_by_text("Карточек пока нет")).to_be_visible()
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


def test_a_masked_phone_is_shown_by_a_click_and_stays_while_the_page_lives(page, login, live_url):
    everything = dict.fromkeys(("see", "add", "change"), "all")
    role = make_role(matrix={"client": everything}, hides_contacts=True)
    me = make_user(role)
    anna = make_client("Анна Петрова", owner=me, phones=("89161234567",))
    login(page, me)
    page.goto(f"/clients/{anna.pk}/")
    contacts = page.locator(f"#client-left-{anna.pk}")
    expect(contacts).to_contain_text("+7 ••• •••-45-67")
    expect(page.locator("body")).not_to_contain_text("123-45-67")
    contacts.get_by_role("button", name="Показать +7").click()
    expect(contacts.get_by_role("link", name="+7 916 123-45-67")).to_be_visible()
    expect(contacts).not_to_contain_text("•••")
