"""The engine room: a thread of each worker process that keeps robots moving.

It sleeps until the database says that something may be due (NOTIFY), or until the next due moment,
and then works off events and runs. Any number of processes may do so: each takes what no other
holds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from time import monotonic
from typing import Any

import psycopg
from django.conf import settings
from django.db import close_old_connections, connection, connections
from django.utils import timezone
from django.utils.translation import override

from voronka.automation.commands.running import end_waits, run_due
from voronka.automation.commands.waking import CHANNEL, turn_wakes
from voronka.automation.models import Engine, RobotRun, Wake

LONGEST_NAP = 5.0  # seconds; a missed notice costs no more
_SHORTEST_NAP = 0.05  # seconds, while all that is due is held by others
_RECONNECT = 1.0  # seconds
_END_WITHIN = 1.0  # seconds; a batch that is cut off is rolled back and done again

logger = logging.getLogger(__name__)


def drain(*, now: datetime | None = None, limit: int = 1_000_000) -> int:
    """Work off what is there to do until nothing is left; return how many runs were looked at.

    Stops at `limit` runs. While the kill switch is set, events still become runs, and none acts.
    """
    done = 0
    with override(settings.LANGUAGE_CODE):
        while done < limit:
            turned = turn_wakes(now=now)
            ran = 0 if is_stopped() else run_due(now=now)
            done += ran
            if not turned and not ran:
                break
    return done


def is_stopped() -> bool:
    """Whether somebody has set the kill switch. One query."""
    return Engine.objects.filter(stopped_at__isnull=False).exists()


@contextmanager
def running() -> Iterator[None]:
    """Keep robots moving in a thread of this process for the block."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(stop,), name="robots", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=_END_WITHIN)


def _run(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            _listen(stop)
        except (psycopg.Error, OSError) as error:
            logger.warning("The robots lost the database (%s); trying again", error)
        except Exception:
            logger.exception("The robots stumbled; trying again")
        finally:
            with suppress(Exception):
                connections.close_all()
        stop.wait(_RECONNECT)


def _listen(stop: threading.Event) -> None:
    with psycopg.connect(**_connection_arguments(), autocommit=True) as ears:
        ears.execute(f"LISTEN {CHANNEL.name}")
        looked = 0.0
        while not stop.is_set():
            close_old_connections()
            if monotonic() - looked > LONGEST_NAP:
                end_waits()
                looked = monotonic()
            while drain(limit=200) and not stop.is_set():
                pass
            _nap(ears, stop)


def _nap(ears: psycopg.Connection[Any], stop: threading.Event) -> None:
    """Sleep until a notice comes, the next run is due, or the process is to end."""
    until = monotonic() + _seconds_to_next()
    while not stop.is_set() and (left := until - monotonic()) > 0:
        if list(ears.notifies(timeout=min(left, 0.5), stop_after=1)):
            return


def _seconds_to_next() -> float:
    if is_stopped():
        return LONGEST_NAP
    first = (
        RobotRun.objects.filter(state=RobotRun.State.PENDING)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )
    if Wake.objects.exists():
        return _SHORTEST_NAP
    if first is None:
        return LONGEST_NAP
    return min(LONGEST_NAP, max(_SHORTEST_NAP, (first - timezone.now()).total_seconds()))


def _connection_arguments() -> dict[str, Any]:
    connection.ensure_connection()
    arguments = connections["default"].get_connection_params()
    for name in ("cursor_factory", "context", "pool"):
        arguments.pop(name, None)
    return arguments
