"""The embedded server of an installation: who may reach it, and how it comes back."""

import os
import signal
import stat

import psycopg
import pytest

from voronka.cli.postgres import Cluster, DatabaseTrouble


@pytest.fixture
def cluster(tmp_path):
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    made = Cluster(tmp_path, extra={"fsync": "off"})
    made.start()
    yield made
    made.stop()


def ask(cluster: Cluster, statement: str) -> object:
    with psycopg.connect(
        host=str(cluster.socket_dir), user="postgres", dbname="postgres"
    ) as connection:
        row = connection.execute(statement).fetchone()
        return row[0] if row else None


def test_the_server_knows_cyrillic_case_and_listens_on_a_private_socket_only(cluster):
    assert ask(cluster, "SELECT upper('ёж')") == "ЁЖ"
    assert ask(cluster, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(cluster.socket_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700


def test_a_killed_server_starts_again_with_its_data(cluster):
    with psycopg.connect(
        host=str(cluster.socket_dir), user="postgres", dbname="postgres"
    ) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    cluster.start()
    assert ask(cluster, "SELECT answer FROM kept") == 42


def test_a_lock_file_that_names_a_strangers_process_is_cleared(cluster):
    cluster.stop()
    # As after a power cut or in a new container: the number now belongs to another program.
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n0\n5432\n\n\n")
    assert not cluster.running()
    cluster.start()
    assert cluster.ready()


def test_starting_a_running_server_leaves_it_alone(cluster):
    before = (cluster.data / "postmaster.pid").read_text()
    cluster.start()
    assert (cluster.data / "postmaster.pid").read_text() == before


def test_a_folder_that_is_no_database_is_not_touched(tmp_path):
    (tmp_path / "postgres").mkdir(mode=0o700)
    if os.geteuid() == 0:
        from voronka.cli.privileges import database_user, give

        give(tmp_path / "postgres", database_user())
    (tmp_path / "postgres" / "letter.txt").write_text("mine")
    with pytest.raises(DatabaseTrouble, match="not empty"):
        Cluster(tmp_path).start()
    assert (tmp_path / "postgres" / "letter.txt").read_text() == "mine"
