"""The list in a real browser: columns, many cards at once, a cell, the keys."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories import SYSTEM, make_field, make_item, make_pipeline, stage
from tests.people.factories import make_user
from voronka.items.commands import bulk, edit_item, move_item
from voronka.items.models import BulkRun, Item

pytestmark = pytest.mark.browser


@pytest.fixture
def boss(live_url):
    return make_user("owner", name="Анна Ким")


@pytest.fixture
def pipeline(boss):
    pipeline = make_pipeline(reasons=True)
    make_field(pipeline.item_type, "area", "number")
    for n in range(1, 4):
        make_item(pipeline, owner=boss, title=f"Кухня 1{n}", amount=n * 1000, area=str(n))
    return pipeline


def open_list(page, login, user, pipeline, query=""):
    login(page, user)
    page.goto(f"/list/{pipeline.pk}/{query}", timeout=30_000)  # the first page of a run is cold
    expect(page.locator("tbody tr[data-id]").first).to_be_visible()


def test_columns_are_chosen_and_many_cards_change_hands_and_come_back(page, login, boss, pipeline):
    heir = make_user("manager", name="Борис Юн")
    open_list(page, login, boss, pipeline)
    page.get_by_role("button", name="Столбцы").click()
    page.locator("column-order").get_by_label("area").check()
    page.locator("#dialog").get_by_role("button", name="Показать").click()
    expect(page.locator("th[data-code=area]")).to_be_visible()
    expect(page.locator("td[data-code=area]").first).to_have_text("3")

    page.get_by_label("Выбрать показанные карточки").check()
    page.locator("tbody .check").last.uncheck()
    bar = page.locator("[data-bulk]")
    expect(bar.locator("[data-picked]")).to_have_text("2")
    bar.get_by_role("button", name="Передать").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Передать 2 карточки")
    dialog.locator("app-select").click()
    dialog.locator(".ts-dropdown .option", has_text="Борис Юн").click()
    dialog.locator("[name=go]").click()
    expect(dialog).to_contain_text("Сделано: 2")
    expect(page.locator("td[data-code=owner]", has_text="Борис Юн")).to_have_count(2)
    assert Item.objects.filter(owner=heir).count() == 2
    dialog.get_by_role("button", name="Отменить всё").click()
    expect(dialog).to_contain_text("2 карточки вернулись")
    expect(page.locator("td[data-code=owner]", has_text="Борис Юн")).to_have_count(0)
    assert not Item.objects.filter(owner=heir).exists()


def test_a_cell_keeps_what_was_refused_and_a_stage_asks_its_gate(page, login, boss, pipeline):
    second = stage(pipeline, "s2")
    second.required = ["area"]
    second.save()
    bare = make_item(pipeline, owner=boss, title="Шкаф")
    open_list(page, login, boss, pipeline)
    row = page.locator(f"#row-{bare.pk}")
    row.locator("[data-code=amount] button").click()
    box = row.locator("[name=f-amount]")
    box.fill("много")
    box.press("Enter")
    expect(row.locator(".field-error")).to_be_visible()
    expect(row.locator("[name=f-amount]")).to_have_value("много")
    row.locator("[name=f-amount]").fill("2500")
    row.locator("[name=f-amount]").press("Enter")
    expect(row.locator("td[data-code=amount] > button")).to_have_text("2\u202f500")

    row.locator("[data-code=stage] button").click()
    row.locator("[name=stage]").select_option(str(second.pk))
    dialog = page.locator("#dialog")
    dialog.locator("[name=f-area]").fill("12")
    dialog.get_by_role("button", name="Сохранить и перейти").click()
    expect(row.locator("td[data-code=stage] > button")).to_have_text("Этап 2")


def test_keys_walk_tick_and_open_and_the_chips_narrow(page, login, boss, pipeline):
    open_list(page, login, boss, pipeline, "?sort=title")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("tr.cursor .check")).to_be_checked()
    expect(page.locator("tr.cursor")).to_contain_text("Кухня 12")
    page.keyboard.press("Enter")
    expect(page.locator("#slider")).to_contain_text("Кухня 12")
    page.keyboard.press("Escape")
    expect(page.locator("#slider-frame")).not_to_be_visible()
    page.locator("#filter-text input[name=q]").fill("кухня 13")
    expect(page.locator("tbody tr[data-id]")).to_have_count(1)
    page.locator("#filter-chips").get_by_text("Зависшие").click()
    expect(page.get_by_role("heading", name="Ничего не подошло")).to_be_visible()
    expect(page.locator("#filter-text input[name=q]")).to_have_value("кухня 13")


def test_what_others_do_arrives_by_itself(page, login, boss, pipeline):
    open_list(page, login, boss, pipeline, "?stage=" + str(stage(pipeline, "s1").pk))
    first, second, *_others = Item.objects.order_by("pk")
    edit_item(first.pk, {"title": "Кухня с островом"}, by=SYSTEM)
    row = page.locator(f"#row-{first.pk}")
    expect(row).to_contain_text("Кухня с островом")
    move_item(second.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    expect(page.locator(f"#row-{second.pk}")).to_have_class(re.compile("gone"))
    make_item(pipeline, owner=boss, title="Совсем новая")
    newer = page.locator("[data-newer]")
    expect(newer).to_contain_text("1")
    newer.click()
    expect(page.locator("tbody tr[data-id]", has_text="Совсем новая")).to_be_visible()
    expect(page.locator(f"#row-{second.pk}")).to_have_count(0)
    expect(newer).to_be_hidden()


def test_a_row_that_is_being_edited_waits_for_the_others(page, login, boss, pipeline):
    open_list(page, login, boss, pipeline)
    item = Item.objects.order_by("pk")[0]
    row = page.locator(f"#row-{item.pk}")
    row.locator("td[data-code=amount] button").first.click()
    box = row.locator("td.editing input:not([type=hidden])")
    box.fill("777")
    edit_item(item.pk, {"title": "Изменена соседом"}, by=SYSTEM)
    edit_item(item.pk + 1, {"title": "И эта тоже"}, by=SYSTEM)
    expect(page.locator(f"#row-{item.pk + 1}")).to_contain_text("И эта тоже")
    expect(box).to_have_value("777")  # what is typed stays
    page.keyboard.press("Escape")
    expect(row).to_contain_text("Изменена соседом")


def test_a_long_bulk_action_shows_how_far_it_is_and_then_its_report(
    page, login, boss, pipeline, monkeypatch
):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    open_list(page, login, boss, pipeline)
    page.get_by_label("Выбрать показанные карточки").check()
    page.locator("[data-bulk]").get_by_role("button", name="Перенести").click()
    dialog = page.locator("#dialog")
    dialog.locator("#bulk-stage").select_option(label=str(stage(pipeline, "s2")))
    dialog.locator("[name=go]").click()
    expect(dialog.get_by_role("status")).to_contain_text("0 / 3")
    expect(dialog).to_contain_text("Можно уйти")
    bulk.work_on_bulk(BulkRun.objects.get().pk)  # the worker
    expect(dialog).to_contain_text("Сделано: 3")
    expect(page.locator("td[data-code=stage]", has_text=str(stage(pipeline, "s2")))).to_have_count(
        3
    )
