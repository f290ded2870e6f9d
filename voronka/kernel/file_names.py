"""Names of files that people send: kept as they are called, harmless as a path."""

from __future__ import annotations

import re
from pathlib import PurePath

_LONGEST = 255  # characters


def clean_file_name(raw: str) -> str:
    """Return the last part of `raw` without control characters; "file" when no letter is left.

    Folders of either kind of slash are cut off, so the name leads nowhere.
    """
    name = PurePath(raw.replace("\\", "/")).name
    name = "".join(c for c in name if c.isprintable()).strip()[:_LONGEST]
    return name if re.search(r"\w", name) else "file"
