"""Timing a call: warm up, repeat, keep the middle and the slow end, count the SQL."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one call; `queries` is the count of the last one."""

    p50: float
    p95: float
    queries: int = 0


def percentile(sorted_values: list[float], share: float) -> float:
    """Return the value below which `share` (0..1) of the sorted values lie."""
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def timed(call: Callable[[int], object], *, times: int = 40, warm: int = 5) -> Timing:
    """Call `call(n)` `times` times after `warm` unmeasured ones."""
    for n in range(warm):
        call(n)
    spent = []
    for n in range(times):
        began = time.perf_counter()
        call(warm + n)
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    return Timing(percentile(spent, 0.5), percentile(spent, 0.95))


class CountQueries:
    """Counts the SQL statements of Django's connection inside a `with` block."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        self.count += 1
        return execute(sql, params, many, context)
