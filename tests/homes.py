"""One home is made and migrated for a whole session of tests; what needs a database copies it.

Migrations take ten seconds of a processor, a copy takes none. `voronka migrate` makes the original,
so what an operator types is tried by the way.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from voronka.cli.postgres import FORGETFUL, Cluster

ROOT = Path(__file__).resolve().parents[1]


def session() -> Path:
    """Return the folder of this session of tests, which all its processes share."""
    return Path(os.environ["VORONKA_TEST_HOME"])


def environment(home: Path) -> dict[str, str]:
    """Return the environment of an installation that lives in `home`, settings by default."""
    ours = ("VORONKA_", "DATABASE_")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours)} | {
        "VORONKA_HOME": str(home)
    }


def serve() -> None:
    """Start the one forgetful server of the session, unless another worker has."""
    with _one_at_a_time("serving"):
        cluster = Cluster(session(), extra=FORGETFUL)
        if not cluster.data.exists():
            settle(session())
        cluster.start()


def settle(home: Path) -> None:
    """Give an empty home a database whose tables stand; nobody serves it yet.

    A process that is killed loses nothing without fsync: only a power cut would show.
    """
    original = _original() / "postgres"
    home.mkdir(parents=True, exist_ok=True)
    # cp and not shutil: as root the files belong to the server's own user, and stay his.
    subprocess.run(["cp", "-a", str(original), str(home / "postgres")], check=True)


def _original() -> Path:
    home = session() / "original"
    with _one_at_a_time("original"):
        if not home.exists():
            _make(home)
    return home


def _make(home: Path) -> None:
    draft = home.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o755)
    done = subprocess.run(
        [sys.executable, "-m", "voronka.cli.main", "migrate"],
        env=environment(draft),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (draft / "postgres" / "custom.conf").write_text("fsync = off\n")
    draft.rename(home)  # never half an original under the final name


@contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    with (session() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
