"""An installation whose database is a server of somebody else's (DATABASE_URL)."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests import homes
from voronka.cli import backup, database
from voronka.cli.postgres import Cluster


@pytest.fixture(scope="module")
def server():
    """The arguments that reach a server; it stands for one that is not ours."""
    homes.serve()
    return {"host": str(Cluster(homes.session()).socket_dir), "user": "postgres"}


def create(server, options=""):
    """Make an empty database there, and return its name."""
    name = f"outside_{uuid4().hex[:10]}"
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 {options}")
    return name


def voronka(home: Path, server, name: str, *arguments: str, language="en_US"):
    url = f"postgres://{server['user']}@/{name}?host={server['host']}"
    return subprocess.run(
        [sys.executable, "-m", "voronka.cli.main", *arguments],
        env=homes.environment(home) | {"DATABASE_URL": url, "LC_ALL": f"{language}.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def kept(server, name):
    with psycopg.connect(**server, dbname=name) as connection:
        return connection.execute(
            "SELECT model FROM django_content_type WHERE app_label = 'kept'"
        ).fetchall()


def test_a_base_of_our_own_server_moves_to_an_older_one_outside(server, tmp_path, monkeypatch):
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    first, second = create(server), create(server)
    made = voronka(tmp_path / "a", server, first, "migrate")
    assert made.returncode == 0, made.stderr
    with psycopg.connect(**server, dbname=first) as connection:
        connection.execute(
            "INSERT INTO django_content_type (app_label, model) VALUES ('kept', 'ё')"
        )
    archive = tmp_path / "all.tar.gz"
    done = voronka(tmp_path / "a", server, first, "backup", str(archive))
    assert done.returncode == 0, done.stderr

    # The server at hand is new; what an old one is given must not name what only new ones know.
    monkeypatch.setattr(database, "connection_arguments", lambda: {**server, "dbname": second})
    monkeypatch.setattr(database, "server_version", lambda: 15)
    scripts = []
    run = backup._postgres_program

    def seen(name, *arguments, connect=True):
        if name == "psql":
            (script,) = (a.removeprefix("--file=") for a in arguments if a.startswith("--file="))
            scripts.append(Path(script).read_text())
        run(name, *arguments, connect=connect)

    monkeypatch.setattr(backup, "_postgres_program", seen)
    monkeypatch.setattr("voronka.settings.HOME", tmp_path / "b")
    (tmp_path / "b").mkdir()
    backup.read_archive(archive, force=False)
    assert kept(server, second) == [("ё",)]
    assert len(scripts) == 1
    assert "transaction_timeout" not in scripts[0]
    with pytest.raises(backup.BackupFailed, match="--force"):
        backup.read_archive(archive, force=False)


@pytest.mark.parametrize(
    ("options", "encoding"),
    [
        ("ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'", "UTF8"),
        ("ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'", "LATIN1"),
        ("ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'", "SQL_ASCII"),
    ],
)
def test_a_database_without_cyrillic_is_refused_before_it_is_filled(
    server, tmp_path, options, encoding
):
    name = create(server, options)
    for language, words in (("en_US", "CREATE DATABASE"), ("ru_RU", "Создайте её заново")):
        done = voronka(tmp_path / "home", server, name, "migrate", language=language)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert encoding in done.stderr
        assert words in done.stderr
    with psycopg.connect(**server, dbname=name) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() == (0,)
