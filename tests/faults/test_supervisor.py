"""`voronka run` under fire: whatever is killed comes back, and Ctrl-C leaves nothing behind."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

PATIENCE = 60.0  # seconds; reached only when something is broken


class Installation:
    """A home, a port, and the supervisor that serves them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("VORONKA_", "DATABASE_"))}
        return kept | {"VORONKA_HOME": str(self.home), "PORT": str(self.port)}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "voronka.cli.main", *arguments]

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command("run", "--no-demo"),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        wait_for(self.healthy)

    def stop(self) -> str:
        assert self.process
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=20)
        return output

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
        assert self.process.poll() is None, self.process.communicate()[0]
        return self.health().get("status") == "ok"

    def child(self, name: str) -> psutil.Process | None:
        assert self.process
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if name in child.cmdline():
                    return child
        return None

    def postmaster(self) -> int:
        try:
            return int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])
        except (OSError, IndexError, ValueError):
            return 0

    def sql(self, statement: str) -> str:
        code = (
            "from voronka.cli import database; import psycopg\n"
            "with database.serving(), psycopg.connect(**database.connection_arguments()) as c:\n"
            f"    cursor = c.execute({statement!r})\n"
            "    print(cursor.fetchone()[0] if cursor.description else '')"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("faults")
    for folder in (home, home.parent, home.parent.parent):
        folder.chmod(0o755)
    made = Installation(home)
    try:
        made.start()
        yield made
    finally:
        if made.process and made.process.poll() is None:
            made.process.kill()
            made.process.wait()
            wait_for(lambda: not _left_over(home))


def _left_over(home: Path) -> list[psutil.Process]:
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


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_killed_process_comes_back(installation, name):
    before = installation.child(name)
    before.kill()
    wait_for(lambda: (now := installation.child(name)) and now.pid != before.pid)
    wait_for(installation.healthy)


def test_a_killed_database_comes_back_and_keeps_what_was_committed(installation):
    installation.sql("CREATE TABLE kept AS SELECT 'ёлка' AS word")
    before = installation.postmaster()
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: installation.postmaster() not in {0, before})
    wait_for(installation.healthy)
    assert installation.sql("SELECT word FROM kept") == "ёлка"


def test_a_second_run_with_the_same_home_or_port_is_told_so(installation, tmp_path):
    for home, words in ((installation.home, "runs already"), (tmp_path, "cannot be used")):
        done = subprocess.run(
            installation.command("run"),
            env=installation.environment | {"VORONKA_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_ctrl_c_stops_everything_and_a_second_start_keeps_the_data(installation):
    installation.sql("CREATE TABLE lasting AS SELECT 7 AS number")
    output = installation.stop()
    assert installation.process.returncode == 0, output
    assert not _left_over(installation.home)
    installation.start()
    assert installation.sql("SELECT number FROM lasting") == "7"
    installation.stop()


def test_a_killed_supervisor_takes_its_children_along(installation):
    installation.start()
    installation.process.kill()
    installation.process.communicate()
    wait_for(lambda: not _left_over(installation.home))
    installation.start()
    installation.stop()
