"""What several threads want at the same time is done by one of them for all."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R")


class Combiner(Generic[T, R]):
    """Calls `work` with a heap of what is wanted now; who comes alone is a heap of one.

    Nobody waits for a heap to grow: whoever finds nobody at work begins at once, with what has
    come meanwhile. When a heap fails, each of it is done alone, by the thread that wants it.

    Args:
        work: heap -> its answers, in the same order. A heap that fails must leave nothing behind.
        most: of one heap.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R]], *, most: int) -> None:
        self._work, self._most = work, most
        self._lock = threading.Lock()
        self._waiting: list[_Wish[T, R]] = []
        self._at_work = False

    def __call__(self, wanted: T) -> R:
        """Return the answer of `work` for this one, whichever thread has done it.

        Raises:
            Exception: what `work` raises for this one alone.
        """
        wish: _Wish[T, R] = _Wish(wanted)
        with self._lock:
            self._waiting.append(wish)
            if not self._at_work:
                self._at_work = wish.leads = True
        if not wish.leads:
            wish.settled.wait()
        if wish.leads:
            self._lead(wish)
        if wish.answers:
            return wish.answers[0]
        return self._work([wanted])[0]

    def _lead(self, own: _Wish[T, R]) -> None:
        with self._lock:
            self._waiting.remove(own)
            heap = [own, *self._waiting[: self._most - 1]]
            del self._waiting[: self._most - 1]
        try:
            answers = self._work([wish.wanted for wish in heap])
            for wish, answer in zip(heap, answers, strict=True):
                wish.answers.append(answer)
        except Exception:
            if len(heap) == 1:
                raise
            logger.warning("A heap of %s has failed; each is done alone", len(heap), exc_info=True)
        finally:
            self._hand_over()
            for wish in heap:
                wish.settled.set()

    def _hand_over(self) -> None:
        """Let the next one lead, so that nobody works for others longer than for one heap."""
        with self._lock:
            self._at_work = bool(self._waiting)
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].settled.set()


@dataclass(slots=True, eq=False)
class _Wish(Generic[T, R]):
    """What one thread wants, and what came of it."""

    wanted: T
    leads: bool = False
    answers: list[R] = field(default_factory=list)  # one, when it is done
    settled: threading.Event = field(default_factory=threading.Event)
