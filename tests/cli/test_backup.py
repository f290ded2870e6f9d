"""Backup and restore of a whole installation, by the commands an operator types."""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests import homes


def voronka(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "voronka.cli.main", *arguments],
        env=homes.environment(home),
        capture_output=True,
        text=True,
        check=False,
    )


def sql(home: Path, statement: str) -> str:
    """Run one statement against a home's database, through the same door as every command."""
    code = (
        "from voronka.cli import database; import psycopg\n"
        "with database.serving(), psycopg.connect(**database.connection_arguments()) as c:\n"
        f"    cursor = c.execute({statement!r})\n"
        "    print(cursor.fetchall() if cursor.description else '')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=homes.environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A home with data, its archive, and a fresh home."""
    base = tmp_path_factory.mktemp("backup")
    for folder in (base, base.parent, base.parent.parent):
        folder.chmod(0o755)
    old, new = base / "old", base / "new"
    for home in (old, new):
        home.mkdir()
    homes.settle(old)
    sql(old, "INSERT INTO django_content_type (app_label, model) VALUES ('kept', 'ёлка')")
    (old / "files").mkdir()
    (old / "files" / "offer.txt").write_text("КП")
    archive = base / "all.tar.gz"
    done = voronka(old, "backup", str(archive))
    assert done.returncode == 0, done.stderr
    return old, archive, new


def test_a_restore_into_a_fresh_home_brings_database_files_and_key(places):
    old, archive, new = places
    done = voronka(new, "restore", str(archive))
    assert done.returncode == 0, done.stderr
    assert "ёлка" in sql(new, "SELECT model FROM django_content_type WHERE app_label = 'kept'")
    assert (new / "files" / "offer.txt").read_text() == "КП"
    assert (new / "secret.key").read_text() == (old / "secret.key").read_text()
    assert (new / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_restore_over_data_is_refused_unless_forced(places):
    old, archive, _new = places
    sql(old, "INSERT INTO django_content_type (app_label, model) VALUES ('later', 'x')")
    refused = voronka(old, "restore", str(archive))
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert sql(old, "SELECT count(*) FROM django_content_type WHERE app_label='later'") == "[(1,)]"
    assert voronka(old, "restore", str(archive), "--force").returncode == 0
    assert sql(old, "SELECT count(*) FROM django_content_type WHERE app_label='later'") == "[(0,)]"


def test_a_file_that_is_no_backup_is_refused_in_a_sentence(places, tmp_path):
    old, _archive, _new = places
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"not an archive")
    foreign = tmp_path / "foreign.tar.gz"
    with tarfile.open(foreign, "w:gz") as tar:
        tar.add(broken, "readme.txt")
    for archive, words in (
        (broken, "cannot be read"),
        (foreign, "no manifest"),
        (tmp_path / "none", "no file"),
    ):
        done = voronka(old, "restore", str(archive))
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr
