"""What all tests share: one forgetful PostgreSQL for the session, a database for each worker."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest

os.environ["VORONKA_TESTING"] = "1"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voronka.settings")


def _home() -> Path:
    """Return the data directory of this test session, made by the process that starts it.

    Workers of pytest-xdist inherit the variable and share the one server.
    """
    if inherited := os.environ.get("VORONKA_TEST_HOME"):
        return Path(inherited)
    home = Path(tempfile.mkdtemp(prefix="voronka-test-"))
    home.chmod(0o711)  # as root the server runs as another user, who must walk through
    os.environ["VORONKA_TEST_HOME"] = str(home)
    os.environ["VORONKA_HOME"] = str(home)
    os.environ.pop("PORT", None)
    _keep_bytecode(home)
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    if not os.environ.get("DATABASE_URL"):
        from voronka.cli.postgres import Cluster

        atexit.register(Cluster(home).stop)
    return home


def _keep_bytecode(home: Path) -> None:
    """Compile every module once for the session where an environment forbids files beside sources.

    Dozens of processes start in these tests; to compile takes each of them longer than to start.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        sys.dont_write_bytecode = False
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(home / "bytecode")


HOME = _home()
os.environ["VORONKA_HOME"] = str(HOME)

# Django is loaded here and not by pytest-django's setting, which would read settings too early.
import django  # noqa: E402

django.setup()

hypothesis.settings.register_profile("calm", deadline=None)  # a busy machine is not a fault
hypothesis.settings.load_profile("calm")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Copy this worker's database from one that stands migrated, on a server of the session."""
    if os.environ.get("DATABASE_URL"):
        return
    from django.db import connections

    from tests import homes
    from voronka.kernel import embedded

    homes.serve()
    connections["default"].settings_dict["TEST"]["TEMPLATE"] = embedded.DATABASE_NAME


@pytest.fixture
def files(settings, tmp_path):
    """A store of files of one's own."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path / "f")}},
    }
    return tmp_path / "f"
