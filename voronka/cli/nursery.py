"""The nursery: loads the code once, then forks web and worker out of itself.

What they share stays in memory once, and a child that died is back at once. It never opens a
connection and never starts a thread, for neither survives a fork.
"""

import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Annotated, NoReturn

import typer
from setproctitle import setproctitle

from voronka.cli.delays import next_delay
from voronka.cli.refusals import explain, warn
from voronka.cli.words import gettext as _

_TICK = 0.2  # seconds between looks at the children
_STOP_WITHIN = 9.0  # seconds for web and worker; after that they are killed


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(hidden=True)(nursery)


def nursery(socket_number: int, parent: int, demo: Annotated[bool, typer.Option()] = True) -> None:
    """Prepare the house, then keep web and worker alive; for `voronka run` only."""
    from voronka.cli import database

    os.environ["SPT_NOENV"] = "1"  # titles leave the environment readable in /proc
    setproctitle("voronka nursery")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    children: list[Child] = []
    try:
        _load("voronka.urls", "voronka.automation.worker")
        if not _prepared(stop, parent, demo=demo):
            sys.exit(1)
        _load("voronka.asgi")  # looks once for the assets, so they must be there
        children = _children(socket.socket(fileno=socket_number))
        while os.getppid() == parent and not stop.is_set():
            for child in children:
                child.look_after()
            stop.wait(_TICK)
    finally:
        _stop(children)
        # A child that had to be killed could not do it, nor can a supervisor that was killed.
        database.stop_unless_held()


def _load(*names: str) -> None:
    """Import what the children need, and keep it out of the garbage collector's rounds."""
    import django

    django.setup()
    for name in names:
        import_module(name)
    gc.collect()
    gc.freeze()


def _prepared(stop: threading.Event, parent: int, *, demo: bool) -> bool:
    """Bring tables and assets up to date in a child; False when that failed."""
    from voronka.cli.preparing import prepare

    child = Child("prepare", partial(prepare, demo=demo))
    child.start()
    while child.alive():
        if os.getppid() != parent or stop.wait(_TICK / 10):
            child.end(time.monotonic() + _STOP_WITHIN)
            return True
    return child.code == 0


def _children(listener: socket.socket) -> list["Child"]:
    from voronka import settings
    from voronka.cli.web import serve
    from voronka.cli.worker import work

    def worker() -> None:
        listener.close()
        work(post=True)

    webs = range(1, settings.WEB_PROCESSES + 1)
    return [*(Child(f"web {n}", partial(serve, listener)) for n in webs), Child("worker", worker)]


def _stop(children: list["Child"]) -> None:
    """Ask all to end; kill what does not in time."""
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + _STOP_WITHIN
    for child in children:
        child.end(deadline)


@dataclass
class Child:
    """A fork of this process that does one thing."""

    name: str
    does: Callable[[], None]
    pid: int = 0
    code: int = 0
    started: float = 0.0
    delay: float = 0.0
    not_before: float = 0.0

    def start(self) -> None:
        """Start it in a session of its own: Ctrl-C reaches the supervisor only."""
        self.started = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            _live(self, parent)

    def alive(self) -> bool:
        """Whether it still runs; its exit code is in `code` afterwards."""
        if self.pid:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.pid, self.code = 0, os.waitstatus_to_exitcode(status)
        return bool(self.pid)

    def signal(self, number: int) -> None:
        """Send a signal, if there is still somebody to hear it."""
        if self.alive():
            os.kill(self.pid, number)

    def end(self, deadline: float) -> None:
        """Ask it to end and wait until `deadline` (of the monotonic clock); then kill it."""
        self.signal(signal.SIGTERM)
        while self.alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.signal(signal.SIGKILL)
        if self.pid:
            os.waitpid(self.pid, 0)
            self.pid = 0

    def look_after(self) -> None:
        """Start it, or bring it back: at once the first time, later and later if it keeps dying."""
        if self.alive():
            return
        now = time.monotonic()
        if self.started and self.not_before <= self.started:
            self.delay = next_delay(self.delay, lived=now - self.started)
            self.not_before = now + self.delay
            told = _("%(name)s ended (code %(code)d); back in %(delay).1f s")
            warn(told % {"name": self.name, "code": self.code, "delay": self.delay})
        if now >= self.not_before:
            self.start()


def _live(child: Child, parent: int) -> NoReturn:
    """Be the child: do its work and go, without running what the nursery has still to do."""
    code = 1
    try:
        os.setsid()
        setproctitle(f"voronka {child.name}")
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        from voronka.cli.web import stop_with

        stop_with(parent)
        child.does()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except KeyboardInterrupt:
        code = 0
    except BaseException as error:
        if not explain(error):
            sys.excepthook(*sys.exc_info())
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
