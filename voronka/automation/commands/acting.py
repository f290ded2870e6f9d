"""What runs do, once it is decided that they act: alone, or many cards at once (ADR 9)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from voronka.automation import registry
from voronka.automation.chains import Step
from voronka.automation.checking import read
from voronka.automation.models import Robot, RobotRun
from voronka.automation.naming import RobotNames
from voronka.automation.params import Params
from voronka.automation.registry import Context, Done, Nothing, Stop, Turn, Wait, Work
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import DomainError, Sentence
from voronka.kernel.locking import lock_row
from voronka.kernel.texts import LANGUAGES
from voronka.kernel.worktime import WorkSchedule

_UNKNOWN = _("This action is not known here any more.")
_HOLDS = _("the conditions hold: then")
_DOES_NOT_HOLD = _("the conditions do not hold: otherwise")
_BROKEN = _("The action failed by an error of the program; the log tells more.")
_CARDS = Item.objects.select_related("stage", "pipeline__item_type")

logger = logging.getLogger(__name__)


def read_again(pk: int) -> Item:
    """Lock a card of the batch once more and read it as it is now."""
    item = lock_row(_CARDS, pk)
    if item is None:
        raise Item.DoesNotExist
    return item


def read_all_again(pks: Sequence[int]) -> dict[int, Item]:
    """Read cards that the batch holds locked as they are now. One SQL query."""
    return {pks[0]: read_again(pks[0])} if len(pks) == 1 else _CARDS.in_bulk(pks)


@dataclass(slots=True)
class Doing:
    """A run on its way through its actions.

    Attributes:
        steps: the robot's actions, laid out.
        step: the number of the next one.
        told: a line of explanation for each action that was done or refused.
        changed: the last action has done something, or was refused: the card is to be read again.
        wait: it sleeps now.
        over: it has nothing more to do.
    """

    run: RobotRun
    robot: Robot
    steps: Sequence[Step]
    item: Item
    event: Event | None
    step: int
    told: list[dict[str, Any]]
    changed: bool = False
    wait: Wait | None = None
    over: bool = False

    @property
    def refused(self) -> bool:
        """Whether any of its actions was refused."""
        return any(not line["ok"] for line in self.told)


@dataclass(frozen=True)
class Acting:
    """Does the actions of a batch's runs; parameters of robots are read once for all.

    Args:
        schedule, names: remembered for the batch, see `Context`.
    """

    now: datetime
    schedule: Callable[[int], WorkSchedule]
    names: Callable[[Item], RobotNames]
    _params: dict[tuple[int, int], Params] = field(default_factory=dict)

    def act(self, runs: Sequence[Doing]) -> None:
        """Do all actions of some runs of different cards, action by action.

        Where an action can do several cards at once, it does; otherwise one by one, in order.
        """
        going = [one for one in runs if one.step < len(one.steps)]
        while going:
            heaps: dict[str, list[Doing]] = defaultdict(list)
            for one in going:
                heaps[one.steps[one.step].action].append(one)
            for code, heap in heaps.items():
                self._do_heap(code, heap)
            going = [one for one in going if not one.over and one.wait is None]
            changed = [one for one in going if one.changed]
            fresh = read_all_again([one.item.pk for one in changed]) if changed else {}
            for one in changed:
                one.item = fresh[one.item.pk]

    def _do_heap(self, code: str, heap: Sequence[Doing]) -> None:
        action = registry.action(code)
        if action is not None and action.run_many is not None and len(heap) > 1:
            try:
                with transaction.atomic():
                    results = action.run_many([self._work(action, one) for one in heap])
            except DatabaseError:
                raise
            except Exception as error:  # one of them, or all: each is told for itself
                if not isinstance(error, DomainError):
                    logger.info("A heap of %s failed; trying one by one", code, exc_info=True)
                for one in heap:
                    one.item = read_again(one.item.pk)
            else:
                for one, result in zip(heap, results, strict=True):
                    _tell(one, action, result, at=self.now)
                return
        for one in heap:
            self._do(code, action, one)

    def _do(self, code: str, action: registry.Action | None, one: Doing) -> None:
        """Do one action for one card in a savepoint."""
        if action is None:
            _refuse(one, code, _both(_UNKNOWN))
            return
        try:
            with transaction.atomic():
                work = self._work(action, one)
                with work.context.acting():
                    result = action.run(work.item, work.params, work.context)
        except DomainError as refusal:
            _refuse(one, code, _both(refusal.detail), code=refusal.code)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("Action %s of robot %s failed", code, one.robot.code)
            _refuse(one, code, _both(_BROKEN))
        else:
            _tell(one, action, result, at=self.now)

    def _work(self, action: registry.Action, one: Doing) -> Work[Any]:
        key = (one.robot.pk, one.step)
        if key not in self._params:
            self._params[key] = read(action.params, one.steps[one.step].settings)
        context = Context(
            by=Actor("robot", None, str(one.robot.name)[:120]),
            robot=one.robot,
            run=one.run,
            now=self.now,
            number=one.step,
            event=one.event,
            schedule=self.schedule,
            names=self.names,
        )
        return Work(one.item, self._params[key], context)


def _refuse(one: Doing, action: str, text: dict[str, str], **more: Any) -> None:
    one.told.append({"action": action, "ok": False, "text": text, **more})
    _go_on(one, changed=True)  # what a refused action has done to the card in memory is not true


def _tell(one: Doing, action: registry.Action, result: registry.Result, *, at: datetime) -> None:
    """Keep what an action has done as the line that explains it."""
    line: dict[str, Any] = {"action": action.code, "ok": True}
    if isinstance(result, Wait):
        one.told.append(line | {"until": result.until.isoformat(), "step": one.step})
        one.step, one.wait = one.steps[one.step].after, result
        return
    if isinstance(result, Turn):
        text = _both(_HOLDS if result.holds else _DOES_NOT_HOLD)
        one.told.append(line | {"text": text, "judged": dict(result.judged)})
        _go_on(one, otherwise=not result.holds)
        return
    if isinstance(result, Nothing | Stop):
        line |= {"nothing": True, "text": _both(result.why, result.values)}
        one.over = isinstance(result, Stop)
    elif isinstance(result, Done):
        if result.made:
            line["made"] = dict(result.made)
        if action.reaches_client:
            line["reached"] = at.isoformat()
        line |= {"text": _both(result.text, result.values)}
    one.told.append(line)
    _go_on(one, changed=isinstance(result, Done))


def _go_on(one: Doing, *, changed: bool = False, otherwise: bool = False) -> None:
    done = one.steps[one.step]
    one.step, one.changed = done.otherwise if otherwise else done.after, changed
    one.over = one.over or one.step >= len(one.steps)


def _both(text: Sentence, values: Any = None) -> dict[str, str]:
    """Return a sentence in every language, to be told months later to whoever asks."""
    said = {}
    for language in LANGUAGES:
        with override(language):
            said[language] = str(text % dict(values)) if values else str(text)
    return said
