"""What an action is given, and what it may answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from voronka.automation import causes
from voronka.automation.params import Params
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Sentence
from voronka.kernel.worktime import WorkSchedule

if TYPE_CHECKING:
    from voronka.automation.models import Robot, RobotRun
    from voronka.automation.naming import RobotNames
    from voronka.items.models import Item

W = TypeVar("W", bound=Params, covariant=True)


@dataclass(frozen=True)
class Context:
    """What an action may know besides the card.

    Attributes:
        by: the robot as an actor: bound by the gate, not by a role.
        event: what woke it; None of timers.
        number: the place of the action in the robot, from 0.
        schedule: working time by user id, remembered for the batch.
        names: names for a card's facts in the language of the moment, remembered for the batch.
    """

    by: Actor
    robot: Robot
    run: RobotRun
    now: datetime
    number: int = 0
    event: Event | None = None
    schedule: Callable[[int], WorkSchedule] = field(default=lambda user_id: _no_schedule())
    names: Callable[[Item], RobotNames] = field(default=lambda item: _no_names())

    def acting(self) -> AbstractContextManager[None]:
        """Let everything that happens in the block have this run as its cause."""
        return causes.acting(self.run.pk, self.run.depth)

    @property
    def key(self) -> str:
        """The idempotency key of this action's outside effect: the same in every retry."""
        return f"run-{self.run.pk}-{self.number}"


def _no_schedule() -> WorkSchedule:
    raise LookupError("no schedules here")


def _no_names() -> RobotNames:
    raise LookupError("no names here")


@dataclass(frozen=True, slots=True)
class Work(Generic[W]):
    """What an action is to do to one card."""

    item: Item
    params: W
    context: Context


@dataclass(frozen=True)
class Done:
    """An action has done something: a sentence, told in both languages, and what it made.

    Args:
        text: lazily translated, with %(name)s for `values`.
        made: ids for the explanation, e.g. {"activity": 12}.
    """

    text: Sentence
    values: Mapping[str, Any] = field(default_factory=dict)
    made: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Nothing:
    """An action had nothing to do, and why."""

    why: Sentence
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    """An action lets the run sleep until a moment, or until a verb happens to the card."""

    until: datetime
    verbs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stop:
    """An action ends the run: what would come after it is not done, and why."""

    why: Sentence
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """A branch has looked at the card: which way the run goes, and what each condition saw."""

    holds: bool
    judged: Mapping[str, Any]


Result = Done | Nothing | Wait | Stop | Turn
