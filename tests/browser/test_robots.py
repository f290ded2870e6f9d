"""The robots editor in Chromium: a robot made by a head of sales fires and tells its run."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from tests.automation.factories import make_robot
from tests.browser.conftest import PHONE
from tests.factories import SYSTEM, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_user
from voronka.automation.models import Robot
from voronka.automation.worker import drain
from voronka.items.commands import move_item
from voronka.timeline.models import Notification

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pipeline(live_url):
    return make_pipeline(make_item_type("deal"), stages=3)


@pytest.fixture
def head():
    return make_user("head_of_sales")


@pytest.fixture
def address(pipeline, head):
    """The page of the funnel's robots, with its templates loaded."""
    address = f"/setup/robots/{pipeline.pk}/"
    client = Client()
    client.force_login(head)
    client.get(address)
    client.get(f"{address}new/?starter=silence")
    return address


@pytest.fixture
def editor(page, login, head, address):
    """The robots' page, open before the head of sales."""
    login(page, head)
    page.goto(address)
    page.wait_for_function("!!customElements.get('robot-board')")
    return page


def add_to(page, code):
    page.locator(f".column:has([data-robots='{code}']) .quick-add").click()
    page.locator("#slider #r-trigger").wait_for()


def test_a_robot_of_three_choices_fires_when_a_card_comes_and_shows_its_run(editor, pipeline, head):
    item = make_item(pipeline, owner=head, title="Кухня Ивановых")
    add_to(editor, "s2")
    editor.locator("#r-name-ru").fill("Сообщить о КП")
    editor.locator("#r-trigger").select_option("stage_entered")
    editor.locator("#r-t-stages").wait_for(state="attached")
    editor.locator("#r-add-action").click()
    editor.get_by_role("button", name="Уведомить", exact=True).click()
    editor.locator("#r-a0-text-ru").fill("Пришло КП: ")
    editor.locator(".words-input summary").click()
    editor.locator("[data-insert='{title}']").click()
    expect(editor.locator("#robot-said")).to_contain_text("«Пришло КП: ‹Название›»")
    editor.get_by_role("button", name="Сохранить").click()
    card = editor.locator("[data-robots='s2'] [data-robot]")
    expect(card).to_contain_text("ещё не срабатывал")
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    drain()
    card.locator(".robot-counts").click()
    expect(editor.locator("#slider .robot-run")).to_contain_text("Кухня Ивановых")
    expect(editor.locator("#slider .robot-run")).to_contain_text("Сделано")


def test_silence_becomes_a_task_and_a_notice_in_two_clicks(editor, head):
    add_to(editor, "s1")
    editor.get_by_role("link", name="Тишина → задача и уведомление").click()
    expect(editor.locator("#r-t-after")).to_have_value("3")
    editor.get_by_role("button", name="Сохранить").click()
    card = editor.locator("[data-robots='s1'] [data-robot]")
    expect(card).to_contain_text("3 рабочих дня")
    made = Robot.objects.get()
    assert [action["action"] for action in made.actions] == ["schedule_activity", "notify"]
    assert made.actions[1]["with"]["who"] == [f"user:{head.email}"]


def test_what_is_typed_while_the_form_is_drawn_anew_stays(editor):
    add_to(editor, "s1")
    held = []
    editor.route("**/setup/robots/draw/", lambda route: held.append(route))
    with editor.expect_request("**/setup/robots/draw/"):
        editor.locator("#r-trigger").select_option("silence")
    editor.locator("#r-name-ru").fill("Набрано тем временем")
    held[0].continue_()
    editor.locator("#r-t-after").wait_for()
    expect(editor.locator("#r-name-ru")).to_have_value("Набрано тем временем")


def test_a_robot_is_copied_by_its_menu_and_put_in_order_by_keys(editor, pipeline):
    make_robot(stage(pipeline, "s1"), code="first")
    make_robot(stage(pipeline, "s1"), code="second")
    editor.reload()
    with editor.expect_response("**/arrange/"):
        editor.locator("[data-robot='first'] .grip").press("ArrowDown")
    editor.wait_for_function(
        "() => [...document.querySelectorAll(\"[data-robots='s1'] [data-robot]\")]"
        ".map(one => one.dataset.robot).join() === 'second,first'"
    )
    editor.locator("[data-robot='first'] .meta summary").click()
    editor.get_by_role("button", name="Копировать или перенести на стадию").click()
    editor.locator("#copy-column").select_option("s3")
    editor.locator("#dialog").get_by_role("button", name="Копировать").click()
    expect(editor.locator("[data-robots='s3'] [data-robot]")).to_have_count(1)
    assert list(Robot.objects.values_list("code", flat=True)[:2]) == ["second", "first"]


def test_a_robot_is_dragged_to_another_stage_and_copied_with_ctrl(editor, pipeline):
    make_robot(stage(pipeline, "s1"), code="first")
    editor.reload()
    card = editor.locator("[data-robots='s1'] [data-robot='first']")
    start = card.bounding_box()
    end = editor.locator("[data-robots='s2']").bounding_box()
    with editor.expect_response("**/arrange/"):
        editor.mouse.move(start["x"] + 60, start["y"] + 40)
        editor.mouse.down()
        editor.mouse.move(start["x"] + 90, start["y"] + 50, steps=4)
        editor.mouse.move(end["x"] + end["width"] / 2, end["y"] + 20, steps=12)
        expect(editor.locator("[data-robots='s2'] .ghost")).to_have_count(1)
        editor.keyboard.down("Control")
        editor.mouse.move(end["x"] + end["width"] / 2, end["y"] + 24, steps=2)
        editor.mouse.up()
        editor.keyboard.up("Control")
    expect(editor.locator("[data-robots='s1'] [data-robot]")).to_have_count(1)
    expect(editor.locator("[data-robots='s2'] [data-robot]")).to_have_count(1)
    assert sorted(Robot.objects.values_list("stage__code", flat=True)) == ["s1", "s2"]


def test_by_keys_a_robot_goes_to_the_next_stage_and_is_copied_with_ctrl(editor, pipeline):
    make_robot(stage(pipeline, "s1"), code="first")
    editor.reload()
    with editor.expect_response("**/arrange/"):
        editor.locator("[data-robot='first'] [data-grip]").press("ArrowRight")
    expect(editor.locator("[data-robots='s2'] [data-robot='first'] [data-grip]")).to_be_focused()
    with editor.expect_response("**/arrange/"):
        editor.keyboard.press("Control+ArrowRight")
    expect(editor.locator("[data-robots='s3'] [data-robot] [data-grip]")).to_be_focused()
    expect(editor.locator("[data-robots='s2'] [data-robot='first']")).to_have_count(1)
    assert sorted(Robot.objects.values_list("stage__code", flat=True)) == ["s2", "s3"]


def test_the_form_opened_by_its_address_opens_no_second_one_over_itself(editor, address):
    editor.goto(f"{address}new/")
    editor.get_by_role("link", name="Тишина").click()
    editor.wait_for_url("**/new/?*starter=silence*")
    expect(editor.locator("#robot-form")).to_have_count(1)
    expect(editor.locator("#r-name-ru")).not_to_have_value("")


def test_on_a_phone_the_form_fits_the_screen(open_page, login, head, address):
    page = open_page(viewport=PHONE)
    login(page, head)
    page.goto(f"{address}new/?starter=silence")
    page.locator("#r-t-after").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_branch_is_built_and_sends_each_card_its_way(editor, pipeline, head):
    editor.set_viewport_size({"width": 1280, "height": 1800})  # scrolling would close a menu
    add_to(editor, "")
    editor.locator("#r-name-ru").fill("Развилка")
    editor.locator("#r-trigger").select_option("created")
    editor.locator("#r-add-action").click()
    editor.get_by_role("button", name="Если … то … иначе").click()
    editor.locator("#r-a0-if-root-add").click()
    editor.locator("#r-a0-if-0-fact").select_option("amount")
    editor.locator("#r-a0-if-0-op").select_option("greater")
    editor.locator("#r-a0-if-0-value").fill("1000")
    for way, text in (("then", "Крупный"), ("otherwise", "Обычный")):
        editor.locator(f"#r-add-a0-{way}").click()
        menu = editor.locator(f"details:has(#r-add-a0-{way})")
        menu.get_by_role("button", name="Уведомить", exact=True).click()
        editor.locator(f"#r-a0-{way}-a0-text-ru").fill(text)
    expect(editor.locator("#robot-said")).to_contain_text("«Крупный», иначе")
    editor.get_by_role("button", name="Сохранить").click()
    expect(editor.locator("[data-robot]")).to_contain_text("больше 1 000")
    make_item(pipeline, owner=head, amount=5)
    drain()
    assert Notification.objects.get(kind="robot").text == "Обычный"
    editor.locator("[data-robot] .robot-counts").click()
    expect(editor.locator("#slider .robot-run .judged")).to_contain_text("больше 1 000")


def test_actions_change_places_inside_their_branch_alone(editor, pipeline):
    tell = [{"notify": {"text": text}} for text in ("Раз", "Два")]
    asked = {"fact": "amount", "op": "filled"}
    robot = make_robot(
        pipeline, "created", ("branch", {"conditions": asked, "then": tell}), ("watch", {})
    )
    editor.reload()
    editor.locator("[data-robot] .title").click()
    grips = editor.locator("#slider .deed-way .robot-deed [data-grip]")
    grips.first.press("ArrowDown")
    expect(editor.locator("#slider .deed-way textarea.in-ru").first).to_have_value("Два")
    editor.get_by_role("button", name="Сохранить").click()
    expect(editor.locator("#slider")).to_be_hidden()
    robot.refresh_from_db()
    assert [one["action"] for one in robot.actions] == ["branch", "watch"]
    texts = [one["notify"]["text"] for one in robot.actions[0]["with"]["then"]]
    assert texts == ["Два", "Раз"]
