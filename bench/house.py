"""A house of its own for the benchmark: an embedded database in a scratch home, real processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil


@contextmanager
def house(keep: str = "") -> Iterator[Path]:
    """Start the database in a scratch home (or in `keep`, which stays) and set Django up."""
    home = Path(keep or tempfile.mkdtemp(prefix="voronka-bench-"))
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o711)
    os.environ |= {"VORONKA_HOME": str(home), "DJANGO_SETTINGS_MODULE": "voronka.settings"}
    os.environ |= {"VORONKA_CHAT_RATE": "10000000", "VORONKA_API_RATE": "10000000"}
    os.environ |= {"VORONKA_FORM_RATE": "10000000"}
    os.environ |= {"PORT": str(free_port())}
    for name in ("DATABASE_URL", "VORONKA_DEBUG", "VORONKA_TESTING"):
        os.environ.pop(name, None)
    from voronka.cli.session import ready

    try:
        with ready():
            from voronka.cli.assets import collect_if_changed

            collect_if_changed()
            yield home
    finally:
        if not keep:
            shutil.rmtree(home, ignore_errors=True)


def free_port() -> int:
    """Return a port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(port: int) -> Iterator[tuple[float, psutil.Process]]:
    """Run the whole installation on the present home; yield seconds to its first answer."""
    command = [sys.executable, "-m", "voronka.cli.main", "run", "--no-demo"]
    began = time.perf_counter()
    child = subprocess.Popen(
        command, env={**os.environ, "PORT": str(port)}, stdout=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
                break
            except OSError:
                if child.poll() is not None or time.perf_counter() - began > 60:
                    raise
                time.sleep(0.02)
        yield time.perf_counter() - began, psutil.Process(child.pid)
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(30)


def let_go() -> None:
    """Close this process's own connections: the driver is no part of the installation at rest."""
    from django.db import connections

    connections.close_all()
    close_pool: Any = getattr(connections["default"], "close_pool", None)
    if close_pool is not None:
        close_pool()


def memory(process: psutil.Process, home: Path) -> float:
    """Return the MB that all processes of the installation hold, shared pages counted once."""
    family = {process, *process.children(recursive=True)}
    pid_file = home / "postgres" / "postmaster.pid"
    postmaster = psutil.Process(int(pid_file.read_text().split()[0]))
    family |= {postmaster, *postmaster.children(recursive=True)}
    held = 0
    for one in family:
        with suppress(psutil.NoSuchProcess):  # a backend may end while the others are asked
            held += one.memory_full_info().pss
    return held / 1e6
