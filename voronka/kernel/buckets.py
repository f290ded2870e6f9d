"""Token buckets: a steady rate with a burst of one minute's worth. Of one process.

With several processes a limit is several times as high: it slows floods down, nothing more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable

MOST_KEPT = 50_000  # keys; then the memory is emptied, and everybody has a full bucket


class Buckets:
    """A bucket for each key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._levels: dict[Hashable, tuple[float, float]] = {}  # key -> (level, at)

    def take(self, key: Hashable, per_minute: int) -> float:
        """Take one; returns 0, or the seconds to wait when the bucket is empty."""
        now = time.monotonic()
        with self._lock:
            if len(self._levels) > MOST_KEPT:
                self._levels.clear()
            level, at = self._levels.get(key, (float(per_minute), now))
            level = min(float(per_minute), level + (now - at) * per_minute / 60)
            if level < 1:
                return (1 - level) * 60 / per_minute
            self._levels[key] = (level - 1, now)
            return 0.0
