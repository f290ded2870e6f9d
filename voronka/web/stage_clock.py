"""The clock of a stage as pages show it: how much of its deadline is spent (F10, FS-9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from voronka.web.answer_clock import ring


@dataclass(frozen=True, slots=True)
class StageClock:
    """A stage's deadline that a card runs against."""

    entered: datetime
    stalls: datetime
    now: datetime

    @classmethod
    def of(
        cls, entered: datetime, stalls: datetime | None, now: datetime | None = None
    ) -> StageClock | None:
        """Return the clock of a card; None where the stage has no deadline."""
        return None if stalls is None else cls(entered, stalls, now or timezone.now())

    @property
    def left(self) -> timedelta:
        """How long until the deadline; negative when it has passed."""
        return self.stalls - self.now

    @property
    def overrun(self) -> timedelta:
        """How long ago it passed."""
        return -self.left

    @property
    def late(self) -> bool:
        return self.left < timedelta(0)

    @property
    def spent(self) -> float:
        """The share that has passed, 0..1."""
        whole = self.stalls - self.entered
        return min(1.0, 1 - self.left / whole) if whole > timedelta(0) else 1.0

    @property
    def css(self) -> str:
        """The class of its ring."""
        return ring(self.spent, late=self.late)
