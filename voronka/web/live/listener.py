"""One connection that listens to the database for a web process, and comes back when it is lost."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import connections

from voronka.kernel.telling import LOOK_ANEW, Channel

logger = logging.getLogger(__name__)
_RECONNECT = 1.0  # seconds


class Listener:
    """Calls `heard` with every announcement of one channel of the database.

    Args:
        missed: called when something may have been said that was not heard.
    """

    def __init__(
        self, channel: Channel, heard: Callable[[str], None], *, missed: Callable[[], None]
    ) -> None:
        self._channel = channel
        self._heard = heard
        self._missed = missed
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to listen; called inside the event loop."""
        self._task = asyncio.create_task(self._listen(), name=f"listener-{self._channel.name}")

    async def close(self) -> None:
        """Stop listening."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        lost = False
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    **_connection_arguments(), autocommit=True
                )
                async with connection:
                    await connection.execute(f"LISTEN {self._channel.name}")
                    if lost:
                        self._missed()
                    async for notice in connection.notifies():
                        if notice.payload == LOOK_ANEW:
                            self._missed()
                        else:
                            self._heard(notice.payload)
            except (psycopg.Error, OSError) as error:
                logger.warning("The live updates lost the database (%s); trying again", error)
            lost = True
            await asyncio.sleep(_RECONNECT)


def _connection_arguments() -> dict[str, Any]:
    arguments = connections["default"].get_connection_params()
    for name in ("cursor_factory", "context", "pool"):
        arguments.pop(name, None)
    return arguments
