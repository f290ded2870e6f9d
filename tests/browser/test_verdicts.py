"""The head judges losses by keys, and on a phone with the thumb."""

import pytest
from playwright.sync_api import expect

from tests.web.verdicts.scene import Team
from voronka.automation.models import LossVerdict

pytestmark = pytest.mark.browser


@pytest.fixture
def team(live_url):
    team = Team()
    team.lose("Кухня до потолка", "Нашли дешевле")
    team.lose("Шкаф-купе")
    return team


def test_losses_are_judged_by_keys_and_the_next_one_opens(page, login, team):
    login(page, team.head)
    page.goto("/verdicts/")
    title = page.locator(".verdict h2")
    expect(title).to_have_text("Кухня до потолка")
    page.keyboard.press("r")
    dialog = page.locator("#dialog")
    dialog.get_by_role("button", name="Вернуть в работу").click()
    expect(dialog.get_by_text("Выберите, что было не так")).to_be_visible()
    dialog.get_by_label("Долго отвечали").check()
    dialog.get_by_label("Что сделать сейчас").fill("Позвонить сегодня")
    dialog.get_by_role("button", name="Вернуть в работу").click()
    expect(title).to_have_text("Шкаф-купе")
    page.keyboard.press("c")
    expect(page.get_by_text("Проверять нечего")).to_be_visible()
    states = LossVerdict.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["returned", "confirmed"]


def test_hints_show_the_letters_of_the_layout_one_types_in(page, login, team):
    login(page, team.head)
    page.goto("/verdicts/")
    hint = page.get_by_role("button", name="Вернуть в работу").locator("kbd")
    expect(hint).to_have_text("R")
    key = {"key": "к", "code": "KeyR", "bubbles": True}
    page.evaluate("key => document.body.dispatchEvent(new KeyboardEvent('keydown', key))", key)
    expect(page.locator("#dialog")).to_contain_text("Вернуть в работу")
    page.keyboard.press("Escape")
    expect(hint).to_have_text("К")
    page.reload()
    expect(hint).to_have_text("К")
    page.keyboard.press("x")
    expect(hint).to_have_text("R")


def test_on_a_phone_the_buttons_lie_under_the_thumb(phone, login, team):
    login(phone, team.head)
    phone.goto("/verdicts/")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    button = phone.get_by_role("button", name="Другая причина")
    box = button.bounding_box()
    assert box["height"] >= 44
    assert box["y"] + box["height"] <= 844
    button.tap()
    dialog = phone.locator("#dialog")
    dialog.get_by_label(str(team.other)).check()
    dialog.get_by_role("button", name="Исправить").tap()
    expect(phone.locator(".verdict h2")).to_have_text("Шкаф-купе")
    assert LossVerdict.objects.get(state="wrong_reason").item.loss_reason == team.other
