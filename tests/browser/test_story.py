"""Intake as a newcomer tries it: be the client of the demo company (IN-3, IN-4, IN-5, IN-15).

Real pages, the real mail server, the listeners and the worker; nothing is put into the database
by hand but the demo company.
"""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from playwright.sync_api import Locator, Page, expect

from voronka.channels.listening import listening
from voronka.channels.models import Enquiry
from voronka.channels.providers.forms import provider as forms
from voronka.cli.worker import _work
from voronka.demo.cast import DOMAIN
from voronka.demo.commands import load_demo
from voronka.demo.post.serving import sample_post
from voronka.items.models import Item
from voronka.people.models import User
from voronka.pipelines.models import Pipeline

pytestmark = pytest.mark.browser
WAIT = 60_000  # ms: browsers, web, worker and mail servers share one process here


async def _work_and_tidy() -> None:
    """Work off jobs until cancelled; give back the connections of both threads that did them."""
    try:
        await _work(2)
    finally:
        await sync_to_async(connections.close_all)()
        await asyncio.to_thread(connections.close_all)


@contextmanager
def working() -> Iterator[None]:
    """Work off jobs in a thread, as the worker process does."""
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    work = loop.create_task(_work_and_tidy())

    def run() -> None:
        loop.run_until_complete(asyncio.wait([work]))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=run, name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(work.cancel)
        thread.join(20)


@pytest.fixture
def house(
    live_url: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The demo company with all that `voronka run` keeps alive beside the web."""
    settings.HOME = tmp_path
    monkeypatch.setattr("voronka.channels.listening.LOOK_EVERY", 0.1)
    monkeypatch.setattr("voronka.cli.worker._GRACE", 0.5)
    monkeypatch.setattr(forms, "FASTEST", timedelta(0))  # a test types like a robot
    load_demo(scale=0.002)
    with sample_post(), listening(), working():
        yield


@pytest.fixture
def seat(open_page: Any, login: Any) -> Any:
    """Sit down as a client, or as somebody of the company: `seat()`, `seat("manager")`."""

    def taken(who: str = "", **options: Any) -> Page:
        page: Page = open_page(**options)
        page.set_default_timeout(WAIT)
        if who:
            login(page, User.objects.get(email=f"{who}@{DOMAIN}"))
        return page

    expect.set_options(timeout=WAIT)
    yield taken
    expect.set_options(timeout=5_000)


def write(client: Page, name: str, address: str, subject: str, text: str) -> None:
    client.goto("/demo/mail/write/")
    client.get_by_label("Ваше имя").fill(name)
    client.get_by_label("Ваш адрес").fill(address)
    client.get_by_label("Тема").fill(subject)
    client.get_by_label("Текст письма").fill(text)
    client.get_by_role("button", name="Отправить").click()
    expect(client.get_by_role("status")).to_contain_text("Письмо ушло")


def on_board(board: Page, words: str) -> Locator:
    """Wait until a card has come onto the open board by itself; return it."""
    card = board.locator("article.board-card", has_text=words)
    expect(card).to_be_visible()
    return card


def test_a_newcomer_plays_the_client_by_form_letter_and_chat(house, seat, phone):
    board, client, desk = seat("manager"), seat(), seat("manager")
    board.goto(f"/board/{Pipeline.objects.get(code='leads').pk}/")
    board.wait_for_function("customElements.get('app-board') !== undefined")

    # The form of the site: the card is on the board at once, with its clock running.
    client.goto("/demo/site/")
    form = client.frame_locator(".sheet iframe")
    form.get_by_label("Как к вам обращаться").fill("Раиса Формина")
    form.get_by_label("Телефон").fill("+7 916 123-45-67")
    form.get_by_role("checkbox").check()
    form.get_by_role("button", name="Получить расчёт").click()
    expect(form.get_by_role("status")).to_contain_text("Спасибо")
    expect(on_board(board, "Раиса Формина").locator(".clock")).to_be_visible()

    # A letter, the answer from its card in the client's mailbox, and the answer to that.
    write(client, "Пётр Письмов", "petr@mail.example", "Кухня в эркер", "Сколько стоит?")
    expect(on_board(board, "Кухня в эркер").locator(".clock")).to_be_visible()
    client.goto("/demo/mail/")
    desk.goto(f"/cards/{Item.objects.get(title='Кухня в эркер').pk}/")
    desk.get_by_role("button", name="Переписка", exact=True).click()
    talk = desk.locator(".feed-talk")
    expect(talk.locator(".msg-in")).to_contain_text("Сколько стоит?")
    talk.get_by_role("textbox", name="Ваш ответ").fill("От 285 000 ₽ с доставкой")
    talk.get_by_role("button", name="Отправить", exact=True).click()
    expect(talk.locator(".msg-out")).to_contain_text("От 285 000 ₽ с доставкой")
    expect(talk.locator(".msg-out")).to_contain_text("Отправлено")
    answer = client.locator(".letters a", has_text="От 285 000 ₽ с доставкой")
    answer.click()  # the list has looked again by itself
    expect(client.locator(".letter")).to_contain_text("Анна Соколова")
    client.get_by_label("Текст письма").fill("Дороговато, а без эмали?")
    client.get_by_role("button", name="Отправить ответ").click()
    expect(client.get_by_role("status")).to_contain_text("Ответ ушёл")
    expect(talk.locator(".msg").nth(2)).to_contain_text("Дороговато, а без эмали?")
    expect(board.locator("article.board-card", has_text="Кухня в эркер")).to_have_count(1)

    # The chat, with one thumb.
    phone.set_default_timeout(WAIT)
    phone.goto("/demo/site/")
    phone.get_by_role("button", name="Написать нам").tap()
    chat = phone.frame_locator("iframe[src*='/c/']")
    chat.get_by_role("textbox", name="Сообщение").fill("Вы работаете в воскресенье?")
    chat.get_by_role("checkbox").check()
    chat.get_by_role("button", name="Отправить").tap()
    expect(chat.get_by_text("Отправлено")).to_be_visible()
    desk.goto("/inbox/")
    desk.locator(".talk-row", has_text="Вы работаете в воскресенье?").click()
    desk.get_by_role("textbox", name="Ваш ответ").fill("Да, с десяти до восьми")
    desk.get_by_role("button", name="Отправить", exact=True).click()
    expect(chat.get_by_text("Да, с десяти до восьми")).to_be_visible()

    # Spam: excluded once, then counted and stopped.
    spam = ("Купи Базу", "spam@promo.example", "База клиентов", "Миллион адресов недорого")
    write(client, *spam)
    on_board(board, "База клиентов")
    stopped_before = Enquiry.objects.filter(state=Enquiry.State.EXCLUDED).count()
    owner = seat("owner")
    owner.goto("/setup/ledger/?all=1")
    row = owner.locator("tr", has_text="База клиентов")
    row.get_by_role("button", name="В исключения…").click()
    dialog = owner.locator("#dialog")
    dialog.get_by_label("spam@promo.example").check()
    dialog.get_by_label("Причина").select_option("spam")
    dialog.get_by_role("button", name="Исключить", exact=True).click()
    expect(dialog).to_be_hidden()
    write(client, *spam)
    stopped = owner.locator("tr", has_text="spam@promo.example").locator("td.num", has_text="1")
    for _time in range(WAIT // 500):
        owner.goto("/setup/exclusions/")
        if stopped.count():
            break
        owner.wait_for_timeout(500)
    expect(stopped).to_have_text("1")
    owner.goto("/setup/ledger/?all=1")
    expect(owner.locator("tbody tr").first).to_contain_text("Остановлено исключением")
    assert Enquiry.objects.filter(state=Enquiry.State.EXCLUDED).count() == stopped_before + 1
    assert Item.objects.filter(title="База клиентов").count() == 1
