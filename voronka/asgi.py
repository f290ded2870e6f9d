"""The front of a web process: answers the live streams itself, hands the rest to Django's WSGI."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from django.conf import settings

from voronka.wsgi import application as pages  # sets Django up, so it comes before the stream

from voronka.web.chat.stream import PATH as CHAT_PATH  # isort: skip
from voronka.web.chat.stream import ChatStream  # isort: skip
from voronka.web.live.stream import LiveStream  # isort: skip

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LIVE_PATH = "/live"
live = LiveStream()
chat = ChatStream()
_threads: Any = WSGIMiddleware(cast(Any, pages), workers=settings.WEB_THREADS)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one connection (ASGI 3)."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] == LIVE_PATH:
        await live(scope, receive, send)
    elif scope["type"] == "http" and CHAT_PATH.fullmatch(scope["path"]):
        await chat(scope, receive, send)
    else:
        await _threads(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            live.open()
            chat.open()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await live.close()
            await chat.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
