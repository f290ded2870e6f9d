"""`voronka run` under fire: whatever is killed comes back, and Ctrl-C leaves nothing behind."""

import os
import signal
import subprocess
from collections.abc import Iterator

import psutil
import pytest

from tests.faults.house import PATIENCE, Installation, left_over, wait_for


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("faults"))
    try:
        made.start()
        yield made
    finally:
        made.clear_away()


@pytest.mark.parametrize("name", ["web", "worker", "nursery"])
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


def test_nursery_and_database_killed_together_come_back(installation):
    database, nursery = installation.postmaster(), installation.child("nursery")
    os.kill(database, signal.SIGKILL)
    nursery.kill()
    wait_for(lambda: installation.postmaster() not in {0, database})
    wait_for(lambda: (now := installation.child("nursery")) and now.pid != nursery.pid)
    wait_for(installation.healthy)


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
    assert not left_over(installation.home)
    installation.start()
    assert installation.sql("SELECT number FROM lasting") == 7
    installation.stop()


def test_a_killed_supervisor_takes_the_database_along_even_if_a_child_must_be_killed(installation):
    installation.start()
    installation.child("worker").suspend()  # deaf to whatever it is told
    installation.process.kill()
    installation.process.wait()
    wait_for(lambda: not left_over(installation.home))


def test_a_killed_supervisor_takes_its_children_along(installation):
    installation.start()
    installation.process.kill()
    installation.process.wait()
    wait_for(lambda: not left_over(installation.home))
    installation.start()
    installation.stop()


def test_a_supervisor_killed_while_it_replaces_the_nursery_takes_the_database_along(installation):
    installation.start()
    nursery = installation.child("nursery")
    orphans = nursery.children()
    nursery.kill()
    psutil.wait_procs(orphans, timeout=PATIENCE)  # they are no help any more
    installation.process.kill()
    installation.process.wait()
    wait_for(lambda: not left_over(installation.home))
