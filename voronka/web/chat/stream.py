"""GET /c/<key>/stream: tells a visitor's browser that there is something new to fetch.

A stream costs a task and an event, no thread and no database connection: thousands fit a process.
What is new is read by the browser itself with its token, so nothing of a conversation is here.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError

from voronka.channels.providers.chat.announcing import NEWS
from voronka.channels.providers.chat.visitors import Visitor, read_token
from voronka.channels.queries import channel_of
from voronka.web.live import wire
from voronka.web.live.listener import Listener
from voronka.web.live.wire import Receive, Scope, Send

logger = logging.getLogger(__name__)

PATH = re.compile(r"/c/([\w-]+)/stream")
_MOST = 5000  # streams of one process; who comes later asks from time to time instead
_MOST_OWN = 10  # of one visitor: windows
_THREADS = 2


class Ear:
    """One open stream. Several pieces of news at once are one."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.ended = False

    def wake(self) -> None:
        self.woken.set()

    def end(self) -> None:
        self.ended = True
        self.woken.set()


class ChatStream:
    """An ASGI application that keeps a stream open for each visitor who has written."""

    def __init__(self) -> None:
        self._ears: defaultdict[Visitor, set[Ear]] = defaultdict(set)
        self._count = 0
        self._listener = Listener(NEWS, self.publish, missed=self.wake_all)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="chat")  # anew by open()
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Begin to listen; called inside the event loop."""
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="chat")
        self._listener.open()

    async def close(self) -> None:
        """End everything; called inside the event loop."""
        self._end_all()
        await self._listener.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def close_soon(self) -> None:
        """End all streams; may be called from a signal handler."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end_all)

    def publish(self, payload: str) -> None:
        """Wake the streams of the visitor who is named."""
        try:
            channel_id, name = json.loads(payload)
        except (ValueError, TypeError):
            logger.warning("An announcement of a chat that can't be read was left out")
            return
        for ear in self._ears.get(Visitor(channel_id, name), ()):
            ear.wake()

    def wake_all(self) -> None:
        """Have everybody look: announcements may have been lost."""
        for ear in self._all():
            ear.wake()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = wire.headers_of(scope)
        found = PATH.fullmatch(scope["path"])
        if found is None or scope["method"] != "GET":
            await wire.refuse(send, 405)
            return
        if not wire.is_our_host(headers.get(b"host", "")):
            await wire.refuse(send, 400)
            return
        visitor = read_token(headers.get(b"authorization", "").removeprefix("Bearer "))
        if visitor is None:
            await wire.refuse(send, 401)
            return
        try:
            known = await wire.in_thread(self._threads, _is_chat, found[1], visitor)
        except DatabaseError:
            await wire.refuse(send, 503)
            return
        if not known:
            await wire.refuse(send, 404)
            return
        if self._count >= _MOST or len(self._ears.get(visitor, ())) >= _MOST_OWN:
            await wire.refuse(send, 503)
            return
        await self._hold(visitor, receive, send)

    async def _hold(self, visitor: Visitor, receive: Receive, send: Send) -> None:
        ear = Ear()
        self._ears[visitor].add(ear)
        self._count += 1
        left = asyncio.create_task(wire.gone(receive))
        left.add_done_callback(lambda _: ear.end())
        try:
            await wire.start(send)
            await _talk(ear, send)
        finally:
            left.cancel()
            self._count -= 1
            self._ears[visitor].discard(ear)
            if not self._ears[visitor]:
                del self._ears[visitor]

    def _all(self) -> list[Ear]:
        return [ear for ears in self._ears.values() for ear in ears]

    def _end_all(self) -> None:
        for ear in self._all():
            ear.end()


async def _talk(ear: Ear, send: Send) -> None:
    """Say that there is news when there is, and give a sign of life when there is none."""
    await wire.say(send, b"event: news\ndata: {}\n\n")  # what came before the stream was there
    while not ear.ended:
        try:
            await asyncio.wait_for(ear.woken.wait(), wire.HEARTBEAT)
        except TimeoutError:
            await wire.say(send, b": here\n\n")
            continue
        ear.woken.clear()
        if not ear.ended:
            await wire.say(send, b"event: news\ndata: {}\n\n")
    await wire.finish(send)


def _is_chat(key: str, visitor: Visitor) -> bool:
    """Whether the key is that of the visitor's own chat, and it is in use."""
    channel = channel_of(key)
    return channel is not None and channel.key == key and channel.pk == visitor.channel_id
