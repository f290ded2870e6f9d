"""Intake: posts of forms over HTTP, letters in this process, and a thousand pages that listen."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import house, load
from bench.timing import Timing, percentile

if TYPE_CHECKING:
    import psutil

    from bench.company import Company
    from voronka.channels.models import Channel

_OPENING = 64  # streams that are opened at a time
_PATIENCE = 15.0  # seconds until a change counts as lost on its way to somebody
_WORDS = "Добрый день! Нужны светильники в зал и на лестницу, пришлите, пожалуйста, цены. " * 12


def form_rate(company: Company, port: int, count: int, clients: int) -> tuple[Any, int]:
    """Post enquiries of different people to a form; it answers when the card is committed.

    Returns:
        What `load.drive` says, and how many enquiries have no card of their own: 0.
    """
    from voronka.channels.models import Enquiry
    from voronka.channels.providers.forms.commands import FormSpec, create_form
    from voronka.journal.actors import Actor

    form = create_form(FormSpec(_spec(company, "Bench form")), by=Actor.system("bench"))
    channel = form.channel

    def post(number: int) -> bytes:
        body = {
            "name": f"Иван Проверкин {number}",
            "phone": f"+7 495 1{number:06}",
            "email": f"form-{number}@bench.example",
            "message": "Сколько стоит кухня три метра?",
            "utm_source": "yandex",
        }
        headers = {"Idempotency-Key": f"bench-{number}"}
        path, sent = f"/f/{channel.key}", json.dumps(body).encode()
        return load.request(port, "POST", path, sent, headers)

    warm = 40
    load.drive(port, post, count=warm, clients=clients)
    result = load.drive(port, lambda n: post(warm + n), count=count, clients=clients)
    carded = Enquiry.objects.filter(channel=channel, state="carded")
    return result, count + warm - carded.values("item").distinct().count()


def letter_rate(company: Company, count: int) -> tuple[float, int]:
    """Let letters of different people come in, one in ten with a file, by one thread.

    Returns:
        Letters a second, from the raw letter to the committed card; how many got no card: 0.
    """
    from voronka.channels.commands import archive_channel, create_channel, receive
    from voronka.channels.models import Enquiry
    from voronka.channels.providers.mail.events import event_of
    from voronka.journal.actors import Actor

    by = Actor.system("bench")
    servers = {"imap_host": "imap.bench.example", "smtp_host": "smtp.bench.example"}
    settings = {"address": "sales@bench.example", "password": "bench", **servers}
    channel: Channel = create_channel("mail", _spec(company, "Bench mail", settings), by=by)
    warm = 20
    letters = [_letter(n) for n in range(warm + count)]
    for raw in letters[:warm]:
        receive(channel, event_of(raw))
    began = time.perf_counter()
    for raw in letters[warm:]:
        receive(channel, event_of(raw))
    seconds = time.perf_counter() - began
    carded = Enquiry.objects.filter(channel=channel, state="carded")
    missing = warm + count - carded.values("item").distinct().count()
    archive_channel(channel.pk, by=by)  # or the house would look for its servers
    return count / seconds, missing


def _letter(number: int) -> bytes:
    """A letter as mail programs write it: plain and HTML; the tenth has a drawing of 20 kB."""
    letter = EmailMessage(policy=SMTP)
    letter["From"] = f"Пётр Письмов {number} <letter-{number}@bench-mail.example>"
    letter["To"] = "sales@bench.example"
    letter["Subject"] = f"Светильники, заказ {number}"
    letter["Message-ID"] = f"<bench-{number}@bench-mail.example>"
    letter.set_content(f"{_WORDS}\n{number}")
    letter.add_alternative(f"<p>{_WORDS}</p><p><b>{number}</b></p>", subtype="html")
    if number % 10 == 0:
        drawing = number.to_bytes(4, "big") * 5000
        letter.add_attachment(drawing, "application", "octet-stream", filename=f"{number}.dwg")
    return letter.as_bytes()


def _spec(company: Company, name: str, settings: dict[str, Any] | None = None) -> Any:
    from voronka.channels.commands import ChannelSpec

    return ChannelSpec(
        name=name,
        settings=settings or {},
        pipeline_id=company.pipeline,
        owner_id=company.owner.pk,
    )


@dataclass(slots=True)
class Heard:
    """What came of listening: `lost` counts changes that did not reach a page in time."""

    megabytes: float
    timing: Timing
    lost: int


@dataclass(slots=True)
class Listeners:
    """Pages of one person that stay open, as sockets; each change is timed at every one."""

    company: Company
    port: int
    cards: list[int]  # changed one after another
    pages: list[_Page] = field(default_factory=list)

    def measure(self, count: int, process: psutil.Process, home: Path) -> Heard:
        """Open `count` streams, change the cards, and see what it costs and how long it takes."""
        from django.test import Client

        browser = Client(HTTP_HOST="127.0.0.1")
        browser.force_login(self.company.owner)
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
        return asyncio.run(self._measure(count, cookie, process, home))

    async def _measure(self, count: int, cookie: str, process: psutil.Process, home: Path) -> Heard:
        before = house.memory(process, home)
        asked = load.request(self.port, "GET", "/live", b"", {"Cookie": cookie})
        try:
            for first in range(0, count, _OPENING):
                some = range(first, min(first + _OPENING, count))
                await asyncio.gather(*(self._open(asked) for _n in some))
            spent: list[float] = []
            for card in self.cards:
                spent += await self._change(card)
            grown = house.memory(process, home) - before
        finally:
            for page in self.pages:
                page.close()
        spent.sort()
        lost = count * len(self.cards) - len(spent)
        return Heard(grown, Timing(percentile(spent, 0.5), percentile(spent, 0.95)), lost)

    async def _open(self, asked: bytes) -> None:
        loop = asyncio.get_running_loop()
        _wire, page = await loop.create_connection(_Page, "127.0.0.1", self.port)
        self.pages.append(page)
        await asyncio.wait_for(page.open(asked), 60)

    async def _change(self, card: int) -> list[float]:
        """Change a card; return after how many milliseconds, the command's own included, each
        page had heard of it."""
        waits = [page.expect(card) for page in self.pages]
        began = time.perf_counter()
        await asyncio.to_thread(self._edit, card)
        done, _late = await asyncio.wait(waits, timeout=_PATIENCE)
        return [(wait.result() - began) * 1000 for wait in done]

    def _edit(self, card: int) -> None:
        from django.db import connections

        from voronka.items.commands import edit_item
        from voronka.journal.actors import Actor

        try:
            edit_item(card, {"title": f"Changed {card}"}, by=Actor.user(self.company.owner))
        finally:
            connections.close_all()


class _Page(asyncio.Protocol):
    """One stream: notes the moment when it hears of the card it waits for."""

    def __init__(self) -> None:
        self.tail = b""
        self.wanted = b"retry:"
        self.heard: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.wire = transport

    def open(self, asked: bytes) -> asyncio.Future[float]:
        """Ask for the stream; done when it has begun."""
        self.wire.write(asked)
        return self.heard

    def expect(self, card: int) -> asyncio.Future[float]:
        """Wait for the news of a card."""
        self.tail, self.wanted = b"", f'"i": {card},'.encode()
        self.heard = asyncio.get_running_loop().create_future()
        return self.heard

    def data_received(self, data: bytes) -> None:
        said = self.tail + data
        self.tail = said[-200:]
        if self.wanted in said and not self.heard.done():
            self.heard.set_result(time.perf_counter())

    def close(self) -> None:
        self.wire.close()
