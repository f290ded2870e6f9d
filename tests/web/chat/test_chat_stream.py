"""The visitor's stream: wakes for their own messages only, tells nothing of them, ends in time."""

import asyncio
import contextlib
from typing import Any

import pytest

from tests.channels.chat.factories import make_chat
from tests.channels.chat.test_provider import line
from tests.web.test_live import PATIENCE, in_own_thread, in_thread
from voronka.channels.commands import deliver, receive, send_message
from voronka.channels.providers.chat.announcing import announce_news
from voronka.channels.providers.chat.visitors import Visitor, new_visitor, token_of
from voronka.journal.actors import Actor
from voronka.timeline.models import Message
from voronka.web.chat import stream as streams
from voronka.web.chat.stream import ChatStream

SYSTEM = Actor.system()
NEWS = "event: news\ndata: {}\n\n"


class Stream:
    """A visitor's end of one stream."""

    def __init__(self, chat: ChatStream, key: str, token: str, *, host: str = "localhost") -> None:
        self.status = 0
        self.ended = asyncio.Event()
        self.frames: asyncio.Queue[str] = asyncio.Queue()
        self._left = asyncio.Event()
        headers = [(b"host", host.encode()), (b"authorization", f"Bearer {token}".encode())]
        path = f"/c/{key}/stream"
        scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
        self.task = asyncio.create_task(chat(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message.get("more_body"):
            await self.frames.put(message["body"].decode())
        else:
            self.ended.set()

    async def next(self) -> str:
        return await asyncio.wait_for(self.frames.get(), PATIENCE)

    async def leave(self) -> None:
        self._left.set()
        await asyncio.wait_for(self.task, PATIENCE)


def play(story: Any) -> None:
    async def whole() -> None:
        chat = ChatStream()
        chat.open()
        try:
            await story(chat)
        finally:
            await chat.close()

    in_own_thread(whole())


async def opened(chat: ChatStream, key: str, visitor: Visitor) -> Stream:
    """Open a stream, and wait until announcements of the database arrive in it."""
    stream = Stream(chat, key, token_of(visitor))
    assert await stream.next() == NEWS
    heard = False
    while not heard:
        await in_thread(announce_news, visitor.channel_id, visitor.name)
        with contextlib.suppress(TimeoutError):
            heard = await asyncio.wait_for(stream.frames.get(), 0.2) == NEWS
    return stream


@pytest.mark.django_db(transaction=True)
def test_an_answer_wakes_the_visitor_it_is_for_and_nobody_else():
    async def story(chat: ChatStream) -> None:
        channel = await in_thread(make_chat)
        anna, boris = new_visitor(channel.pk), new_visitor(channel.pk)
        hers, his = await opened(chat, channel.key, anna), await opened(chat, channel.key, boris)
        await in_thread(receive, channel, line(visitor=anna.name, text="x"))
        talk = await in_thread(lambda: Message.objects.get().conversation_id)
        sent = await in_thread(
            send_message, channel_id=channel.pk, conversation_id=talk, text="Да", by=SYSTEM
        )
        await in_thread(deliver, sent.pk)
        assert await hers.next() == NEWS  # and nothing of what was written
        await in_thread(announce_news, channel.pk, boris.name)
        assert await his.next() == NEWS
        assert his.frames.empty()
        await hers.leave()
        await his.leave()

    play(story)


@pytest.mark.django_db(transaction=True)
def test_strangers_and_wrong_doors_are_refused():
    async def story(chat: ChatStream) -> None:
        channel, other = await in_thread(make_chat), await in_thread(make_chat)
        token = token_of(new_visitor(channel.pk))
        asked = [
            (Stream(chat, channel.key, "invented"), 401),
            (Stream(chat, other.key, token), 404),
            (Stream(chat, channel.key, token, host="evil.example"), 400),
        ]
        for stream, status in asked:
            await asyncio.wait_for(stream.ended.wait(), PATIENCE)
            assert stream.status == status

    play(story)


@pytest.mark.django_db(transaction=True)
def test_one_visitor_can_t_hold_streams_without_end():
    async def story(chat: ChatStream) -> None:
        channel = await in_thread(make_chat)
        visitor = new_visitor(channel.pk)
        held = [Stream(chat, channel.key, token_of(visitor)) for _n in range(streams._MOST_OWN)]
        for stream in held:
            assert await stream.next() == NEWS
        late = Stream(chat, channel.key, token_of(visitor))
        await asyncio.wait_for(late.ended.wait(), PATIENCE)
        assert late.status == 503
        await held[0].leave()
        assert await Stream(chat, channel.key, token_of(visitor)).next() == NEWS
        chat.close_soon()
        for stream in held[1:]:
            await asyncio.wait_for(stream.ended.wait(), PATIENCE)

    play(story)
