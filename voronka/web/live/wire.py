"""What streams have in common: the bare ASGI they speak, and threads for the database."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.conf import settings
from django.db import connections
from django.http.request import split_domain_port, validate_host

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
T = TypeVar("T")

HEARTBEAT = 15.0  # seconds between signs of life
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def start(send: Send) -> None:
    """Begin a stream of events."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})


async def say(send: Send, frame: bytes) -> None:
    """Send one frame of a stream."""
    await send({"type": "http.response.body", "body": frame, "more_body": True})


async def finish(send: Send) -> None:
    """End a stream."""
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def refuse(send: Send, status: int) -> None:
    """Answer without a stream."""
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def gone(receive: Receive) -> None:
    """Wait until the browser has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def headers_of(scope: Scope) -> dict[bytes, str]:
    """Return the request's headers; names are lower-case."""
    return {name: value.decode("latin-1") for name, value in scope["headers"]}


def is_our_host(host: str) -> bool:
    """Whether the request was meant for us."""
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)


async def in_thread(threads: ThreadPoolExecutor, function: Callable[..., T], *args: Any) -> T:
    """Call what asks the database, in one of `threads`, with a connection of its own."""
    call = functools.partial(_with_own_connection, function, *args)
    return await asyncio.get_running_loop().run_in_executor(threads, call)


def _with_own_connection(function: Callable[..., T], *args: Any) -> T:
    try:
        return function(*args)
    finally:
        connections.close_all()  # back to the pool
