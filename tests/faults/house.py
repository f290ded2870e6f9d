"""A whole installation of its own: real processes that a test may kill."""

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests import homes
from voronka.kernel import embedded

PATIENCE = 60.0  # seconds; reached only when something is broken
ENDS = 60.0  # seconds until all that belongs to a killed supervisor is gone
FIRST_START = 180.0  # seconds; makes the database and its tables


class Installation:
    """A home, a port, and the supervisor that serves them."""

    def __init__(self, home: Path, *, migrated: bool = False) -> None:
        for folder in (home, home.parent, home.parent.parent):
            folder.chmod(0o755)  # the database's system user walks through
        if migrated:
            homes.settle(home)
        self.home = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self.output = home.with_suffix(".out")

    @property
    def environment(self) -> dict[str, str]:
        own = {"PORT": str(self.port)}
        own["VORONKA_FORM_RATE"] = "10000000"  # all visitors come from one address here
        return homes.environment(self.home) | own

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "voronka.cli.main", *arguments]

    def start(self) -> None:
        """Serve, and wait until it is healthy; what still runs is stopped before."""
        if self.process and self.process.poll() is None:
            self.stop()
        with self.output.open("w") as output:  # not a pipe: it would fill up and stop everything
            self.process = subprocess.Popen(
                self.command("run", "--no-demo"),
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for(self.healthy, within=FIRST_START)

    def stop(self) -> str:
        assert self.process
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=20)
        return self.output.read_text()

    def health(self) -> dict[str, object]:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            asked.request("GET", "/health")
            return json.loads(asked.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException):
            return {}
        finally:
            asked.close()

    def healthy(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.output.read_text()
        return self.health().get("status") == "ok"

    def child(self, name: str) -> psutil.Process | None:
        assert self.process
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if " ".join(child.cmdline()).startswith(f"voronka {name}"):
                    return child
        return None

    def postmaster(self) -> int:
        try:
            return int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])
        except (OSError, IndexError, ValueError):
            return 0

    def sql(self, statement: str) -> Any:
        """Return the first value of a query's first row; the database must be up."""
        database = embedded.database(self.home)
        with psycopg.connect(
            dbname=str(database["NAME"]), host=str(database["HOST"]), user="postgres"
        ) as connection:
            cursor = connection.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def script(self, *arguments: str) -> subprocess.Popen[str]:
        """Start one of the scenes of tests/faults/scene.py inside this installation."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.scene", *arguments],
            env=self.environment,
            cwd=homes.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def clear_away(self) -> None:
        """Kill what is left of it."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            for one in left_over(self.home):  # how they end by themselves is test_supervisor's
                with contextlib.suppress(psutil.Error):
                    one.kill()
            wait_for(lambda: not left_over(self.home), within=ENDS, told=self._who_is_left)

    def _who_is_left(self) -> str:
        left = [f"{one.pid} {' '.join(one.cmdline())[:60]}" for one in left_over(self.home)]
        return "\n".join(["left over:", *left, self.output.read_text()[-2000:]])


def wait_for(
    condition: Callable[[], object],
    *,
    within: float = PATIENCE,
    told: Callable[[], str] = lambda: "it did not happen in time",
) -> None:
    """Wait until a condition holds, at most `within` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)


def left_over(home: Path) -> list[psutil.Process]:
    """Return the processes that still work with the home."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            inside = str(home) in process.cwd()  # the database and its children
            if inside or process.environ().get("VORONKA_HOME") == str(home):
                found.append(process)
    return found
