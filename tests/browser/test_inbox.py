"""The inbox in a real browser: reading, answering, live messages, a phone, letters, the card."""

import re

import pytest
from playwright.sync_api import expect

from tests.channels.factories import make_channel, write_in
from tests.clients.factories import make_client
from tests.factories import make_item
from tests.people.factories import make_user
from tests.web.inbox.scene import make_talk
from voronka.channels.commands.sending import deliver
from voronka.timeline.models import Message

pytestmark = pytest.mark.browser


@pytest.fixture
def seller(live_url):
    return make_user("manager", name="Ольга Серова")


@pytest.fixture
def talk(seller):
    return make_talk(seller)


def test_a_conversation_is_opened_read_and_answered_by_keys(page, login, seller, talk):
    make_talk(seller, name="Игорь Лаптев", **{"from": [["phone", "+79990000001"]]})
    login(page, seller)
    page.goto("/inbox/")
    expect(page.locator(".talk-row.unread")).to_have_count(2)
    page.get_by_role("link", name="Марина Котова").click()
    expect(page.locator(".msg")).to_contain_text("Сколько стоит кухня?")
    expect(page).to_have_url(re.compile(rf"/inbox/{talk.pk}/$"))
    expect(page.locator(".talk-row.unread")).to_have_count(1)
    expect(page.locator(".talk-row [aria-current]")).to_have_text("Марина Котова")
    box = page.get_by_role("textbox", name="Ваш ответ")
    box.fill("  ")
    box.press("Control+Enter")
    expect(page.locator(".talk-refusal")).to_contain_text("пустое")
    page.locator(".talk-later summary").click()
    box.fill("От 285 000 ₽")
    page.get_by_role("button", name="Отправить позже").click()
    expect(page.locator(".talk-refusal")).to_contain_text("день и время")
    expect(box).to_have_value("От 285 000 ₽")
    box.press("Control+Enter")
    expect(page.locator(".msg-out")).to_contain_text("От 285 000 ₽")
    expect(box).to_have_value("")
    expect(page.locator(".talk-head .talk-wait")).to_have_count(0)
    assert talk.messages.get(direction="out").send_at is None


def test_a_new_message_appears_by_itself_and_the_draft_survives(page, login, seller):
    channel = make_channel(owner=seller)
    talk = make_talk(seller, channel=channel)
    login(page, seller)
    page.goto(f"/inbox/{talk.pk}/")
    box = page.get_by_role("textbox", name="Ваш ответ")
    box.fill("Здравствуйте, М")
    write_in(channel, text="Ещё нужен фартук")
    expect(page.locator(".msg")).to_have_count(2)
    expect(page.locator(".msg").last).to_contain_text("фартук")
    expect(page.locator(".talk-row .last")).to_contain_text("фартук")
    expect(page.locator(".talk-row.unread")).to_have_count(0)  # it is open before one's eyes
    expect(box).to_have_value("Здравствуйте, М")
    expect(box).to_be_focused()
    page.reload()
    expect(box).to_have_value("Здравствуйте, М")


def test_an_answer_that_comes_late_does_not_hide_what_became_of_the_message(
    page, login, seller, talk
):
    held = []
    page.route("**/send", lambda route: held.append((route, route.fetch())))
    login(page, seller)
    with page.expect_response("**/live?*"):
        page.goto(f"/inbox/{talk.pk}/")
    page.get_by_role("textbox", name="Ваш ответ").fill("От 285 000 ₽")
    page.get_by_role("button", name="Отправить", exact=True).click()
    thread = page.locator(".talk-thread")
    expect(thread.locator(".msg-out")).to_contain_text("Ждёт отправки")  # told by the stream
    deliver(talk.messages.get(direction="out").pk)
    expect(thread.locator(".msg-out")).to_contain_text("Отправлено")
    (route, answer), *_more = held
    with page.expect_response("**/send"):
        route.fulfill(response=answer)  # it says what was true when it was written
    expect(page.get_by_role("textbox", name="Ваш ответ")).to_have_value("")
    expect(thread.locator(".msg-out")).to_contain_text("Отправлено")


def test_on_a_phone_list_and_conversation_are_screens_with_a_way_back(phone, login, seller, talk):
    login(phone, seller)
    phone.goto("/inbox/?show=all")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("link", name="Марина Котова").tap()
    composer = phone.locator(".talk-composer")
    expect(composer).to_be_in_viewport(ratio=1)
    expect(phone.locator("#inbox-list")).to_be_hidden()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("link", name="К списку").tap()
    expect(phone.locator("#inbox-list")).to_be_visible()
    expect(phone).to_have_url(re.compile(r"/inbox/\?show=all"))


def test_a_letter_stands_in_its_frame_and_fetches_pictures_only_when_asked(page, login, seller):
    rows = "<p>строка</p>" * 30
    html = f'{rows}<p>конец</p><img src="http://spy.example/pixel.png" alt="план">'
    talk = make_talk(seller, html=html, text="")
    asked = []
    page.route("**/spy.example/**", lambda route: (asked.append(1), route.abort()))
    login(page, seller)
    page.goto(f"/inbox/{talk.pk}/")
    frame = page.frame_locator(".letter iframe")
    expect(frame.get_by_text("конец")).to_be_visible()
    inside = "document.querySelector('.letter iframe')"
    page.wait_for_function(f"{inside}.clientHeight >= {inside}.contentDocument.body.scrollHeight")
    assert asked == []
    with page.expect_request("**/spy.example/**"):
        page.get_by_role("button", name="Показать картинки").click()


def test_the_card_writes_first_and_shows_the_conversation(page, login, seller):
    channel = make_channel(owner=seller, name="Бумага")
    client = make_client("Марина Котова", owner=seller, phones=("+79161234567",))
    item = make_item(channel.pipeline, owner=seller, contact=client.pk, title="Кухня")
    login(page, seller)
    page.goto(f"/cards/{item.pk}/")
    page.get_by_role("button", name="Переписка", exact=True).click()
    panel = page.locator(".feed-talk")
    expect(panel).to_contain_text("ещё ничего не писали")
    panel.get_by_role("textbox", name="Ваш ответ").fill("Здравствуйте!")
    panel.get_by_role("button", name="Отправить", exact=True).click()
    expect(panel.locator(".msg-out")).to_contain_text("Здравствуйте!")
    assert Message.objects.get().conversation.item == item


def test_one_walks_through_the_inbox_by_keys_in_the_russian_layout_too(page, login, seller, talk):
    make_talk(seller, name="Игорь Лаптев", **{"from": [["phone", "+79990000001"]]})
    login(page, seller)
    page.goto("/inbox/")
    rows = page.locator(".talk-row a[hx-get]")
    expect(rows).to_have_text(["Игорь Лаптев", "Марина Котова"])
    page.keyboard.press("ArrowDown")
    expect(rows.nth(0)).to_be_focused()
    page.evaluate(  # the key J in the Russian layout
        """document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
           {key: "о", code: "KeyJ", bubbles: true, cancelable: true}))"""
    )
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".talk-head h2")).to_have_text("Марина Котова")
    page.keyboard.press("r")
    expect(page.get_by_role("textbox", name="Ваш ответ")).to_be_focused()
    page.keyboard.press("ArrowUp")  # in the text it moves the caret
    expect(page.get_by_role("textbox", name="Ваш ответ")).to_be_focused()
    page.get_by_role("textbox", name="Ваш ответ").blur()
    page.keyboard.press("Shift+Slash")
    sheet = page.locator("dialog .keys")
    for words in ("Следующая переписка", "Предыдущая переписка", "Ответить клиенту"):
        expect(sheet).to_contain_text(words)
