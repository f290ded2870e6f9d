"""A site form in a real browser: built, embedded in the sample page, sent, seen on the board."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.channels.forms.factories import consent, make_form
from tests.people.factories import make_user
from voronka.channels.providers.forms import provider
from voronka.channels.providers.forms.models import Form
from voronka.demo.cast import DOMAIN
from voronka.items.models import Item
from voronka.kernel.texts import LocalText

pytestmark = pytest.mark.browser
WAIT = 30_000  # ms: two browsers and the intake share one process here


def test_a_form_sent_from_the_sample_page_appears_on_the_manager_s_board(
    page, open_page, login, live_url, monkeypatch
):
    monkeypatch.setattr(provider, "FASTEST", timedelta(0))  # a test types like a robot
    make_user(email=f"owner@{DOMAIN}")
    form = make_form(consent=consent(), consent_needed=True, thanks=LocalText("Анна позвонит"))
    pipeline = form.channel.pipeline
    pipeline.stages.filter(code="s1").update(deadline_minutes=15)
    page.set_default_timeout(WAIT)
    login(page, form.channel.owner)
    page.goto(f"/board/{pipeline.pk}/")
    page.wait_for_function("customElements.get('app-board') !== undefined")

    visitor = open_page()
    visitor.set_default_timeout(WAIT)
    visitor.goto("/demo/site/?utm_source=yandex&utm_campaign=kuhni")
    inside = visitor.frame_locator(".sheet iframe")
    inside.get_by_label("Имя").fill("Елена")
    inside.get_by_label("Телефон").fill("12")
    inside.get_by_label("Согласен").check()
    inside.get_by_role("button", name="Отправить").click()
    expect(inside.locator(".field-error")).to_contain_text("не телефон", timeout=WAIT)
    expect(inside.get_by_label("Имя")).to_have_value("Елена")
    inside.get_by_label("Телефон").fill("+7 916 123-45-67")
    inside.get_by_label("Согласен").check()
    inside.get_by_role("button", name="Отправить").click()
    expect(inside.get_by_role("status")).to_contain_text("Анна позвонит", timeout=WAIT)

    item = Item.objects.get()
    card = page.locator(f"#item-{item.pk}")
    expect(card).to_contain_text("Елена", timeout=WAIT)
    expect(card.locator(".clock")).to_be_visible()
    touch = item.touches.get()
    assert touch.utm == {"utm_source": "yandex", "utm_campaign": "kuhni"}
    assert "/demo/site/" in touch.page
    assert item.clock_started_at is not None


def test_a_form_is_built_by_keys_with_a_true_preview(page, login, live_url):
    make_form(name="Another")
    login(page, make_user("owner"))
    page.goto("/setup/forms/new/?start=callback")
    preview = page.frame_locator("form-preview iframe")
    expect(preview.get_by_role("button", name="Жду звонка")).to_be_visible()
    page.get_by_role("button", name="Выпадающий список").click()
    row = page.locator(".form-row").nth(2)
    expect(row.get_by_label("О чём спросить посетителя", exact=True)).to_be_focused()
    page.keyboard.type("Какой цвет")
    row.get_by_label("Варианты, по одному в строке", exact=True).fill("Белый\nДуб")
    expect(preview.get_by_label("Какой цвет")).to_contain_text("Дуб")
    row.locator("[data-grip]").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(preview.locator(".field").first).to_contain_text("Какой цвет")
    page.get_by_role("button", name="Создать форму").click()
    expect(page.locator(".copy-block").first).to_contain_text("embed.js")
    fields = Form.objects.latest("pk").fields
    assert [one["target"] for one in fields] == ["", "name", "phone"]
    assert [c["value"] for c in fields[0]["choices"]] == ["Белый", "Дуб"]


def test_without_scripts_the_form_works_and_its_trap_is_out_of_sight(
    open_page, live_url, monkeypatch
):
    monkeypatch.setattr(provider, "FASTEST", timedelta(0))
    form = make_form()
    visitor = open_page(java_script_enabled=False, viewport={"width": 390, "height": 844})
    visitor.goto(f"/f/{form.channel.key}?lang=en")
    trap = visitor.locator("[name=_hp]")
    box = visitor.locator(".intake-hp").bounding_box()
    assert box["width"] <= 1
    expect(trap).to_have_attribute("tabindex", "-1")
    visitor.get_by_label("Phone").fill("+7 916 123-45-67")
    visitor.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("status")).to_contain_text("Thank you")
    assert Item.objects.count() == 1
