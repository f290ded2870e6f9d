"""Hands every announcement of the database to the streams of this process that may see it."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import connections

from voronka.journal.live import CHANNEL

logger = logging.getLogger(__name__)

Announcement = dict[str, Any]  # v(erb), s(ubject type), i(d), p(ipeline), o(wner): ids only
Filter = Callable[[Announcement], bool | None]  # None: these rights are too old to tell

_QUEUE = 200  # announcements a slow browser may lag behind
_RECONNECT = 1.0  # seconds
_RIGHTS = frozenset({"role", "department", "pipeline"})  # a change may move what anybody sees
_PEOPLE = frozenset(
    {"user.created", "user.accepted", "user.changed", "user.dismissed", "user.reopened"}
)
_BELL = "user.notified"  # tells a person something and changes nothing of their rights

CHANGE, RESYNC = "change", "resync"


class Client:
    """One open stream: whose it is, what it may hear, and what waits to be sent."""

    def __init__(self, user_id: int, session_key: str, hears: Filter) -> None:
        self.user_id = user_id
        self.session_key = session_key
        self.hears = hears
        self.doubts = 0  # how often the rights may have changed since the stream began
        self.stale = False  # they are in doubt now; nothing is told before they are known again
        self.missed = False  # something was left out meanwhile
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(_QUEUE)

    def offer(self, frame: bytes) -> None:
        """Queue a frame; a browser that lags too far behind is told to read all anew."""
        try:
            self._waiting.put_nowait(frame)
        except asyncio.QueueFull:
            self._drain()
            self._waiting.put_nowait(event(RESYNC))

    def doubt(self, said: Announcement) -> None:
        """Have the rights looked at again before anything else is told."""
        self.doubts += 1
        self.stale = True
        # Another person's own data moves nothing on this page; all else may.
        if said.get("s") != "user" or said.get("i") == self.user_id:
            self.missed = True
        self.offer(b"")  # wakes the stream

    def trust(self) -> None:
        """Take the rights as known again; what was left out is made up for by reading anew."""
        self.stale = False
        if self.missed:
            self.missed = False
            self.offer(event(RESYNC))

    def end(self) -> None:
        """Close the stream after what is sent already."""
        self._drain()
        self._waiting.put_nowait(None)

    async def next(self, timeout: float) -> bytes | None:
        """Return the next frame, or None when the stream is to end.

        Raises:
            TimeoutError: nothing came.
        """
        return await asyncio.wait_for(self._waiting.get(), timeout)

    def _drain(self) -> None:
        while not self._waiting.empty():
            self._waiting.get_nowait()


def _touches_rights(said: Announcement, user_id: int) -> bool:
    """Whether it may change what this person sees, or end their session."""
    if said.get("s") == "user":
        about_them = said.get("i") == user_id and said.get("v") != _BELL
        return about_them or said.get("v") in _PEOPLE
    return said.get("s") in _RIGHTS


def event(name: str, data: str = "{}") -> bytes:
    """Return one server-sent event."""
    return f"event: {name}\ndata: {data}\n\n".encode()


class Hub:
    """Listens to the database and fans out. Lives in the event loop of one web process."""

    def __init__(self) -> None:
        self._clients: set[Client] = set()
        self._listener: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to listen."""
        self._listener = asyncio.create_task(self._listen(), name="live-listener")

    async def close(self) -> None:
        """Stop listening and end all streams."""
        self.end_all()
        if self._listener:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener

    def end_all(self) -> None:
        for client in list(self._clients):
            client.end()

    def add(self, client: Client) -> None:
        self._clients.add(client)

    def remove(self, client: Client) -> None:
        self._clients.discard(client)

    def publish(self, payload: str) -> None:
        """Offer an announcement to everybody who may hear it."""
        try:
            said: Announcement = json.loads(payload)
        except ValueError:
            logger.warning("An announcement that is not JSON was left out")
            return
        frame = event(CHANGE, payload)
        for client in list(self._clients):
            if _touches_rights(said, client.user_id):
                client.doubt(said)
            elif client.stale:
                client.missed = True  # a resync follows when the rights are known again
            elif (heard := client.hears(said)) is None:
                client.doubt(said)
            elif heard:
                client.offer(frame)

    def resync(self) -> None:
        """Tell everybody to read anew: announcements may have been lost."""
        for client in list(self._clients):
            client.offer(event(RESYNC))

    async def _listen(self) -> None:
        lost = False
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    **_connection_arguments(), autocommit=True
                )
                async with connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    if lost:
                        self.resync()
                    async for notice in connection.notifies():
                        self.publish(notice.payload)
            except (psycopg.Error, OSError) as error:
                logger.warning("The live updates lost the database (%s); trying again", error)
            lost = True
            await asyncio.sleep(_RECONNECT)


def _connection_arguments() -> dict[str, Any]:
    arguments = connections["default"].get_connection_params()
    for name in ("cursor_factory", "context", "pool"):
        arguments.pop(name, None)
    return arguments
