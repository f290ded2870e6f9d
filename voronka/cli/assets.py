"""Static files for production: hashed names, compressed copies, made only when sources changed."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STAMP = ".stamp.json"


def collect_if_changed() -> bool:
    """Collect static files unless nothing changed since the last time. Django must be set up.

    Returns whether anything was done. In debug mode the sources are served as they are. Two
    installations may start from one checkout at the same time: the second waits for the first.
    """
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    if settings.DEBUG or settings.STATIC_ROOT is None:
        return False
    seen = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            info = os.stat(storage.path(name))
            seen.update(f"{name}\0{info.st_size}\0{info.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / _STAMP
    by = str(settings.STORAGES["staticfiles"])
    state = json.dumps({"sources": seen.hexdigest(), "by": by})
    with _one_at_a_time(stamp.parent.parent):
        if stamp.exists() and stamp.read_text() == state:
            return False
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(state)
    return True


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold a folder; the lock goes with the process, however it ends."""
    number = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)
