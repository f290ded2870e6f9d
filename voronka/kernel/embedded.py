"""Where the embedded PostgreSQL of an installation lives. Starting it is the CLI's job."""

import hashlib
import tempfile
from pathlib import Path

_LONGEST_SOCKET_DIR = 80  # bytes; the kernel allows 107 for the whole socket path
DATABASE_NAME = "voronka"


def socket_dir(home: Path) -> Path:
    """Return the folder of the server's Unix socket for the data directory `home`."""
    own = home / "run"
    if len(str(own).encode()) <= _LONGEST_SOCKET_DIR:
        return own
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"voronka-{digest}"


def database(home: Path) -> dict[str, object]:
    """Return Django's database settings for the embedded server of `home`."""
    return {
        "NAME": DATABASE_NAME,
        "USER": "postgres",
        "PASSWORD": "",
        "HOST": str(socket_dir(home)),
        "PORT": "5432",
        "OPTIONS": {},
    }
