"""The pages of intake in a real browser: a channel connected and tried, the ledger by hand."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.channels.factories import make_channel, write_in
from tests.factories import make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.channels import queries
from voronka.channels.models import Channel
from voronka.kernel.texts import LocalText

pytestmark = pytest.mark.browser


def test_a_channel_is_connected_and_tried_in_the_slider(page, login, live_url):
    owner = make_user("owner")
    funnel = make_pipeline(make_item_type("lead"))
    login(page, owner)
    page.goto("/setup/channels/")
    page.get_by_role("button", name="Подключить первый канал").click()
    page.locator("#dialog").get_by_role("link", name="Paper").click()
    slider = page.locator("#slider")
    slider.get_by_label("Название").fill("Бумага")
    slider.get_by_label("В какую воронку").select_option(str(funnel.pk))
    slider.get_by_label("Кому карточка").select_option(f"user:{owner.pk}")
    slider.get_by_label("Password").fill("s3cret-word")
    slider.get_by_role("button", name="Подключить").click()
    slider.get_by_role("button", name="Проверить").click()
    expect(slider.locator("#channel-trial")).to_contain_text("Работает.")
    expect(slider.locator("#channel-state dl")).to_contain_text("меньше секунды")
    expect(slider.get_by_label("Password")).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.locator("#channels")).to_contain_text("Бумага")
    assert Channel.objects.get().active


def test_a_channel_switched_while_its_page_re_reads_itself_is_shown_switched(page, login, live_url):
    channel = make_channel(make_pipeline(make_item_type("lead")))
    login(page, make_user("owner"))
    address = f"/setup/channels/{channel.pk}/"
    page.goto(address)
    asked = {"HX-Request": "true", "HX-Target": "channel-state"}
    before = page.request.get(address, headers=asked)
    held = []

    def hold_the_first(route):
        if held or "hx-request" not in route.request.headers:
            route.fallback()
        else:
            held.append(route)

    page.route(f"**{address}", hold_the_first)
    with page.expect_request(f"**{address}"):
        page.get_by_role("button", name="Проверить").click()
    with page.expect_response("**/switch/off/"):
        page.get_by_role("button", name="Выключить").click()
    held[0].fulfill(response=before)
    expect(page.get_by_role("button", name="Включить")).to_be_visible()


def test_a_lost_enquiry_is_opened_on_a_phone_and_tried_again(
    open_page, login, live_url, monkeypatch
):
    monkeypatch.setattr(queries, "AT_WORK", queries.timedelta())
    funnel = make_pipeline(make_item_type("lead"))
    funnel.name = LocalText("Лиды", "Leads")
    channel = make_channel(funnel, name="Бумага")
    channel.pipeline = None
    Channel.objects.update(pipeline=None)
    write_in(channel, text="<b>Хочу кухню</b>")
    phone = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    login(phone, make_user("owner"))
    phone.goto("/setup/ledger/")
    expect(phone.locator(".tabs .counter")).to_have_text("1")
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    phone.locator("#ledger td.main a").click()
    slider = phone.locator("#slider")
    expect(slider).to_contain_text("<b>Хочу кухню</b>")
    Channel.objects.update(pipeline=funnel)
    slider.get_by_role("button", name="Повторить").click()
    expect(slider.locator("#enquiry")).to_contain_text("В карточке")
    phone.go_back()
    expect(phone.locator("#ledger")).to_contain_text("У каждой заявки есть карточка")
