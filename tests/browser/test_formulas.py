"""Formulas in Chromium: a field that counts itself, a robot that counts what it writes (RB-12)."""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from tests.factories import make_field, make_item, make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.automation.models import Robot
from voronka.automation.worker import drain
from voronka.items.models import Item
from voronka.pipelines.models import Field

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pipeline(live_url):
    pipeline = make_pipeline(make_item_type("deal"), stages=3)
    make_field(pipeline.item_type, "cost", "money")
    return pipeline


@pytest.fixture
def owner():
    return make_user("owner")


def warm(owner, *addresses):
    """Load the templates of pages before the browser asks for them."""
    client = Client()
    client.force_login(owner)
    for address in addresses:
        client.get(address)


def test_a_field_counts_itself_after_a_formula_put_together_by_keys(page, login, pipeline, owner):
    kind = pipeline.item_type
    item = make_item(pipeline, owner=owner, title="Кухня", amount=1000, cost="400")
    address = f"/setup/fields/new/?type={kind.code}&section=main"
    card = reverse("card:show", args=[item.pk])
    warm(owner, address, card)
    login(page, owner)
    page.goto(address)
    page.wait_for_function("!!customElements.get('formula-input')")
    page.locator("#name-ru").fill("Маржа")
    page.locator("label:has(input[name=kind][value=money])").click()
    page.get_by_role("button", name="Формула", exact=True).click()
    line = page.locator("#field-formula")
    expect(line).to_be_visible()
    line.press_sequentially("amo")
    expect(page.locator("#field-formula-words [aria-selected=true]")).to_contain_text("Сумма")
    line.press("Enter")
    line.press_sequentially(" - cos")
    line.press("Tab")
    expect(line).to_have_value("amount - cost")
    expect(page.locator(".formula-tried")).to_contain_text("Кухня")
    expect(page.locator(".formula-tried dd")).to_have_text("600")
    line.fill("amount - kost")
    expect(page.locator(".formula-preview")).to_contain_text("Знак 10. Нет поля «kost»")
    page.get_by_role("button", name="Добавить поле").click()
    expect(page.locator(".formula-field.invalid .field-error").first).to_contain_text("«cost»")
    expect(line).to_have_value("amount - kost")
    line.fill("amount - cost")
    expect(page.locator(".formula-tried dd")).to_have_text("600")  # nothing moves any more
    page.get_by_role("button", name="Добавить поле").click()
    page.wait_for_url(lambda url: "new" not in url)
    made = Field.objects.exclude(formula="").get(item_type=kind)
    assert made.formula == "amount - cost"

    page.goto(card)
    page.locator(".prop[data-code='cost'] button.edit-in-place").click()
    page.locator("input[name='f-cost']").fill("300")
    page.keyboard.press("Enter")
    counted = page.locator(f".prop[data-code='{made.code}']")
    expect(counted).to_contain_text("700")
    expect(counted.locator("button.edit-in-place")).to_have_count(0)


def test_a_robot_writes_what_its_formula_counts(page, login, pipeline, owner):
    make_field(pipeline.item_type, "bonus", "money")
    address = f"/setup/robots/{pipeline.pk}/"
    warm(owner, address, f"{address}new/")
    login(page, owner)
    page.goto(address)
    page.wait_for_function("!!customElements.get('robot-board')")
    page.locator(".column:has([data-robots='s1']) .quick-add").click()
    page.locator("#slider #r-trigger").wait_for()
    page.locator("#r-name-ru").fill("Посчитать премию")
    page.locator("#r-trigger").select_option("created")
    expect(page.locator("#robot-said")).to_contain_text("создана карточка")
    page.locator("#r-add-action").click()
    page.get_by_role("button", name="Изменить поле", exact=True).click()
    page.locator("#r-a0-field").evaluate("field => { field.dataset.old = 'to be drawn anew' }")
    page.locator("#r-a0-field").select_option("bonus")
    expect(page.locator("#r-a0-field:not([data-old])")).to_have_value("bonus")
    line = page.locator("#r-a0-formula")
    line.press_sequentially("amou")
    expect(page.locator("#r-a0-formula-words [aria-selected=true]")).to_contain_text("Сумма")
    line.press("Enter")
    line.press_sequentially(" * 3%")
    expect(page.locator("#robot-said")).to_contain_text("результат формулы «amount * 3%»")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator("[data-robots='s1'] [data-robot]")).to_contain_text("amount * 3%")
    made = Robot.objects.get()
    assert made.actions[0]["with"] == {"field": "bonus", "formula": "amount * 3%"}
    item = make_item(pipeline, owner=owner, amount=2000)
    drain()
    assert Item.objects.get(pk=item.pk).values["bonus"] == "60.00"
