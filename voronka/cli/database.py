"""The database an installation works with: the embedded one, or the one DATABASE_URL names.

Every process that works with the embedded server holds a shared lock on its home. Whoever lets go
last stops the server, so a command never takes the database away from a running installation, and
a kill -9 of any holder frees its lock by itself.
"""

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql

from voronka import settings
from voronka.cli.postgres import Cluster, DatabaseTrouble
from voronka.cli.words import gettext as _
from voronka.kernel import embedded, env

_OLDEST = 15  # PostgreSQL major version


def is_embedded() -> bool:
    """Say whether this installation runs its own database server."""
    return not env.text("DATABASE_URL")


_DJANGOS = {"pool", "server_side_binding", "prepare_threshold"}  # options that are not libpq's


def connection_arguments() -> dict[str, Any]:
    """Return psycopg's arguments for the configured database."""
    chosen = settings.DATABASES["default"]
    named = {
        "dbname": chosen["NAME"],
        "user": chosen["USER"],
        "password": chosen["PASSWORD"],
        "host": chosen["HOST"],
        "port": chosen["PORT"],
    }
    options = {key: value for key, value in chosen["OPTIONS"].items() if key not in _DJANGOS}
    return {key: value for key, value in named.items() if value} | options


@contextmanager
def serving() -> Iterator[None]:
    """Keep the database up for the length of the block.

    Raises:
        DatabaseTrouble: it cannot be started, does not answer, or is too old.
    """
    if not is_embedded():
        check_server()
        yield
        return
    settings.HOME.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(settings.HOME)
    _leave_properly()
    with _lock_file("database.lock") as holders:
        try:
            fcntl.flock(holders, fcntl.LOCK_SH)  # waits while the last holder stops the server
            with _undisturbed():
                ensure(cluster)
            yield
        finally:
            _deaf()  # a second SIGTERM must not cut the stop short
            fcntl.flock(holders, fcntl.LOCK_UN)
            _stop_unless_held(cluster, holders)


def stop_unless_held() -> None:
    """Stop the embedded server if nobody works with it: for whoever killed the last that did."""
    if is_embedded():
        with _lock_file("database.lock") as holders:
            _stop_unless_held(Cluster(settings.HOME), holders)


def _stop_unless_held(cluster: Cluster, holders: int) -> None:
    with suppress(BlockingIOError):
        fcntl.flock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
        cluster.stop()


def ensure(cluster: Cluster) -> None:
    """Start the embedded server when it is down, and make its database; one process at a time."""
    with _lock_file("database.start.lock") as starter:
        fcntl.flock(starter, fcntl.LOCK_EX)
        if not cluster.ready():
            cluster.start()
        _create_database()


def _leave_properly() -> None:
    """Have SIGTERM end the process the way an exception does, so that the block above is left."""
    main_thread = threading.current_thread() is threading.main_thread()
    if main_thread and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back SIGTERM for the block: a start that is cut in half leaves a server to nobody."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
    if heard:
        signal.raise_signal(heard[0])


def _deaf() -> None:
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)


def server_version() -> int:
    """Return the major version of the configured server, which must be up."""
    with psycopg.connect(**connection_arguments()) as connection:
        return connection.info.server_version // 10000


def check_server() -> None:
    """Ask the configured server for its version, and its database for its letters.

    Raises:
        DatabaseTrouble: it does not answer, is older than PostgreSQL 15, or its database keeps
            no Cyrillic or does not know that "Ж" and "ж" are one letter.
    """
    try:
        with psycopg.connect(**connection_arguments() | {"connect_timeout": 10}) as connection:
            version = connection.info.server_version // 10000
            _check_version(version)
            _check_letters(connection)
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1]
        raise DatabaseTrouble(
            _(
                "The database of DATABASE_URL does not answer (%(why)s). "
                "Check the address, the password and that the server runs."
            )
            % {"why": reason}
        ) from None


def _check_version(version: int) -> None:
    if version < _OLDEST:
        raise DatabaseTrouble(
            _(
                "The database of DATABASE_URL is PostgreSQL %(version)d; "
                "Voronka needs %(oldest)d or newer."
            )
            % {"version": version, "oldest": _OLDEST}
        )


def _check_letters(connection: psycopg.Connection[Any]) -> None:
    """Refuse a database in which names could not be kept, or not be found in the other case."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding == "UTF8":
        lowered = connection.execute("SELECT lower('\u0416') = '\u0436'").fetchone()
        if lowered == (True,):
            return
    raise DatabaseTrouble(
        _(
            "The database of DATABASE_URL does not know Cyrillic letters (encoding %(encoding)s). "
            "Make it anew: CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'."
        )
        % {"encoding": encoding}
    )


def _create_database() -> None:
    arguments = connection_arguments() | {"dbname": "postgres"}
    with psycopg.connect(**arguments, autocommit=True) as connection:
        name = embedded.DATABASE_NAME
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


@contextmanager
def _lock_file(name: str) -> Iterator[int]:
    file = os.open(settings.HOME / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield file
    finally:
        os.close(file)
