"""Triggers and actions, found by themselves: one file each, no list to edit.

Modules in `automation/triggers` and `automation/actions` are loaded when the app starts; upper
packages register their own with the same decorators from their `AppConfig.ready`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from voronka.automation.doing import Context, Done, Nothing, Result, Stop, Turn, Wait, Work
from voronka.automation.params import NoParams, Params
from voronka.journal.models import Event
from voronka.kernel.errors import Sentence
from voronka.kernel.worktime import WorkSchedule

if TYPE_CHECKING:
    from voronka.automation.models import Robot
    from voronka.automation.naming import RobotNames
    from voronka.items.models import Item

P = TypeVar("P", bound=Params)
Q = TypeVar("Q", bound=Params, contravariant=True)
Says = Callable[[Any, "RobotNames"], Sentence]


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action does that may wake robots; loops are found by it.

    Attributes:
        kind: "changed", "entered", "created", "assigned", "planned", "done" …
        what: a field's code, a stage as "pipeline/stage"; "" for any.
        pipeline: where it happens, when it is not the robot's own funnel.
    """

    kind: str
    what: str = ""
    pipeline: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a timer is due, and what for: the same key never fires twice for a robot and card."""

    key: str
    at: datetime


class ActionFunction(Protocol[Q]):
    """Does one thing to a card, inside the run's transaction."""

    def __call__(self, item: Item, params: Q, context: Context, /) -> Result: ...


class HeapFunction(Protocol[Q]):
    """Does one thing to several cards, each named once; returns a result for each, in order.

    What it does to a card is done within the `acting` of its context. If it refuses one, it
    refuses all: they are done one by one then.
    """

    def __call__(self, heap: Sequence[Work[Q]], /) -> list[Result]: ...


@dataclass(frozen=True)
class Action:
    """A registered action.

    Attributes:
        run: does it to one card.
        run_many: does it to several at once, where that is quicker.
        foretells: (card, parameters, names, when) -> what it would do to the card, in words, for
            a trial; "" when that can't be told.
        reaches_client: it reaches out of the company: quiet hours, client caps.
    """

    code: str
    title: Sentence
    params: type[Params]
    run: Callable[[Any, Any, Context], Result]
    says: Says | None = None
    causes: Callable[[Any], Iterable[Effect]] = lambda params: ()
    icon: str = "robot"
    group: Sentence = ""
    reaches_client: bool = False
    run_many: Callable[[Any], list[Result]] | None = None
    foretells: Callable[[Any, Any, Any, Foreseen], Sentence] | None = None


@dataclass(frozen=True)
class Trigger:
    """A registered trigger: an event that fires, or a timer with moments.

    Attributes:
        verbs: journal events that may fire it, or set a timer anew.
        fires: (event, params, robot) -> bool, of events.
        moments: (item, params, clock) -> moments, of timers; asked again before the run acts.
        of_stage: belongs to a stay on a stage: leaving the stage ends it.
        own_stage: decides itself whether the stage fits; otherwise the card has to stand on the
            robot's stage.
        cards: ids of the cards an event concerns, when it is not the event's own subject.
        wakes: which effects of other robots wake it.
        counts: whether an event of its verbs is one at all, whatever the settings: no other ends
            a wait for it.
    """

    code: str
    title: Sentence
    params: type[Params]
    verbs: tuple[str, ...]
    fires: Callable[[Event, Any, Any], bool] | None = None
    moments: Callable[[Any, Any, Any], Iterable[Moment]] | None = None
    says: Says | None = None
    of_stage: bool = False
    own_stage: bool = False
    cards: Callable[[Event], Iterable[int]] | None = None
    wakes: Callable[[Any], Iterable[Effect]] = lambda params: ()
    icon: str = "bolt"
    group: Sentence = ""
    counts: Callable[[Event], bool] = lambda event: True

    @property
    def is_timer(self) -> bool:
        """Whether it fires by the clock."""
        return self.moments is not None

    def binds(self, robot: Robot) -> bool:
        """Whether a robot's runs end when the card leaves the stage in which they were woken."""
        return self.of_stage or (robot.stage_id is not None and not self.own_stage)


_actions: dict[str, Action] = {}
_triggers: dict[str, Trigger] = {}


def robot_action(
    code: str,
    *,
    title: Sentence,
    params: type[P],
    says: Callable[[P, RobotNames], Sentence] | None = None,
    causes: Callable[[P], Iterable[Effect]] = lambda params: (),
    icon: str = "robot",
    group: Sentence = "",
    reaches_client: bool = False,
    foretells: Callable[[Item, P, RobotNames, Foreseen], Sentence] | None = None,
) -> Callable[[ActionFunction[P]], ActionFunction[P]]:
    """Register a function as an action; it may be used by every robot from then on."""

    def register(function: ActionFunction[P]) -> ActionFunction[P]:
        _actions[code] = Action(
            code,
            title,
            params,
            function,
            says,
            causes,
            icon,
            group,
            reaches_client,
            foretells=foretells,
        )
        return function

    return register


def heap_action(
    code: str,
    *,
    title: Sentence,
    params: type[P],
    says: Callable[[P, RobotNames], Sentence] | None = None,
    causes: Callable[[P], Iterable[Effect]] = lambda params: (),
    icon: str = "robot",
    group: Sentence = "",
) -> Callable[[HeapFunction[P]], HeapFunction[P]]:
    """Register a function as an action that does many cards at once; for inside actions only."""

    def register(function: HeapFunction[P]) -> HeapFunction[P]:
        def alone(item: Item, settings: P, context: Context) -> Result:
            return function([Work(item, settings, context)])[0]

        _actions[code] = Action(
            code, title, params, alone, says, causes, icon, group, run_many=function
        )
        return function

    return register


def event_trigger(
    code: str,
    *,
    title: Sentence,
    verbs: Iterable[str],
    params: type[P],
    says: Callable[[P, RobotNames], Sentence] | None = None,
    of_stage: bool = False,
    own_stage: bool = False,
    cards: Callable[[Event], Iterable[int]] | None = None,
    wakes: Callable[[P], Iterable[Effect]] = lambda params: (),
    icon: str = "bolt",
    group: Sentence = "",
    counts: Callable[[Event], bool] = lambda event: True,
) -> Callable[[Callable[[Event, P, Robot], bool]], Callable[[Event, P, Robot], bool]]:
    """Register a function that says whether an event fires a robot."""

    def register(function: Callable[[Event, P, Robot], bool]) -> Callable[[Event, P, Robot], bool]:
        _triggers[code] = Trigger(
            code=code,
            title=title,
            params=params,
            verbs=tuple(verbs),
            fires=function,
            says=says,
            of_stage=of_stage,
            own_stage=own_stage or of_stage,
            cards=cards,
            wakes=wakes,
            icon=icon,
            group=group,
            counts=counts,
        )
        return function

    return register


# A card that stands where it stood: its clocks go on, and have to be set again.
COMING_BACK = (
    *("item.corrected", "item.move_undone"),
    *("item.loss_overturned", "item.conversion_undone"),
)


def timer_trigger(
    code: str,
    *,
    title: Sentence,
    verbs: Iterable[str],
    params: type[P],
    says: Callable[[P, RobotNames], Sentence] | None = None,
    of_stage: bool = False,
    icon: str = "clock",
    group: Sentence = "",
) -> Callable[
    [Callable[[Item, P, Clock], Iterable[Moment]]], Callable[[Item, P, Clock], Iterable[Moment]]
]:
    """Register a function that says when a robot is due for a card.

    It is asked when one of `verbs` happens to the card, when the card comes back, and once more
    before the run acts: a moment that is gone by then, or has moved on, does not fire.
    """

    def register(
        function: Callable[[Item, P, Clock], Iterable[Moment]],
    ) -> Callable[[Item, P, Clock], Iterable[Moment]]:
        _triggers[code] = Trigger(
            code=code,
            title=title,
            params=params,
            verbs=tuple(dict.fromkeys([*verbs, *COMING_BACK])),
            moments=function,
            says=says,
            of_stage=of_stage,
            icon=icon,
            group=group,
        )
        return function

    return register


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The moment for which an action is told beforehand.

    Attributes:
        past: fact -> value, where the card said something else then than it says today.
        changes: what the event had changed, see `judging.changes_of`.
    """

    now: datetime
    past: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Clock:
    """What a timer may ask: the time, working hours of a person, and the robot itself."""

    now: datetime
    schedule: Callable[[int], WorkSchedule]
    robot: Robot


def action(code: str) -> Action | None:
    """Return a registered action, or None."""
    return _actions.get(code)


def actions() -> dict[str, Action]:
    """Return all actions by code, in the order of their codes."""
    return dict(sorted(_actions.items()))


def trigger(code: str) -> Trigger | None:
    """Return a registered trigger, or None."""
    return _triggers.get(code)


def triggers() -> dict[str, Trigger]:
    """Return all triggers by code, in the order of their codes."""
    return dict(sorted(_triggers.items()))


def discover() -> None:
    """Load every module of `automation/triggers` and `automation/actions`."""
    for package in ("voronka.automation.triggers", "voronka.automation.actions"):
        folder = import_module(package)
        for module in iter_modules(folder.__path__):
            import_module(f"{package}.{module.name}")


__all__ = [
    "Action",
    "Clock",
    "Context",
    "Done",
    "Effect",
    "Moment",
    "NoParams",
    "Nothing",
    "Result",
    "Stop",
    "Trigger",
    "Turn",
    "Wait",
    "Work",
    "action",
    "actions",
    "discover",
    "event_trigger",
    "heap_action",
    "robot_action",
    "timer_trigger",
    "trigger",
    "triggers",
]
