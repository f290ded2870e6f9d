"""Keeps the sample post office open inside the worker of a house with the demo company.

A thread of its own with its own loop: a process more would cost three times the memory.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import connections

from voronka.channels.commands import ChannelSpec, change_channel
from voronka.channels.models import Channel
from voronka.demo.post.places import HERE, Ports, ports_of
from voronka.demo.queries import demo_mailbox
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError

_PAUSE = 5.0  # seconds before it is opened again after something went wrong
_CLOSES_WITHIN = 2.0  # seconds

logger = logging.getLogger(__name__)


@contextmanager
def sample_post() -> Iterator[None]:
    """Keep the servers of the demo company's mailbox open for the block; nothing without one."""
    channel = demo_mailbox()
    if channel is None:
        yield
        return
    keeper = Keeper(Path(settings.HOME) / "mail", ports_of(channel))
    _settle(channel, keeper.ports)
    connections.close_all()
    with keeper.open():
        yield


def _settle(channel: Channel, ports: Ports) -> None:
    """Tell the mailbox where its servers are, when the ports it knows were taken."""
    try:
        if ports_of(channel) != ports:
            move_mailbox(channel, ports)
    except DomainError as refusal:  # somebody has put away what it refers to
        logger.warning("The sample mailbox could not be told its ports %s: %s", ports, refusal)


def move_mailbox(channel: Channel, ports: Ports) -> Channel:
    """Let the mailbox look for its servers at other ports; all else stays."""
    spec = ChannelSpec(
        name=channel.name,
        settings={**channel.settings, "imap_port": ports.imap, "smtp_port": ports.smtp},
        pipeline_id=channel.pipeline_id,
        source_id=channel.source_id,
        owner_id=channel.owner_id,
        distribution_id=channel.distribution_id,
        usual_pause=channel.usual_pause,
    )
    return change_channel(channel.pk, spec, by=Actor.system("demo"))


class Keeper:
    """The thread that keeps an office open; opens it again when that fails.

    The ports are held from the start: whoever comes before the thread is ready waits for its
    turn and is not sent away.
    """

    def __init__(self, home: Path, ports: Ports) -> None:
        self._home = home
        self._sockets = _listeners(ports)
        self.ports = Ports(*(one.getsockname()[1] for one in self._sockets))
        self._stop = threading.Event()
        self._close: Callable[[], object] = lambda: None

    @contextmanager
    def open(self) -> Iterator[None]:
        """Answer for the block; what was taken is on the disk already when it ends."""
        thread = threading.Thread(target=self._run, name="sample post", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            with suppress(RuntimeError):  # its loop is closed: it has ended by itself
                self._close()
            thread.join(_CLOSES_WITHIN)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                asyncio.run(self._keep())
            except Exception:
                logger.exception("The sample mail server stumbled; opening it again")
                self._stop.wait(_PAUSE)
                self._sockets = _listeners(self.ports)

    async def _keep(self) -> None:
        from voronka.demo.post.office import Office  # its libraries are loaded only when wanted

        closed = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._close = lambda: loop.call_soon_threadsafe(closed.set)
        if self._stop.is_set():
            return
        async with AsyncExitStack() as stack:
            for one in self._sockets:
                stack.enter_context(one)
            await Office(self._home, *self._sockets).open(stack)
            await closed.wait()


def _listeners(ports: Ports) -> tuple[socket.socket, socket.socket]:
    """Return sockets that listen, for IMAP and SMTP."""
    return _listener(ports.imap), _listener(ports.smtp)


def _listener(port: int) -> socket.socket:
    """Return a socket that listens at a port of this machine; at any free one if it is taken."""
    try:
        return socket.create_server((HERE, port))
    except OSError:
        return socket.create_server((HERE, 0))
