"""What can be wrong before a start is told in one sentence, in the terminal's language."""

import errno
import os
import socket
import subprocess
import sys

import pytest
from django.db import connection

from voronka.cli import database, refusals
from voronka.cli.migrate import NewerHome, migrate_if_behind
from voronka.cli.postgres import DatabaseTrouble


def start(command="run", *, language="en", **settings):
    """Run a command in a process of its own, as an operator does."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("VORONKA_", "DATABASE_", "LC_", "LANG", "PORT"))
    }
    return subprocess.run(
        [sys.executable, "-m", "voronka.cli.main", command],
        env=kept | {"LANG": f"{language}.UTF-8"} | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def refused(done):
    """The one sentence of a command that did not start."""
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    return done.stderr.strip()


@pytest.mark.parametrize(
    ("language", "said"), [("en_US", "whole number from 1 to 65535"), ("ru_RU", "целое число")]
)
def test_a_port_that_is_none_is_told_in_the_language_of_the_terminal(tmp_path, language, said):
    done = start(PORT="abc", VORONKA_HOME=str(tmp_path), language=language)
    assert said in refused(done)


def test_a_port_that_is_taken_and_an_address_that_is_not_ours(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        said = refused(start(PORT=port, VORONKA_HOME=str(tmp_path)))
    assert f"127.0.0.1:{port}" in said
    assert "another port" in said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://a:secret@localhost/b", "postgres://user:password@host"),
        ("postgres://a:secret@127.0.0.1:1/b", "does not answer"),
        ("postgres://a:secret@127.0.0.1:1/b?nonsense=1", "does not answer"),
    ],
)
def test_a_database_that_cannot_be_reached_is_told_without_its_password(tmp_path, url, said):
    told = refused(start("migrate", DATABASE_URL=url, VORONKA_HOME=str(tmp_path)))
    assert said in told
    assert "secret" not in told


def test_a_home_that_is_a_file(tmp_path):
    (tmp_path / "home").write_text("x")
    said = refused(start("migrate", VORONKA_HOME=str(tmp_path / "home")))
    assert "VORONKA_HOME" in said
    assert "no folder" in said


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_disk_that_refuses_is_no_traceback(number, capsys):
    assert refusals.explain(OSError(number, os.strerror(number), "/srv/voronka/secret.key"))
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_server_that_is_too_old(monkeypatch):
    class Old:
        class info:
            server_version = 140011

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(database.psycopg, "connect", lambda **_: Old())
    with pytest.raises(DatabaseTrouble, match="14"):
        database.check_server()


@pytest.mark.django_db
def test_a_home_of_a_newer_version_is_left_alone():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('items', '0999_tomorrow', now())"
        )
    with pytest.raises(NewerHome, match=r"items\.0999_tomorrow"):
        migrate_if_behind()
