"""Set-up lists in a real browser: a row edited where it stands, an order kept by keys."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from tests.people.factories import make_user
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.pipelines.commands.sources import save_source
from voronka.pipelines.models import Source
from voronka.pipelines.specs import SourceSpec
from voronka.products.commands import ProductSpec, save_product
from voronka.products.models import Product

pytestmark = pytest.mark.browser
BY = Actor.system()


def test_a_price_is_changed_in_its_row_and_a_mistake_stays_beside_its_field(page, login, live_url):
    save_product(ProductSpec("KUH", LocalText("Кухня", ""), "Кухни", "м", Decimal(100)), by=BY)
    login(page, make_user("owner"))
    page.goto("/products/")
    page.get_by_role("row", name="KUH").dblclick()
    price = page.get_by_label("Цена, ₽")
    price.fill("дорого")
    page.keyboard.press("Enter")
    expect(page.locator(".product-form .field-error")).to_be_visible()
    expect(price).to_have_value("дорого")
    price.fill("120,50")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="KUH")).to_contain_text("120,50")
    assert Product.objects.get().price == Decimal("120.50")
    page.get_by_role("row", name="KUH").hover()
    page.get_by_role("button", name="Убрать в архив").click()
    expect(page.get_by_role("row", name="KUH")).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="Отменить").last.click()
    expect(page.get_by_role("row", name="KUH")).to_be_visible()


def test_sources_are_put_in_order_by_keys_and_edited_in_a_dialog(page, login, live_url):
    for code, name in (("site", "Сайт"), ("phone", "Звонок")):
        save_source(SourceSpec(code, LocalText(name, "")), by=BY)
    login(page, make_user("owner"))
    page.goto("/sources/")
    handle = page.get_by_role("button", name="Переставить «Звонок»")
    handle.focus()
    with page.expect_response("**/sources/order/"):
        page.keyboard.press("ArrowUp")
    expect(page.locator("sort-list .row-item").first).to_contain_text("Звонок")
    assert [s.code for s in Source.objects.all()] == ["phone", "site"]
    page.get_by_role("button", name="Изменить: Сайт").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Название по-русски").fill("Наш сайт")
    dialog.get_by_role("button", name="Сохранить").click()
    expect(page.locator("sort-list")).to_contain_text("Наш сайт")
