"""The chat as a visitor has it: on a foreign page, on a phone, without cookies (IN-5, TL-2)."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.channels.chat.factories import make_chat
from tests.people.factories import make_user
from voronka.channels.commands import send_message
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.timeline.models import Message
from voronka.web.chat import views

VISITOR = {"viewport": PHONE, "has_touch": True, "is_mobile": True}


@pytest.fixture(autouse=True)
def _full_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "_buckets", views.Buckets())


@pytest.fixture
def shop(live_url: str) -> Iterator[Any]:
    """A site of somebody else's, on another host: `shop(chat)` gives its address."""
    pages: dict[str, bytes] = {}

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path.partition("?")[0], b"")
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def opened(chat: Any) -> str:
        Client().get(f"/c/{chat.key}/frame")  # loads the pages' code before a browser waits for it
        tag = f'<script async src="{live_url}/c/{chat.key}/embed.js"></script>'
        head = '<meta name="viewport" content="width=device-width"><title>Кухни</title>'
        page = f'<!doctype html><html lang="ru"><head>{head}</head><body><p>Кухни</p>{tag}</body>'
        pages["/"] = page.encode()
        return f"http://localhost:{server.server_port}/?utm_source=yandex&utm_term=kitchen"

    yield opened
    server.shutdown()


def window(page: Page) -> Any:
    return page.frame_locator("iframe")


def say(page: Page, text: str) -> None:
    window(page).get_by_role("textbox", name="Сообщение").fill(text)
    window(page).get_by_role("button", name="Отправить").click()


def answer(chat: Any, text: str, by: Any) -> Message:
    talk = Message.objects.filter(channel_id=chat.pk).latest("pk").conversation_id
    return send_message(channel_id=chat.pk, conversation_id=talk, text=text, by=Actor.user(by))


def test_a_visitor_writes_and_hears_the_answer_live(open_page, shop):
    anna = make_user("owner", name="Анна Белова")
    chat = make_chat(owner=anna, consent_ru="Согласен", ask_phone="optional")
    page = open_page(**VISITOR)
    page.goto(shop(chat))
    page.get_by_role("button", name="Написать нам").click()
    say(page, "Сколько стоит кухня?")
    expect(window(page).get_by_text("Сначала отметьте согласие.")).to_be_visible()
    window(page).get_by_role("checkbox").check()
    window(page).get_by_role("button", name="Отправить").click()
    expect(window(page).get_by_text("Отправлено")).to_be_visible()
    message = Message.objects.get()
    assert message.meta["page"].startswith("http://localhost:")
    assert message.meta["consent"]["text"] == "Согласен"
    assert Item.objects.get().utm == {"utm_source": "yandex", "utm_term": "kitchen"}
    with page.expect_response("**/seen*"):
        sent = answer(chat, "<img src=x onerror=alert(1)> от 90 тысяч", anna)
    expect(window(page).get_by_text("<img src=x onerror=alert(1)> от 90 тысяч")).to_be_visible()
    expect(window(page).get_by_text("Анна Белова")).to_be_visible()
    sent.refresh_from_db()
    assert sent.state == "read"
    assert not page.context.cookies()


def test_the_conversation_is_there_when_the_visitor_returns_and_a_badge_says_so(open_page, shop):
    anna = make_user("owner", name="Анна Белова")
    chat = make_chat(owner=anna)
    page = open_page(**VISITOR)
    page.goto(address := shop(chat))
    page.get_by_role("button", name="Написать нам").click()
    say(page, "Здравствуйте")
    expect(window(page).get_by_text("Отправлено")).to_be_visible()
    page.wait_for_function("Object.values(localStorage).some(kept => JSON.parse(kept).talks)")
    page.goto("about:blank")
    answer(chat, "Добрый день", anna)
    page.goto(address)
    page.get_by_role("button", name="Написать нам, новых сообщений: 1").click()
    expect(window(page).get_by_text("Добрый день")).to_be_visible()
    window(page).get_by_role("textbox", name="Сообщение").press("Escape")
    expect(page.get_by_role("button", name="Написать нам", exact=True)).to_be_focused()
    stranger = open_page()
    stranger.goto(address)
    stranger.get_by_role("button", name="Написать нам").click()
    expect(window(stranger).get_by_text("Чем помочь?")).to_be_visible()
    expect(window(stranger).get_by_text("Добрый день")).to_have_count(0)


def test_a_line_whose_answer_was_lost_is_sent_again_and_kept_once(open_page, shop):
    chat = make_chat()
    page = open_page(**VISITOR)
    lost = []

    def lose_the_first(route: Any) -> None:
        if not lost:
            lost.append(route.fetch().status)  # it is taken, but the visitor never hears of it
            route.abort()
        else:
            route.continue_()

    page.route("**/messages*", lose_the_first)
    page.goto(shop(chat))
    page.get_by_role("button", name="Написать нам").click()
    say(page, "Кухня")
    expect(window(page).get_by_text("Отправлено")).to_be_visible()
    expect(window(page).get_by_text("Кухня", exact=True)).to_have_count(1)
    assert lost == [200]
    assert Message.objects.count() == Item.objects.count() == 1


def test_without_a_stream_answers_come_by_asking(open_page, live_url):
    anna = make_user("owner")
    chat = make_chat(owner=anna)
    page = open_page()
    page.route("**/stream*", lambda route: route.fulfill(status=503))
    page.goto(f"/c/{chat.key}/")
    page.get_by_role("textbox", name="Сообщение").fill("Здравствуйте")
    page.get_by_role("textbox", name="Сообщение").press("Enter")
    expect(page.get_by_text("Отправлено")).to_be_visible()
    answer(chat, "Добрый день", anna)
    expect(page.get_by_text("Добрый день")).to_be_visible()
