"""The listeners: a thread of each worker process that hears channels without webhooks.

Each channel is heard by one process at a time, however many there are: a lock of the database
says by which, and falls with its process. A listener that fails is started again after a pause,
and says so at its channel.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

import psycopg
from django.conf import settings
from django.db import close_old_connections, connections
from django.utils.translation import gettext as _
from django.utils.translation import override

from voronka.channels.commands import move_cursor, note_problem, receive
from voronka.channels.contract import BadEvent, Ears, NotHeard, RawEvent
from voronka.channels.facts import facts_of
from voronka.channels.models import Channel
from voronka.channels.queries import heard_channels
from voronka.channels.registry import provider_of
from voronka.kernel.errors import Sentence
from voronka.people.queries import company

LOOK_EVERY = 5.0  # seconds between looks at which channels there are
LONGEST_PAUSE = 300.0  # seconds between two attempts on a channel that fails
_STEADY = 60.0  # a listener that lived so long starts its pauses anew
_LOCKS = 7306  # first key of our advisory locks; the second is the channel
_END_WITHIN = 0.5  # seconds for listeners to end; one that is cut off loses nothing

logger = logging.getLogger(__name__)


@contextmanager
def listening() -> Iterator[None]:
    """Hear the channels in threads of this process for the block."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(stop,), name="listeners", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=2 * _END_WITHIN)


def _run(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            _look_after(stop)
        except (psycopg.Error, OSError) as error:
            logger.warning("The listeners lost the database (%s); trying again", error)
        except Exception:
            logger.exception("The listeners stumbled; trying again")
        finally:
            with suppress(Exception):
                connections.close_all()
        stop.wait(1.0)


def _look_after(stop: threading.Event) -> None:
    """Keep a listener for each channel that is ours; ends them all when it ends."""
    listeners: dict[int, Listener] = {}
    arguments = _connection_arguments()
    try:
        with psycopg.connect(**arguments, autocommit=True) as locks:
            while not stop.is_set():
                close_old_connections()
                wanted = heard_channels()
                for pk, listener in list(listeners.items()):
                    if wanted.get(pk) != listener.version:
                        listener.end()
                        del listeners[pk]
                        locks.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCKS, pk])
                for pk, version in wanted.items():
                    if pk not in listeners and _is_ours(locks, pk):
                        listeners[pk] = Listener.start(pk, version)
                connections.close_all()
                locks.execute("SELECT 1")  # a broken connection has lost our locks
                stop.wait(LOOK_EVERY)
    finally:
        for listener in listeners.values():
            listener.stop.set()
        for listener in listeners.values():
            listener.end()


def _is_ours(locks: psycopg.Connection[Any], channel_id: int) -> bool:
    row = locks.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCKS, channel_id]).fetchone()
    return row is not None and bool(row[0])


def _connection_arguments() -> dict[str, Any]:
    connections["default"].ensure_connection()
    arguments = dict(connections["default"].get_connection_params())
    for name in ("cursor_factory", "context", "pool"):
        arguments.pop(name, None)
    return arguments


@dataclass(slots=True)
class Listener:
    """The thread that hears one channel."""

    channel_id: int
    version: str  # of the channel's settings
    stop: threading.Event
    thread: threading.Thread

    @classmethod
    def start(cls, channel_id: int, version: str) -> Listener:
        """Start hearing a channel."""
        stop = threading.Event()
        name = f"channel {channel_id}"
        thread = threading.Thread(target=hear, args=(channel_id, stop), name=name, daemon=True)
        thread.start()
        return cls(channel_id, version, stop, thread)

    def end(self) -> None:
        """Stop hearing; waits a little."""
        self.stop.set()
        self.thread.join(timeout=_END_WITHIN)


def hear(channel_id: int, stop: threading.Event) -> None:
    """Hear a channel until told to stop; start again with growing pauses when that fails."""
    pause = 0.0
    with override(settings.LANGUAGE_CODE):
        while not stop.is_set():
            began = monotonic()
            _attempt(channel_id, stop)
            pause = 0.0 if monotonic() - began > _STEADY else pause
            pause = min(LONGEST_PAUSE, pause * 2 or 2.0)
            stop.wait(pause)


def _attempt(channel_id: int, stop: threading.Event) -> None:
    """Hear a channel once, and note what ended it."""
    try:
        channel = _channel(channel_id)
        if channel is None:
            return
        with override(company().language):
            try:
                ears = ChannelEars(channel, stop)
                provider_of(channel.provider).listen(facts_of(channel), ears)
            except (NotHeard, BadEvent) as failure:
                note_problem(channel_id, str(failure))
    except Exception as error:
        logger.exception("Channel %s could not be heard", channel_id)
        with suppress(Exception):
            why = _("An unexpected error: %(error)s") % {"error": type(error).__name__}
            note_problem(channel_id, why)
    finally:
        with suppress(Exception):
            connections.close_all()


def _channel(channel_id: int) -> Channel | None:
    rows = Channel.objects.active().select_related("pipeline__item_type", "source", "owner")
    return rows.filter(pk=channel_id).first()


class ChannelEars(Ears):
    """Stores what a channel's listener hears; holds no connection while nothing comes in."""

    def __init__(self, channel: Channel, stop: threading.Event) -> None:
        self.cursor = channel.cursor
        self._channel = channel
        self._stop = stop
        self._told: Sentence | None = None

    def hear(self, event: RawEvent) -> None:
        receive(_channel(self._channel.pk) or self._channel, event)

    def move(self, cursor: Mapping[str, Any]) -> None:
        self.cursor = dict(cursor)
        move_cursor(self._channel.pk, cursor)

    def well(self, problem: Sentence = "") -> None:
        if problem != self._told:
            note_problem(self._channel.pk, str(problem))
            self._told = problem

    def wait(self, seconds: float) -> bool:
        if seconds:
            connections.close_all()
            self._stop.wait(seconds)
        return self._stop.is_set()
