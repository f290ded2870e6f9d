"""The funnel editor in Chromium: drag, keys, passport, an heir, a required field on the card."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from tests.factories import make_field, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_user
from voronka.items.models import StageVisit
from voronka.pipelines.models import Pipeline

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pipeline(live_url):
    return make_pipeline(make_item_type("deal"), stages=3)


@pytest.fixture
def editor(page, login, pipeline):
    """The funnel's page, open before the owner."""
    owner, address = make_user("owner"), f"/setup/funnels/{pipeline.pk}/"
    client = Client()
    client.force_login(owner)
    client.get(address)  # loads templates and the words of naming: seconds when busy
    login(page, owner)
    page.goto(address)
    page.wait_for_function("!!customElements.get('funnel-table')")
    return page


def columns(page):
    return page.locator("[data-stage]").evaluate_all("all => all.map(one => one.dataset.stage)")


def expect_columns(page, *codes):
    page.wait_for_function(
        "codes => [...document.querySelectorAll('[data-stage]')]"
        ".map(one => one.dataset.stage).join() === codes && !document.querySelector('.ghost')",
        arg=",".join(codes),
    )


def changes_are_saved(page, count):
    page.locator(".draft-state", has_text=f"{count} измен").wait_for()


def publish(page):
    page.get_by_role("button", name="Опубликовать…").click()
    page.locator("#dialog").get_by_role("button", name="Опубликовать").click()
    page.locator(".draft-state", has_text="Опубликовано").wait_for()


def test_a_stage_is_dragged_to_another_place_and_moved_by_keys(editor, pipeline):
    box = editor.locator("#stage-s1 .column-title").bounding_box()
    goal = editor.locator("#stage-s2").bounding_box()
    editor.mouse.move(box["x"] + 8, box["y"] + 10)
    editor.mouse.down()
    editor.mouse.move(box["x"] + 60, box["y"] + 14, steps=4)
    editor.mouse.move(goal["x"] + goal["width"] - 30, goal["y"] + 20, steps=8)
    editor.mouse.up()
    expect_columns(editor, "s2", "s1", "s3", "won", "lost")
    changes_are_saved(editor, 1)
    editor.locator("#stage-s1 .grip").focus()
    editor.keyboard.press("ArrowRight")
    expect_columns(editor, "s2", "s3", "s1", "won", "lost")
    editor.keyboard.press("ArrowRight")  # won stays behind
    assert columns(editor) == ["s2", "s3", "s1", "won", "lost"]
    assert editor.evaluate("document.activeElement.closest('[data-stage]').dataset.stage") == "s1"
    publish(editor)
    assert list(pipeline.stages.values_list("code", flat=True))[:3] == ["s2", "s3", "s1"]


def test_a_new_stage_gets_a_better_name_and_a_passport(editor, pipeline):
    editor.get_by_label("Новая стадия").fill("Отправка КП")
    editor.keyboard.press("Enter")
    column = editor.locator("#stage-otpravka_kp")
    column.get_by_role("button", name="КП отправлено").click()
    editor.wait_for_function(
        "document.querySelector('#stage-otpravka_kp .stage-name')?.defaultValue === 'КП отправлено'"
    )
    expect(column.locator(".stage-share")).to_have_text("0 %")
    column.locator(".stage-share").click()
    form = editor.locator(".passport")
    form.locator("[name=goal_ru]").fill("Клиент понял предложение")
    form.locator("[name=deadline]").fill("2")
    form.locator("#steps [data-add]").click()
    expect(form.locator("#steps :focus")).to_be_visible()
    editor.keyboard.type("Позвонить в день отправки")
    form.locator("#criteria [data-add]").click()
    expect(form.locator("#criteria :focus")).to_be_visible()
    editor.keyboard.type("Клиент ответил")
    form.get_by_role("button", name="Сохранить в черновик").click()
    editor.locator("#slider-frame").wait_for(state="hidden")
    expect(column.locator(".stage-share")).to_have_text("50 %")
    publish(editor)
    made = stage(pipeline, "otpravka_kp")
    assert (str(made.name), made.deadline_minutes) == ("КП отправлено", 960)
    assert made.exit_criteria[0]["text"] == {"ru": "Клиент ответил"}


def test_a_stage_with_cards_goes_to_its_heir_with_them_and_their_history(editor, pipeline):
    item = make_item(pipeline)
    editor.locator("#stage-s1 .stage-menu summary").click()
    editor.get_by_role("button", name="Убрать стадию").click()
    dialog = editor.locator("#dialog")
    dialog.get_by_text("1 открытая карточка").wait_for()
    dialog.get_by_label("Карточки и история переходят в").select_option("s3")
    dialog.get_by_role("button", name="Убрать из черновика").click()
    editor.locator("#gone-s1").wait_for()
    item.refresh_from_db()
    assert item.stage.code == "s1"
    publish(editor)
    expect_columns(editor, "s2", "s3", "won", "lost")
    item.refresh_from_db()
    assert item.stage.code == "s3"
    assert [v.stage.code for v in StageVisit.objects.filter(item=item)] == ["s3"]


def test_a_field_required_on_its_page_is_asked_for_on_the_card(editor, pipeline):
    make_field(pipeline.item_type, "area", "number")
    item = make_item(pipeline, title="Кухня")
    editor.goto(f"/setup/fields/?type={pipeline.item_type.code}")
    editor.get_by_role("link", name="area").click()
    form = editor.locator(".field-form")
    form.locator(f"[name='asked:{pipeline.code}']").select_option("s2")
    form.get_by_role("button", name="Сохранить").click()
    editor.get_by_text("обязательно в 1 воронке").wait_for()
    editor.goto(f"/cards/{item.pk}/")
    editor.locator(".stage-bar [data-stage=s2]").click()
    dialog = editor.locator("#dialog")
    dialog.locator("[name=f-area]").fill("12")
    dialog.locator("button.btn-primary").click()
    editor.locator(".stage-bar .current [data-stage=s2]").wait_for()
    item.refresh_from_db()
    assert (item.stage.code, item.values) == ("s2", {"area": 12})


def test_a_field_is_dragged_into_another_section(editor, pipeline):
    field = make_field(pipeline.item_type, "area", "number")
    other = pipeline.item_type.sections.create(code="other", name={"ru": "Иное"}, position=5)
    editor.goto(f"/setup/fields/?type={pipeline.item_type.code}")
    editor.wait_for_function("!!customElements.get('sort-list')")
    grip = editor.locator(f"#field-{field.pk} [data-grip]")
    grip.hover()
    box = grip.bounding_box()
    goal = editor.locator(f"#fields-{other.pk}").bounding_box()
    editor.mouse.down()
    editor.mouse.move(box["x"] + 10, box["y"] + 30, steps=4)
    editor.mouse.move(goal["x"] + 60, goal["y"] + 6, steps=8)
    editor.mouse.up()
    editor.locator(f"#fields-{other.pk} #field-{field.pk}").wait_for()
    editor.wait_for_function("!document.querySelector('.progress-line.on')")
    field.refresh_from_db()
    assert field.section_id == other.pk


def test_on_a_phone_a_stage_is_renamed_where_it_stands(phone, login, pipeline):
    login(phone, make_user("owner"))
    phone.goto(f"/setup/funnels/{pipeline.pk}/")
    name = phone.locator("#stage-s1 .stage-name")
    name.fill("Контакт установлен")
    name.press("Enter")
    phone.locator(".draft-state", has_text="1 измен").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert str(Pipeline.objects.get(pk=pipeline.pk).stages.first().name) == "Этап 1"


def test_the_sample_follows_the_field_while_it_is_written(editor, pipeline):
    make_field(pipeline.item_type, "area", "number")
    editor.goto(f"/setup/fields/new/?type={pipeline.item_type.code}")
    form = editor.locator(".field-form")
    form.locator("[name=name_ru]").fill("Площадь")
    form.locator("label", has_text="Да или нет").click()
    sample = form.locator(".field-sample-one")
    expect(sample).to_contain_text("Площадь")
    expect(sample.get_by_text("Да", exact=True)).to_be_visible()
