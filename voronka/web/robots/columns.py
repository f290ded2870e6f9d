"""Robots of a funnel as columns: of the type, of the whole funnel, and under every stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from voronka.automation import registry
from voronka.automation.models import Robot
from voronka.automation.queries import RobotCounts, RobotRow, robot_counts, robot_rows
from voronka.people.models import User
from voronka.pipelines.models import ItemType, Pipeline, Stage
from voronka.web.robots.form import FUNNEL, TYPE, Place


@dataclass(frozen=True, slots=True)
class Card:
    """A robot as a small card."""

    row: RobotRow

    @property
    def robot(self) -> Robot:
        return self.row.robot

    @property
    def icon(self) -> str:
        """The sign of what wakes it."""
        trigger = registry.trigger(self.robot.trigger)
        return trigger.icon if trigger else "help"

    @property
    def when(self) -> str:
        """What wakes it, as the beginning of a line."""
        return _capital(self.row.sentence.when)

    @property
    def actions(self) -> list[tuple[str, str]]:
        """Icon and words of what it does."""
        found = []
        for kept, said in zip(self.robot.actions, self.row.sentence.actions, strict=True):
            action = registry.action(kept["action"])
            found.append((action.icon if action else "help", _capital(said)))
        return found


@dataclass(frozen=True, slots=True)
class Column:
    """A place with its robots. `code`: of the stage, "" of the funnel, "*" of the type."""

    code: str
    stage: Stage | None
    cards: list[Card] = field(default_factory=list)


@dataclass
class RobotTable:
    """The page of a funnel's robots."""

    pipeline: Pipeline
    reader: User | None = None

    @cached_property
    def columns(self) -> list[Column]:
        """All places in order; those of the type and of the funnel come first."""
        found = [Column(TYPE, None), Column(FUNNEL, None)]
        found += [Column(stage.code, stage) for stage in self.pipeline.stages.all()]
        by_code = {column.code: column for column in found}
        for row in robot_rows(self.pipeline.item_type, pipeline=self.pipeline, reader=self.reader):
            robot = row.robot
            place = Place(robot.item_type, robot.pipeline, robot.stage)
            by_code[place.code].cards.append(Card(row))
        return found

    @property
    def cards(self) -> int:
        """How many robots there are."""
        return sum(len(column.cards) for column in self.columns)


@dataclass(frozen=True, slots=True)
class FunnelCard:
    """A funnel on the overview. `shared`: robots of the whole type, which work here too."""

    pipeline: Pipeline
    counts: RobotCounts
    shared: RobotCounts


@dataclass(frozen=True, slots=True)
class TypeBlock:
    """A type of cards with its funnels."""

    item_type: ItemType
    funnels: list[FunnelCard]


def blocks() -> list[TypeBlock]:
    """Return the types with their funnels and how their robots do. Four SQL queries."""
    counts, none = robot_counts(), RobotCounts()
    found: dict[int, TypeBlock] = {}
    rows = Pipeline.objects.filter(archived=False).select_related("item_type")
    for row in rows.order_by("item_type__position", "item_type_id", "position", "id"):
        kind = row.item_type
        block = found.setdefault(kind.pk, TypeBlock(kind, []))
        own, shared = counts.get((kind.pk, row.pk), none), counts.get((kind.pk, None), none)
        block.funnels.append(FunnelCard(row, own, shared))
    return list(found.values())


def new_order(column: Sequence[str], everything: Sequence[str]) -> list[str]:
    """Return all robots of a type with those of one column in another order among themselves.

    What is unknown by now is left out: somebody has taken it away meanwhile.
    """
    wanted = [code for code in column if code in everything]
    places = iter(wanted)
    return [next(places) if code in wanted else code for code in everything]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
