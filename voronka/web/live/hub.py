"""Hands every announcement of the database to the streams of this process that may see it."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from voronka.journal.live import CHANNEL
from voronka.web.live.listener import Listener

logger = logging.getLogger(__name__)

Announcement = dict[str, Any]  # v(erb), s(ubject type), i(d), p(ipeline), o(wner): ids only
Filter = Callable[[Announcement], bool | None]  # None: these rights are too old to tell

_QUEUE = 200  # announcements a slow browser may lag behind
_KEPT = 1000  # of the last announcements, for pages that were drawn before their stream began
_OLDEST = 60.0  # seconds; an older page reads all anew
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
        if _moves_pages(said, self.user_id):
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


def _moves_pages(said: Announcement, user_id: int) -> bool:
    """Whether it may change what stands on this person's pages; others' own data does not."""
    return said.get("s") != "user" or said.get("i") == user_id


def event(name: str, data: str = "{}") -> bytes:
    """Return one server-sent event."""
    return f"event: {name}\ndata: {data}\n\n".encode()


class Hub:
    """Listens to the database and fans out. Lives in the event loop of one web process."""

    def __init__(self) -> None:
        self._clients: set[Client] = set()
        self._last: deque[tuple[float, Announcement, bytes]] = deque(maxlen=_KEPT)
        self._listener = Listener(CHANNEL, self.publish, missed=self.resync)

    def open(self) -> None:
        """Begin to listen."""
        self._listener.open()

    async def close(self) -> None:
        """Stop listening and end all streams."""
        self.end_all()
        await self._listener.close()

    def end_all(self) -> None:
        for client in list(self._clients):
            client.end()

    def add(self, client: Client, *, since: float | None = None) -> None:
        """Let a stream hear what is announced, and first what was since its page was drawn.

        Args:
            since: when the page was asked for, on the monotonic clock (seconds); None: no page.
        """
        self._clients.add(client)
        if since is None:
            return
        full = len(self._last) == _KEPT and self._last[0][0] > since
        if full or monotonic() - since > _OLDEST:
            client.offer(event(RESYNC))
            return
        told = []
        for at, said, frame in self._last:
            if at < since:
                continue
            if _touches_rights(said, client.user_id):
                if _moves_pages(said, client.user_id):
                    client.offer(event(RESYNC))
                    return
            elif client.hears(said):  # its rights were read a moment ago: newer than all of this
                told.append(frame)
        for frame in told:
            client.offer(frame)

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
        self._last.append((monotonic(), said, frame))
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
        self._last.clear()
        for client in list(self._clients):
            client.offer(event(RESYNC))
