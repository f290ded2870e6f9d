"""GET /live: the stream of one browser, outside Django's threads. Messages carry ids only."""

import asyncio
import http.cookies
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib.auth import get_user
from django.db import DatabaseError
from django.http import HttpRequest

from voronka.items.live import live_filter
from voronka.web.live import wire
from voronka.web.live.hub import Client, Hub
from voronka.web.live.wire import Receive, Scope, Send

T = TypeVar("T")

_RECHECK = 40.0  # seconds; looked at with each frame, so a minute never passes without
_THREADS = 2  # for sessions and rights; a thousand streams ask about 22 times a second


class LiveStream:
    """An ASGI application that keeps one stream open for each browser."""

    def __init__(self) -> None:
        self.hub = Hub()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="live")  # anew by open()
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Begin to listen; called inside the event loop."""
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="live")
        self.hub.open()

    async def close(self) -> None:
        """End everything; called inside the event loop."""
        await self.hub.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def close_soon(self) -> None:
        """End all streams; may be called from a signal handler."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.hub.end_all)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        drawn = _drawn(scope.get("query_string", b""))
        headers = wire.headers_of(scope)
        if scope["method"] != "GET":
            await wire.refuse(send, 405)
            return
        if not wire.is_our_host(headers.get(b"host", "")):
            await wire.refuse(send, 400)
            return
        key = _session_key(headers.get(b"cookie", ""))
        try:
            user_id = await self._in_thread(_who, key) if key else None
            hears = await self._in_thread(live_filter, user_id) if user_id else None
        except DatabaseError:
            await wire.refuse(send, 503)
            return
        if key is None or user_id is None or hears is None:
            await wire.refuse(send, 401)  # the browser does not try again
            return
        client = Client(user_id, key, hears)
        self.hub.add(client, since=drawn)
        gone = asyncio.create_task(wire.gone(receive))
        gone.add_done_callback(lambda _: client.end())
        try:
            await wire.start(send)
            await self._talk(client, send)
        finally:
            self.hub.remove(client)
            gone.cancel()

    async def _talk(self, client: Client, send: Send) -> None:
        """Send what comes, and a sign of life when nothing does, until one side is done."""
        clock = asyncio.get_running_loop().time
        checked = clock()
        frame: bytes | None = b"retry: 2000\n\n"
        while frame is not None:
            if frame:
                await wire.say(send, frame)
            if client.stale or clock() - checked >= _RECHECK:
                if not await self._refresh(client):
                    break
                checked = clock()
            try:
                frame = await client.next(wire.HEARTBEAT)
            except TimeoutError:
                frame = b": here\n\n"
        await wire.finish(send)

    async def _refresh(self, client: Client) -> bool:
        """Look at session and rights again; False when the session is over."""
        doubts = client.doubts
        try:
            if await self._in_thread(_who, client.session_key) != client.user_id:
                return False
            client.hears = await self._in_thread(live_filter, client.user_id)
        except DatabaseError:
            return False  # the browser comes back in a moment
        if doubts == client.doubts:  # else something more happened meanwhile: once again
            client.trust()
        return True

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        return await wire.in_thread(self._threads, function, *arguments)


def _who(session_key: str) -> int | None:
    """Return the user of a living session, None when it is over or the user is gone."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user.pk if user.is_authenticated and user.is_active else None


def _drawn(query: bytes) -> float | None:
    """Return when the page was asked for, on the monotonic clock; it tells its age in ms."""
    text = parse_qs(query.decode("latin-1")).get("age", [""])[0]
    return monotonic() - int(text) / 1000 if text.isdecimal() and len(text) < 12 else None


def _session_key(cookie_header: str) -> str | None:
    try:
        cookies = http.cookies.SimpleCookie(cookie_header)
    except http.cookies.CookieError:
        return None
    morsel = cookies.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else None
