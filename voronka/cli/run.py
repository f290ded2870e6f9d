"""`voronka run`: the supervisor. Database, tables, web and worker in one foreground command.

It stays small: Django lives in the nursery, which forks web and worker. Whatever dies comes back,
the database too.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from voronka.cli.delays import next_delay
from voronka.cli.preparing import DEMO_LOGINS, NOBODY_YET
from voronka.cli.refusals import warn
from voronka.cli.words import gettext as _
from voronka.kernel import first_run
from voronka.kernel.errors import DomainError

_TICK = 0.2  # seconds between looks at the nursery and the database
_STOP_WITHIN = 10.0  # seconds for the nursery; after that it is killed


class AlreadyRunning(DomainError):
    """Another supervisor works with this home."""

    code = "already_running"


class NotPrepared(DomainError):
    """Tables, assets or the demo company could not be made."""

    code = "not_prepared"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)


def run(
    reload: Annotated[bool, typer.Option(help="Restart when the code changes")] = False,
    demo: Annotated[
        bool,
        typer.Option(
            envvar="VORONKA_DEMO",
            help="Load the demo company on the first start; without it a page asks for the owner",
        ),
    ] = True,
) -> None:
    """Run Voronka: database, web and worker, until Ctrl-C."""
    from voronka import settings
    from voronka.cli import database
    from voronka.cli.web import listen

    began = time.monotonic()
    settings.HOME.mkdir(parents=True, exist_ok=True)
    with only_one(settings.HOME), listen() as listener:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        print(_("Starting the database …"), flush=True)
        with database.serving():
            _supervise(_Supervisor(listener, stop, demo=demo), began=began, reload=reload)
            print(_("Stopping …"), flush=True)
    print(_("Stopped."), flush=True)


def _supervise(supervisor: "_Supervisor", *, began: float, reload: bool) -> None:
    from voronka import settings

    try:
        supervisor.start()
        if supervisor.wait_until_answering():
            _greet(settings.HOME, time.monotonic() - began)
        if reload:
            supervisor.watch_code()
        supervisor.watch()
    finally:
        supervisor.stop_nursery()


_VORONKA = (sys.executable, "-m", "voronka.cli.main")


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the home; the lock goes with the process, however it ends."""
    with (home / "run.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                _(
                    "Voronka runs already with the data directory %(home)s. Stop it first, or "
                    "give this one a directory and a port of its own (VORONKA_HOME, PORT)."
                )
                % {"home": home}
            ) from None
        yield


def _greet(home: Path, seconds: float) -> None:
    from voronka import settings

    told = {"seconds": seconds, "url": settings.PUBLIC_URL}
    print("\n" + _("Voronka is ready in %(seconds).1f s:  %(url)s") % told + "\n")
    logins = home / DEMO_LOGINS
    if logins.exists():
        print(_("Demo log-ins (e-mail, password, role):"))
        for line in logins.read_text().splitlines():
            print(f"  {line}")
        print()
        print(_("Be a client of the demo company: its site and your mailbox"))
        print(f"  {settings.PUBLIC_URL}/demo/site/\n  {settings.PUBLIC_URL}/demo/mail/\n")
    if (home / NOBODY_YET).exists():
        print(_("Nobody works here yet. Open this address to become the owner:"))
        print(f"  {first_run.link(settings.PUBLIC_URL, settings.SECRET_KEY)}\n")
    print(_("Ctrl-C stops it."), flush=True)


class _Supervisor:
    def __init__(self, listener: socket.socket, stop: threading.Event, *, demo: bool) -> None:
        self._stop = stop
        self._listener = listener
        number = listener.fileno()
        said = "--demo" if demo else "--no-demo"
        self._command = [*_VORONKA, "nursery", str(number), str(os.getpid()), said]
        self._nursery: subprocess.Popen[bytes] | None = None
        self._answered = False
        self._started = self._delay = 0.0

    def start(self) -> None:
        """Start the nursery in a session of its own: Ctrl-C reaches the supervisor only."""
        self._started = time.monotonic()
        self._nursery = subprocess.Popen(  # noqa: S603
            self._command, pass_fds=(self._listener.fileno(),), start_new_session=True
        )

    def wait_until_answering(self) -> bool:
        """Wait until web answers /health; False when told to stop meanwhile."""
        import http.client

        host, port = self._listener.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        while not self._stop.is_set():
            self._look_after_nursery()
            asked = http.client.HTTPConnection(host, port, timeout=2)
            try:
                asked.request("GET", "/health", headers={"Host": "localhost"})
                asked.getresponse()
            except OSError:
                self._stop.wait(0.05)
            else:
                self._answered = True
                return True
            finally:
                asked.close()
        return False

    def watch(self) -> None:
        """Bring back what dies, until told to stop."""
        while not self._stop.wait(_TICK):
            self._look_after_database()
            self._look_after_nursery()

    def watch_code(self) -> None:
        """Restart the nursery when a source file changes (for development)."""
        from watchfiles import PythonFilter, watch

        def restart() -> None:
            for _changes in watch(
                Path(__file__).parent.parent, watch_filter=PythonFilter(), stop_event=self._stop
            ):
                if self._nursery:
                    self._nursery.terminate()

        threading.Thread(target=restart, name="code-watch", daemon=True).start()

    def _look_after_database(self) -> None:
        from voronka import settings
        from voronka.cli import database
        from voronka.cli.postgres import Cluster

        if not database.is_embedded() or Cluster(settings.HOME).running():
            return
        warn(_("The database died; starting it again …"))
        try:
            database.ensure(Cluster(settings.HOME))
        except DomainError as trouble:
            warn(str(trouble) + " " + _("Trying again."))
            self._stop.wait(2)

    def _look_after_nursery(self) -> None:
        if not self._nursery or (code := self._nursery.poll()) is None:
            return
        if code > 0 and not self._answered:
            raise NotPrepared(_("Voronka did not start; the reason stands above."))
        if code:
            told = _("The nursery of web and worker ended (code %(code)d); starting it again …")
            warn(told % {"code": code})
            # Short: while there is no nursery, nobody stops the database if we are killed.
            self._delay = next_delay(self._delay, lived=time.monotonic() - self._started)
            self._stop.wait(self._delay)
        if not self._stop.is_set():
            self.start()

    def stop_nursery(self) -> None:
        """Ask the nursery to end with its children; kill it when it does not in time."""
        if not self._nursery:
            return
        self._nursery.terminate()
        try:
            self._nursery.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._nursery.kill()
            self._nursery.wait()
