"""What all tests share: one forgetful PostgreSQL for the session, a database for each worker."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import hypothesis

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
    if not os.environ.get("DATABASE_URL"):
        from voronka.cli.postgres import FORGETFUL, Cluster

        cluster = Cluster(home, extra=FORGETFUL)
        atexit.register(shutil.rmtree, home, ignore_errors=True)
        atexit.register(cluster.stop)
        cluster.start()
    else:
        atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


HOME = _home()
os.environ["VORONKA_HOME"] = str(HOME)

# Django is loaded here and not by pytest-django's setting, which would read settings too early.
import django  # noqa: E402

django.setup()

hypothesis.settings.register_profile("calm", deadline=None)  # a busy machine is not a fault
hypothesis.settings.load_profile("calm")
