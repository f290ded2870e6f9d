"""Static files for production: hashed names, compressed copies, made only when sources changed."""

import hashlib
import json
import os
from pathlib import Path

_STAMP = ".stamp.json"


def collect_if_changed() -> bool:
    """Collect static files unless nothing changed since the last time. Django must be set up.

    Returns whether anything was done. In debug mode the sources are served as they are.
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
    state = json.dumps({"sources": seen.hexdigest()})
    if stamp.exists() and stamp.read_text() == state:
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(state)
    return True
