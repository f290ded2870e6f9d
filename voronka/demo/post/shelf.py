"""Letters of the sample post office as files: one a letter, in the order they came."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

KEPT = 500  # letters of a folder; older ones are thrown away at the next start


class Shelf:
    """A folder of a mailbox on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(parents=True, exist_ok=True)
        numbers = [int(file.stem) for file in path.glob("*.eml") if file.stem.isdecimal()]
        self._last = max(numbers, default=0)

    def put(self, raw: bytes) -> datetime:
        """Keep a letter, whole or not at all; returns when it came."""
        self._last += 1
        file = self._path / f"{self._last:08}.eml"
        draft = file.with_suffix(".new")
        with draft.open("wb") as target:
            target.write(raw)
            target.flush()
            os.fsync(target.fileno())
        draft.replace(file)
        return _came(file)

    def letters(self) -> Iterator[tuple[datetime, bytes]]:
        """Yield the letters in order with the time they came; those beyond `KEPT` go."""
        files = sorted(self._path.glob("*.eml"))
        for file in files[:-KEPT]:
            file.unlink()
        for file in files[-KEPT:]:
            yield _came(file), file.read_bytes()


def _came(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)
