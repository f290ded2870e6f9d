"""A dry run: what a robot would have done with real past cards. Nothing is written or sent (RB-9).

The facts of the past are rebuilt: from what a card says today, the journal's changes are taken
back one by one, newest first, down to the moment of the event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.automation import chains, registry
from voronka.automation.checking import read
from voronka.automation.commands.publishing import standing
from voronka.automation.commands.waking import moments
from voronka.automation.facts import FIELD
from voronka.automation.judging import changes_of, judge_card
from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.registry import Foreseen
from voronka.automation.words import RobotSentence, say, say_action
from voronka.items.models import Item
from voronka.journal.models import Event
from voronka.kernel import conditions
from voronka.kernel.errors import DomainError, Sentence
from voronka.people.models import User
from voronka.people.schedules import schedule_of
from voronka.pipelines.models import Stage

SAMPLE = 300  # cards that a dry run looks at
SHOWN = 100  # times that it tells one by one
_MOVES = ("item.moved", "item.won", "item.lost", "item.corrected")


@dataclass(frozen=True, slots=True)
class Would:
    """A moment at which the robot would have been woken on a card."""

    item: Item
    at: datetime
    fires: bool  # False: the conditions did not hold
    conditions: list[conditions.Line]
    past: Mapping[str, Any] = field(default_factory=dict)  # what the card said otherwise then
    changes: Mapping[str, Any] = field(default_factory=dict)  # what the event had changed
    would: tuple[Sentence, ...] = ()  # what the actions would do, as far as it can be told


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a robot would have done with the newest cards in its place.

    Attributes:
        cards: how many cards were looked at.
        fired, skipped: how often it would have acted, and been held back by its conditions.
        rows: each time, newest first, at most `SHOWN`.
    """

    sentence: RobotSentence
    cards: int
    fired: int
    skipped: int
    rows: list[Would] = field(default_factory=list)


def rehearse(
    robot: Robot, user: User, *, days: int = 90, sample: int = SAMPLE, now: datetime | None = None
) -> Rehearsal:
    """Run a robot over the past of the newest cards in its funnel that `user` may see.

    Args:
        robot: saved or not; only its settings matter. With item_type, pipeline and stage.
        days: how far back events count.
    Source: docs/domain/robots.md, "Dry run".
    """
    moment = now or timezone.now()
    trigger = registry.trigger(robot.trigger)
    names = RobotNames(robot.item_type, robot.pipeline, reader=user)
    sentence = say(robot, names)
    if trigger is None:
        return Rehearsal(sentence, 0, 0, 0)
    if trigger.is_timer:
        found = list(_timers(robot, user, moment, days, sample, names))
        cards = min(sample, standing(robot).count())
    else:
        items = _sample(robot, user, sample)
        found = list(_events(robot, trigger, items, moment - timedelta(days=days), names))
        cards = len(items)
    found.sort(key=lambda row: row.at, reverse=True)
    fired = sum(row.fires for row in found)
    shown = [_told(robot, row, names) for row in found[:SHOWN]]
    return Rehearsal(sentence, cards, fired, len(found) - fired, shown)


def _told(robot: Robot, row: Would, names: RobotNames) -> Would:
    """Add what a formula would have given then."""
    if not row.fires:
        return row
    said = foretold(robot, row.item, names, Foreseen(row.at, row.past, row.changes))
    return replace(row, would=tuple(said))


def foretold(robot: Robot, item: Item, names: RobotNames, when: Foreseen) -> list[Sentence]:
    """Say what the robot's actions would do to a card then, as far as that can be told.

    A formula that makes no sense is told with its place.
    """
    said: list[Sentence] = []
    steps, at = chains.steps(robot.actions), 0
    while at < len(steps):
        step = steps[at]
        at = step.after
        try:
            if step.action == chains.BRANCH:
                holds, line = _turn(step, item, names, when)
                at = step.after if holds else step.otherwise
            else:
                line = _line(step, item, names, when)
        except DomainError as refusal:
            line = refusal.detail
        if line:
            said.append(line)
    return said


def _line(step: chains.Step, item: Item, names: RobotNames, when: Foreseen) -> Sentence:
    action = registry.action(step.action)
    if action is None or action.foretells is None:
        return ""
    return action.foretells(item, read(action.params, step.settings), names, when)


def _turn(
    step: chains.Step, item: Item, names: RobotNames, when: Foreseen
) -> tuple[bool, Sentence]:
    """Say which way a branch would go, and what would be done there."""
    condition = conditions.parse(step.settings.get("conditions", {}))
    judged = judge_card(condition, item, now=when.now, changes=when.changes, past=when.past)
    ways = dict(chains.inner(step.action, step.settings))
    way = ways["then" if judged.holds else "otherwise"]
    said = {
        "if": conditions.describe(condition, names),
        "does": "; ".join(say_action(*one, names) for one in way) or _("nothing"),
    }
    if judged.holds:
        return True, _("%(if)s — yes: %(does)s") % said
    return False, _("%(if)s — no: %(does)s") % said


def _sample(robot: Robot, user: User, sample: int) -> list[Item]:
    cards = Item.objects.visible_to(user).filter(pipeline__item_type_id=robot.item_type_id)
    if robot.pipeline_id is not None:
        cards = cards.filter(pipeline_id=robot.pipeline_id)
    rows = cards.select_related("stage", "pipeline__item_type").order_by("-created_at", "-pk")
    return list(rows[:sample])


def _events(
    robot: Robot,
    trigger: registry.Trigger,
    items: list[Item],
    since: datetime,
    names: RobotNames,
) -> Iterable[Would]:
    try:
        settings = read(trigger.params, robot.settings)
        condition = conditions.parse(robot.conditions)
    except DomainError:
        return
    by_id = {item.pk: item for item in items}
    events = Event.objects.filter(
        subject_type=Item.journal_type, subject_id__in=by_id, at__gte=since
    )
    past = _Past(items)
    for event in events.order_by("-pk").iterator(chunk_size=2000):
        item = by_id[event.subject_id]
        if trigger.fires is not None and event.verb in trigger.verbs and not trigger.cards:
            there = trigger.own_stage or robot.stage_id in (None, past.stage_of(item))
            if there and trigger.fires(event, settings, robot):
                yield _would(condition, item, event, past, names)
        past.take_back(item, event)


def _would(
    condition: conditions.Condition, item: Item, event: Event, past: _Past, names: RobotNames
) -> Would:
    known, changes = past.facts_of(item), changes_of(event)
    judged = judge_card(condition, item, now=event.at, changes=changes, past=known)
    asked = conditions.facts_of(condition)
    lines = conditions.explain(judged.as_json(), names) if asked else []
    return Would(item, event.at, judged.holds, lines, known, changes)


def _timers(
    robot: Robot, user: User, now: datetime, days: int, sample: int, names: RobotNames
) -> Iterable[Would]:
    """When the clocks of the cards that stand there now strike, or have struck."""
    seen = Item.objects.visible_to(user)
    cards = standing(robot).filter(pk__in=seen.values("pk")).order_by("-created_at", "-pk")
    schedule = cache(schedule_of)
    try:
        condition = conditions.parse(robot.conditions)
    except DomainError:
        return
    wanted = conditions.facts_of(condition)
    horizon = now + timedelta(days=days)
    for item in cards.select_related("stage", "pipeline__item_type")[:sample]:
        for found in moments(robot, item, now=now, schedule=schedule):
            if found.at > horizon:
                continue
            judged = judge_card(condition, item, now=now, changes={})
            lines = conditions.explain(judged.as_json(), names) if wanted else []
            yield Would(item, found.at, judged.holds, lines)


class _Past:
    """What cards said at an earlier moment; goes back event by event."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._facts: dict[int, dict[str, Any]] = {}
        self._stage: dict[int, int] = {item.pk: item.stage_id for item in items}
        rows = Stage.objects.select_related("pipeline")
        self._stages = {s.pk: s for s in rows}

    def stage_of(self, item: Item) -> int:
        """Return the stage a card stood on right after the event that is looked at."""
        return self._stage[item.pk]

    def facts_of(self, item: Item) -> Mapping[str, Any]:
        """Return the facts that are known to have been otherwise."""
        found = dict(self._facts.get(item.pk, {}))
        stage = self._stages.get(self._stage[item.pk])
        if stage is not None:
            found["stage"] = f"{stage.pipeline.code}/{stage.code}"
            found["pipeline"], found["stage_kind"] = stage.pipeline.code, stage.kind
        return found

    def take_back(self, item: Item, event: Event) -> None:
        """Let an event not have happened."""
        facts = self._facts.setdefault(item.pk, {})
        for code, pair in (event.diff.get("changes") or {}).items():
            if isinstance(pair, list) and len(pair) == 2:
                plain = code in ("title", "grade")
                if code == "amount":
                    facts["amount"] = Decimal(str(pair[0] or 0))
                else:
                    facts[code if plain else FIELD + code] = pair[0]
        if event.verb == "item.lines_set" and event.diff.get("amount"):
            facts["amount"] = Decimal(str(event.diff["amount"][0]))
        if event.verb in _MOVES and event.diff.get("left"):
            self._stage[item.pk] = int(event.diff["left"])
