"""How the installation is: what the health check, the company page and people ask."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

WORKER_DEAD_AFTER = 30.0  # seconds without a heartbeat
_LONGEST_WALK = 1.0  # seconds that counting files may take

_WORK = """
SELECT extract(epoch FROM now() - max(last_heartbeat))::float,
       (SELECT count(*) FROM procrastinate_jobs
        WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))
FROM procrastinate_workers
"""
_DATABASE = """
SELECT current_setting('server_version'), pg_database_size(current_database()),
       (SELECT count(*) FROM (SELECT 1 FROM procrastinate_jobs WHERE status = 'failed'
        LIMIT 1000) failed)
"""


@dataclass(frozen=True, slots=True)
class Work:
    """The worker and its queue.

    Attributes:
        heartbeat: age of the youngest sign of life in seconds; None: there is no worker.
        waiting: jobs that are due and wait.
    """

    heartbeat: float | None
    waiting: int

    @property
    def is_alive(self) -> bool:
        """Whether a worker has given a sign of life lately."""
        return self.heartbeat is not None and self.heartbeat <= WORKER_DEAD_AFTER


@dataclass(frozen=True, slots=True)
class Database:
    """The database: its version, its size in bytes, and jobs that failed for good."""

    version: str
    size: int
    failed_jobs: int  # 1,000 at most


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory: bytes and files in it; `whole` is False when counting took too long."""

    size: int
    files: int
    whole: bool


def work() -> Work:
    """Ask for the worker and the queue. One SQL query."""
    with connection.cursor() as cursor:
        cursor.execute(_WORK)
        heartbeat, waiting = cursor.fetchone()
    return Work(heartbeat, waiting)


def database() -> Database:
    """Ask for the database itself. One SQL query."""
    with connection.cursor() as cursor:
        cursor.execute(_DATABASE)
        version, size, failed = cursor.fetchone()
    return Database(str(version).split(" ")[0], size, failed)


def folder(path: Path) -> Folder:
    """Sum up a directory, for a second at most."""
    until = time.monotonic() + _LONGEST_WALK
    size = files = 0
    for place, _folders, names in os.walk(path):
        for name in names:
            try:
                size += (Path(place) / name).stat().st_size
            except OSError:  # taken away meanwhile
                continue
            files += 1
        if time.monotonic() > until:
            return Folder(size, files, False)
    return Folder(size, files, True)
