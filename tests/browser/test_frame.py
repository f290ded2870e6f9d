"""The frame in a real browser: log-in, theme, slider, dialog, toasts, keys, phone."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.factories import make_item
from tests.people.factories import PASSWORD, make_user
from voronka.items.commands import edit_item
from voronka.journal.actors import Actor

pytestmark = pytest.mark.browser


@pytest.fixture
def owner(live_url):
    return make_user("owner", name="Марина Орлова")


@pytest.fixture
def gallery(page, login, owner):
    login(page, owner)
    page.goto("/dev/gallery")
    return page


def test_a_person_logs_in_and_out_by_keyboard(page, owner):
    page.goto("/account/profile/")
    page.get_by_label("Почта").fill(owner.email)
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Почта")).to_have_value(owner.email)
    page.get_by_label("Пароль").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/account/profile/$"))
    page.wait_for_load_state()  # the menus are placed by a script
    page.get_by_label("Моё меню").click()
    page.get_by_role("button", name="Выйти").first.click()
    expect(page.get_by_label("Пароль")).to_be_visible()


def test_the_theme_changes_at_once_and_stays(gallery):
    def ground():
        return gallery.evaluate("getComputedStyle(document.body).backgroundColor")

    light = ground()
    gallery.get_by_label("Моё меню").click()
    with gallery.expect_response("**/account/profile/theme/") as answer:
        gallery.get_by_role("button", name="Тёмная").click()
    assert answer.value.status == 204
    assert ground() != light
    gallery.reload()
    assert ground() != light


def test_the_slider_has_an_address_and_escape_brings_back_the_page_and_its_scroll(gallery):
    gallery.evaluate("scrollTo(0, 300)")
    gallery.locator("body").press("o")
    slider = gallery.locator("#slider-frame")
    expect(slider).to_be_visible()
    expect(gallery).to_have_url(re.compile("/dev/gallery/card$"))
    assert gallery.evaluate("document.activeElement.closest('#slider-frame') !== null")
    for _press in range(30):  # focus never leaves the slider for the page underneath
        gallery.keyboard.press("Tab")
        assert gallery.evaluate(
            "document.activeElement === document.body"
            " || document.activeElement.closest('#slider-frame') !== null"
        )
    gallery.keyboard.press("Escape")
    expect(slider).to_be_hidden()
    expect(gallery).to_have_url(re.compile("/dev/gallery$"))
    assert gallery.evaluate("scrollY") == 300


def test_back_closes_the_slider_and_forward_opens_it_again(gallery):
    gallery.get_by_text("Open the slider").click()
    slider = gallery.locator("#slider-frame")
    expect(slider).to_be_visible()
    gallery.go_back()
    expect(slider).to_be_hidden()
    gallery.go_forward()
    expect(slider).to_be_visible()
    expect(gallery.locator("#slider .item-title")).to_be_visible()


def test_the_address_of_a_slider_is_a_page_of_its_own_and_back_leads_home(gallery):
    gallery.get_by_text("Open the slider").click()
    expect(gallery.locator("#slider-frame")).to_be_visible()
    gallery.reload()
    expect(gallery.locator("#slider-frame")).to_be_hidden()
    expect(gallery.locator("#content .item-title")).to_be_visible()
    gallery.go_back()
    expect(gallery.get_by_text("Open the slider")).to_be_visible()


def test_what_was_typed_in_the_slider_is_not_closed_away(gallery):
    gallery.get_by_text("Open the slider").click()
    gallery.locator("#slider textarea").fill("Хочет дуб")
    gallery.keyboard.press("Escape")
    question = gallery.get_by_role("alertdialog")
    expect(question).to_be_visible()
    question.get_by_role("button", name="Отмена").click()
    expect(gallery.locator("#slider textarea")).to_have_value("Хочет дуб")


def test_the_dialog_shows_errors_at_the_fields_and_keeps_what_was_typed(gallery):
    gallery.get_by_text("Open the dialog").click()
    dialog = gallery.locator("#dialog-frame")
    dialog.get_by_label("Title").fill("Кухня")
    dialog.get_by_role("button", name="Save and move").click()
    expect(dialog.locator(".field-error").first).to_be_visible()
    expect(dialog.get_by_label("Title")).to_have_value("Кухня")
    expect(dialog.get_by_label("Amount")).to_be_focused()
    gallery.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_toast_offers_to_undo_even_over_the_slider(gallery):
    gallery.get_by_text("Open the slider").click()
    expect(gallery.locator("#slider-frame")).to_be_visible()
    gallery.evaluate("htmx.ajax('GET', '/dev/gallery/undo', {source: document.body, swap: 'none'})")
    toast = gallery.locator(".toast")
    expect(toast).to_contain_text("Quote sent")
    with gallery.expect_response("**/dev/gallery/toast"):
        toast.get_by_role("button", name="Отменить").click()


def test_a_failure_is_a_sentence_and_the_page_stays(gallery):
    gallery.get_by_text("A failure").click()
    expect(gallery.get_by_role("alert")).to_contain_text("Этого здесь больше нет")
    expect(gallery.get_by_text("Open the slider")).to_be_visible()


def test_a_lost_network_is_said_and_nothing_is_lost(gallery):
    gallery.context.set_offline(True)
    gallery.get_by_text("Toast with undo").click()
    expect(gallery.get_by_role("alert")).to_contain_text("Нет связи с сервером")
    gallery.context.set_offline(False)


def test_a_session_that_ended_asks_to_log_in_and_leaves_the_page(gallery):
    gallery.context.clear_cookies()
    gallery.get_by_text("Toast with undo").click()
    expect(gallery.locator(".toast a")).to_have_attribute(
        "href", re.compile("next=%2Fdev%2Fgallery")
    )


def test_a_dangerous_thing_is_asked_in_our_own_words(gallery):
    gallery.get_by_role("button", name="Confirm").click()
    question = gallery.get_by_role("alertdialog")
    expect(question).to_contain_text("Delete three cards?")
    question.get_by_role("button", name="Delete").click()
    expect(gallery.locator(".toast")).to_be_visible()


def test_keys_work_in_the_russian_layout_and_a_question_mark_lists_them(gallery):
    gallery.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent("
        "'keydown', {key: 'щ', code: 'KeyO', bubbles: true}))"
    )
    expect(gallery.locator("#slider-frame")).to_be_visible()
    gallery.keyboard.press("Escape")
    gallery.keyboard.press("Shift+Slash")
    sheet = gallery.locator("#dialog-frame")
    expect(sheet).to_contain_text("Open the sample card")
    expect(sheet).to_contain_text("Закрыть то, что сверху")


def test_a_menu_opens_walks_and_closes_by_keyboard(gallery):
    summary = gallery.locator(".topbar-title summary")
    summary.focus()
    gallery.keyboard.press("Enter")
    expect(gallery.get_by_text("Wholesale")).to_be_visible()
    gallery.keyboard.press("ArrowDown")
    gallery.keyboard.press("ArrowDown")
    expect(gallery.get_by_text("Wholesale")).to_be_focused()
    gallery.keyboard.press("Escape")
    expect(gallery.get_by_text("Wholesale")).to_be_hidden()
    expect(summary).to_be_focused()


def test_the_rail_folds_and_stays_folded(gallery):
    rail = gallery.locator(".rail")
    gallery.locator("[data-rail-toggle]").click()
    expect(rail).to_have_css("width", "56px")
    gallery.reload()
    expect(rail).to_have_css("width", "56px")


def test_on_a_phone_the_rail_is_a_bar_below_and_nothing_sticks_out(phone, login, owner):
    login(phone, owner)
    phone.goto("/dev/gallery")
    expect(phone.locator(".rail")).to_be_hidden()
    expect(phone.locator(".bottombar")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("button", name="Ещё").tap()
    expect(phone.locator("#more")).to_be_visible()
    phone.get_by_text("Open the slider").evaluate("element => element.click()")
    slider = phone.locator("#slider-frame")
    expect(slider).to_be_visible()
    assert round(slider.bounding_box()["width"]) == 390


def test_a_change_by_somebody_else_makes_what_shows_it_read_itself_anew(page, login, owner):
    login(page, owner)
    with page.expect_response("**/live?*"):
        page.goto("/dev/gallery")
    item = make_item(owner=owner)  # in a funnel made after the stream opened
    _show(page, f"item:{item.pk}")
    with page.expect_request("**/dev/gallery/live"):
        edit_item(item.pk, {"title": "Another"}, by=Actor.system())


def test_what_somebody_types_in_is_read_anew_when_they_leave_it(gallery):
    unwatched = "live[!this.contains(document.activeElement)]"
    _show(gallery, "item:1", trigger=unwatched, inside="<input id=typed>")
    gallery.locator("#typed").focus()
    gallery.evaluate(
        """() => {
          document.addEventListener("live:change", () => { window.heard = true })
          const data = {kind: "change", data: {v: "item.changed", s: "item", i: 1, p: 1, o: 1}}
          new BroadcastChannel("voronka-live").postMessage(data)  // as another tab tells it
        }"""
    )
    asked = []
    gallery.on("request", lambda request: asked.append(request.url))
    gallery.wait_for_function("window.heard")
    assert not [url for url in asked if url.endswith("/dev/gallery/live")]
    with gallery.expect_request("**/dev/gallery/live"):
        gallery.evaluate("document.activeElement.blur()")


def test_after_a_broken_stream_everything_alive_is_read_anew_however_short_it_was(gallery):
    broken = {"content_type": "text/event-stream", "body": "retry: 100\n\n"}
    gallery.route("**/live?*", lambda route: route.fulfill(**broken))
    gallery.reload()
    _show(gallery, "item:1")
    with gallery.expect_request("**/dev/gallery/live"):
        pass


def test_many_changes_in_a_row_do_not_put_the_reading_off(gallery):
    _show(gallery, "item:1")
    gallery.evaluate(
        """() => {
          const change = new MessageEvent("message", {
            data: {kind: "change", data: {v: "item.changed", s: "item", i: 1, p: 1, o: 1}},
          })
          const other = new BroadcastChannel("voronka-live")  // as another tab of ours tells it
          window.busy = setInterval(() => other.postMessage(change.data), 50)
        }"""
    )
    with gallery.expect_request("**/dev/gallery/live"):
        pass
    gallery.evaluate("clearInterval(window.busy)")


def _show(page, subject, *, trigger="live", inside=""):
    page.evaluate(
        """([subject, trigger, inside]) => {
          const element = document.createElement("div")
          element.dataset.live = subject
          element.setAttribute("hx-get", "/dev/gallery/live")
          element.setAttribute("hx-trigger", trigger)
          element.innerHTML = inside
          document.querySelector("#content").prepend(element)
          htmx.process(element)
        }""",
        [subject, trigger, inside],
    )


def test_two_tabs_share_one_stream(gallery):
    streams = []
    second = gallery.context.new_page()
    second.on("request", lambda request: streams.append(request.url))
    second.goto("/dev/gallery")
    expect(second.get_by_text("Open the slider")).to_be_visible()
    assert not [url for url in streams if urlsplit(url).path == "/live"]


def test_the_lazy_libraries_load_by_name(gallery):
    kinds = gallery.evaluate(
        """async () => [
          typeof (await import("sortablejs")).default.create,
          typeof (await import("tom-select")).default,
          typeof (await import("echarts")).init,
          (await import("app/theme")).color("--accent"),
        ]"""
    )
    assert kinds[:3] == ["function"] * 3
    assert kinds[3].startswith("rgb")
