"""Which run is acting at the moment, so that what it wakes knows its cause and its depth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """The run that acts, and how many robots woke each other up to it."""

    run_id: int
    depth: int


_acting: ContextVar[Cause | None] = ContextVar("voronka_acting_run", default=None)


def current() -> Cause | None:
    """Return the run that acts in this thread; None while a person or a program does."""
    return _acting.get()


@contextmanager
def acting(run_id: int, depth: int) -> Iterator[None]:
    """Let everything that happens in the block have this run as its cause."""
    token = _acting.set(Cause(run_id, depth))
    try:
        yield
    finally:
        _acting.reset(token)
