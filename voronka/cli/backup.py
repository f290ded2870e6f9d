"""`voronka backup` and `voronka restore`: the whole installation as one archive.

The archive is a tar.gz of manifest.json, database.dump (pg_dump's custom format), secret.key and
files/. The database is a snapshot; files are read after it, so none that it names is missing.
"""

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from voronka.cli.words import gettext as _
from voronka.kernel.errors import DomainError

_FORMAT = 1
_KNOWS_THE_TIMEOUT = 17  # PostgreSQL major version
_DUMP, _MANIFEST, _KEY, _FILES = "database.dump", "manifest.json", "secret.key", "files"


class BackupFailed(DomainError):
    """The archive could not be written, read or restored."""

    code = "backup_failed"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)


def backup(
    archive: Annotated[Path | None, typer.Argument(help="Where to; default: a dated name")] = None,
) -> None:
    """Write database, files and secret key into one archive. Voronka may go on running."""
    from voronka.cli import database

    made = archive or Path(f"voronka-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz")
    with database.serving():
        write_archive(made)
    told = {"path": made, "size": made.stat().st_size / 1_000_000}
    print(_("%(path)s: %(size).1f MB") % told)


def restore(
    archive: Annotated[Path, typer.Argument(help="An archive made by voronka backup")],
    force: Annotated[bool, typer.Option(help="Replace the data that is there")] = False,
) -> None:
    """Bring an archive back into this home. It must be empty, or --force replaces what is there."""
    from voronka import settings
    from voronka.cli import database
    from voronka.cli.run import only_one

    settings.HOME.mkdir(parents=True, exist_ok=True)
    with only_one(settings.HOME), database.serving():
        read_archive(archive, force=force)
        import django

        django.setup()
        from voronka.cli.migrate import migrate_if_behind

        migrate_if_behind()
    print(_("Restored from %(path)s.") % {"path": archive})


def write_archive(archive: Path) -> None:
    """Write the archive under a draft name first: never half a backup. The database must be up."""
    import voronka
    from voronka import settings

    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".voronka-backup-") as name:
        folder = Path(name)
        dump = folder / _DUMP
        _postgres_program("pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--file={dump}")
        manifest = folder / _MANIFEST
        manifest.write_text(
            json.dumps(
                {
                    "format": _FORMAT,
                    "voronka": voronka.__version__,
                    "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                }
            )
        )
        draft = folder / "archive"
        draft.touch(mode=0o600)  # it holds the secret key
        with tarfile.open(draft, "w:gz", compresslevel=5) as tar:
            tar.add(manifest, _MANIFEST)
            tar.add(dump, _DUMP)
            if (key := settings.HOME / _KEY).exists():
                tar.add(key, _KEY)
            if (files := settings.HOME / _FILES).exists():
                tar.add(files, _FILES)
        draft.replace(archive)


def read_archive(archive: Path, *, force: bool) -> None:
    """Bring database, files and key back. The database must be up.

    Raises:
        BackupFailed: it is no archive of ours, or there is data and `force` is off.
    """
    from voronka import settings

    with _unpacked(archive) as folder:
        manifest = _manifest(folder)
        if manifest["format"] > _FORMAT:
            raise BackupFailed(
                _("%(path)s was made by a newer Voronka (%(version)s). Update this one.")
                % {"path": archive, "version": manifest["voronka"]}
            )
        _postgres_program("pg_restore", "--list", str(folder / _DUMP), connect=False)
        _empty_database(force=force)
        restore_dump(folder / _DUMP)
        files = settings.HOME / _FILES
        if (folder / _FILES).exists():
            if files.exists():
                shutil.rmtree(files)
            shutil.move(folder / _FILES, files)
        if (folder / _KEY).exists():
            os.chmod(folder / _KEY, 0o600)
            (folder / _KEY).replace(settings.HOME / _KEY)


def restore_dump(dump: Path) -> None:
    """Bring the tables of a dump into the configured database, which is empty: all or nothing.

    A dump says `SET transaction_timeout`, which servers before 17 refuse; for them it becomes a
    script without that line, so that a trial moves from our own server to an older one.
    """
    from voronka.cli import database

    plain = ("--no-owner", "--no-acl")
    if database.server_version() >= _KNOWS_THE_TIMEOUT:
        whole = ("--single-transaction", "--exit-on-error")
        _postgres_program("pg_restore", *whole, *plain, f"--dbname={_name()}", str(dump))
        return
    script = dump.with_suffix(".sql")
    _postgres_program("pg_restore", *plain, f"--file={script}", str(dump), connect=False)
    told = dump.with_suffix(".older.sql")
    with script.open("rb") as lines, told.open("wb") as kept:
        for line in lines:
            if line == b"SET transaction_timeout = 0;\n":
                break
            kept.write(line)
        shutil.copyfileobj(lines, kept)
    whole = ("--single-transaction", "--set=ON_ERROR_STOP=1")
    _postgres_program("psql", "--no-psqlrc", "--quiet", *whole, f"--file={told}")


@contextmanager
def _unpacked(archive: Path) -> Iterator[Path]:
    from voronka import settings

    with tempfile.TemporaryDirectory(dir=settings.HOME, prefix=".restore-") as name:
        try:
            with tarfile.open(archive, "r:gz") as tar:
                tar.extractall(name, filter="data")
        except FileNotFoundError:
            raise BackupFailed(_("There is no file %(path)s.") % {"path": archive}) from None
        except (tarfile.TarError, OSError, EOFError) as error:
            said = _("%(path)s cannot be read as a backup: %(why)s")
            raise BackupFailed(said % {"path": archive, "why": error}) from None
        yield Path(name)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_text())
        return {"format": int(manifest["format"]), "voronka": str(manifest["voronka"])}
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupFailed(_("This is no backup of Voronka: it has no manifest.")) from None


def _empty_database(*, force: bool) -> None:
    import psycopg

    from voronka.cli import database

    with psycopg.connect(**database.connection_arguments(), autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone()
        if not row or not row[0]:
            return
        if not force:
            raise BackupFailed(
                _(
                    "The database has data already. Restore into an empty home (VORONKA_HOME), "
                    "or say --force to replace everything."
                )
            )
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def _name() -> str:
    from voronka.cli import database

    return str(database.connection_arguments()["dbname"])


def _postgres_program(name: str, *arguments: str, connect: bool = True) -> None:
    """Run pg_dump, pg_restore or psql against the configured database."""
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", **_address(connect)}
    command = [_program(name), *arguments]
    done = subprocess.run(  # noqa: S603
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = _("%(program)s failed: %(why)s")
        why = done.stderr.strip() or done.returncode
        raise BackupFailed(said % {"program": name, "why": why})


def _address(connect: bool) -> dict[str, str]:
    from voronka.cli import database

    if not connect:
        return {}
    given = database.connection_arguments()
    names = {
        "dbname": "PGDATABASE",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "host": "PGHOST",
        "port": "PGPORT",
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
    }
    return {variable: str(given[key]) for key, variable in names.items() if key in given}


def _program(name: str) -> str:
    """Our own program, which knows all older servers and archives; the machine's for a newer one.

    Archives of an older pg_dump are read by a newer pg_restore, not the other way round.
    """
    from voronka.cli import database
    from voronka.cli.postgres import MAJOR, programs

    if database.server_version() > MAJOR and (found := shutil.which(name)):
        return found
    return str(programs() / name)
