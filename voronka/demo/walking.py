"""Lets one card walk its route: where it goes, when, and where it stands today."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from voronka.demo.calendar import Days
from voronka.demo.cast import Person
from voronka.demo.routes import Route

WON, LOST = "won", "lost"


@dataclass(slots=True)
class Walk:
    """A card's way.

    Attributes:
        visits: (stage code, or "won"/"lost", entered at), none in the future.
        reason: code of the loss reason when it ended lost.
        ends_in: "won", "lost", or "" while it is still on its way.
    """

    visits: list[tuple[str, datetime]] = field(default_factory=list)
    jumped: set[str] = field(default_factory=set)
    reason: str = ""
    ends_in: str = ""

    def at(self, stage: str) -> datetime | None:
        """When it came to a stage; None if it never did."""
        return next((moment for code, moment in self.visits if code == stage), None)

    @property
    def stages(self) -> list[str]:
        """Codes of the stages entered, in order."""
        return [code for code, _moment in self.visits]


@dataclass(frozen=True, slots=True)
class Jam:
    """A pile-up: since a moment most cards get stuck in a stage."""

    stage: str
    since: datetime
    share: float  # 0..1


def walk(
    route: Route,
    start: datetime,
    days: Days,
    person: Person,
    *,
    jam: Jam | None = None,
    loyal: float = 1.0,
) -> Walk:
    """Walk a route from `start`; stops where the card stands now.

    Args:
        jam: cards that come to its stage after its beginning mostly stay there.
        loyal: greater than 1 for a client who knows us and passes more surely.
    """
    dice, way = days.dice, Walk()
    moment, skip = start, ""
    for number, step in enumerate(route.steps):
        if moment > days.now:
            return way
        way.visits.append((step.stage, moment))
        if step.stage == skip:
            way.jumped.add(step.stage)
            continue
        if jam and step.stage == jam.stage and moment > jam.since and dice.random() < jam.share:
            return way
        spell = step.days * person.pace * dice.lognormvariate(-0.15, 0.55)
        passes = 1 - (1 - step.passes) / (person.skill * loyal)
        if dice.random() > passes:
            wait = spell * dice.uniform(1.2, 3.5)  # who will not buy keeps us waiting
            moment = days.work_after(moment, wait, weekends=route.weekends)
            if moment <= days.now:
                reasons = list(route.reasons)
                way.reason = dice.choices(reasons, list(route.reasons.values()))[0]
                way.visits.append((LOST, moment))
                way.ends_in = LOST
            return way
        moment = days.work_after(moment, spell, weekends=route.weekends)
        follows = route.steps[number + 1 : number + 3]
        skip = follows[0].stage if len(follows) == 2 and dice.random() < 0.03 else ""
    if moment <= days.now:
        way.visits.append((WON, moment))
        way.ends_in = WON
    return way


def weighted(dice: Random, table: dict[str, int]) -> str:
    """Draw a key by its weight."""
    return dice.choices(list(table), list(table.values()))[0]
