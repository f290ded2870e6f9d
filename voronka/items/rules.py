"""The gate: what a stage wants before a card may enter it. Pure decisions, no database.

Source: docs/domain/gate.md (F5, F9, FS-5, FS-6, FS-8, FS-14).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from voronka.items.models import Item
from voronka.kernel.texts import LocalText
from voronka.kernel.worktime import WorkSchedule
from voronka.pipelines.criteria import ELEMENTS_PREFIX
from voronka.pipelines.models import Stage
from voronka.pipelines.values import is_filled

MANUAL = "manual"
RESPONSE_NORM = timedelta(minutes=5)  # of working time, to the first human touch (Q1)
RESPONSE_STEPS = (3, 5, 7)  # minutes of working time: remind, reassign, tell the head of sales


@dataclass(frozen=True, slots=True)
class Held:
    """An element that holds its card back; without an id it is hidden from the person."""

    item_id: int
    title: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """An exit criterion of a stage: its code, words, and how it is checked."""

    code: str
    stage_code: str
    text: LocalText
    check: str
    required: bool
    held: tuple[Held, ...] = ()  # elements that are not there yet, where they are asked about

    @property
    def is_about_elements(self) -> bool:
        """Whether the elements of the card decide."""
        return self.check.startswith(ELEMENTS_PREFIX)

    @property
    def key(self) -> str:
        """Where `Item.checks` keeps that a person has confirmed it."""
        return f"{self.stage_code}/{self.code}"


@dataclass(slots=True)
class Facts:
    """What the gate may look at: the card, and counts that live beside it.

    `proofs` maps check codes to whether they hold, e.g. {"lines": True, "call": False}; they are
    filled by the functions that packages register in `voronka.items.facts`. What elements say is
    there only when the card has some: then no word stands against it.
    """

    values: Mapping[str, Any]
    system: Mapping[str, bool]
    checks: Mapping[str, Any] = field(default_factory=dict)
    proofs: Mapping[str, bool] = field(default_factory=dict)

    def filled(self, code: str) -> bool:
        """Whether a system or custom field is filled."""
        if code in self.system:
            return self.system[code]
        return is_filled(self.values.get(code))


def system_facts(item: Item, *, lines: bool) -> dict[str, bool]:
    """Return which system fields of a card are filled."""
    return {
        "title": bool(item.title.strip()),
        "amount": item.amount > 0,
        "contact": item.contact_id is not None,
        "company": item.company_id is not None,
        "client": item.contact_id is not None or item.company_id is not None,
        "source": item.source_id is not None,
        "lines": lines,
        "next_step": item.next_activity_at is not None,
    }


def criteria(stage: Stage) -> list[Criterion]:
    """Read the exit criteria of a stage."""
    return [
        Criterion(
            code=str(raw["code"]),
            stage_code=stage.code,
            text=LocalText.of(raw.get("text")),
            check=str(raw.get("check") or MANUAL),
            required=bool(raw.get("required", True)),
        )
        for raw in stage.exit_criteria
    ]


def is_met(criterion: Criterion, facts: Facts) -> bool:
    """Whether a criterion holds: by fact, or by a person's word where no fact can tell."""
    if criterion.check.startswith("field:"):
        return facts.filled(criterion.check.removeprefix("field:"))
    if criterion.check == MANUAL:
        return criterion.key in facts.checks
    if criterion.is_about_elements and criterion.check in facts.proofs:
        return facts.proofs[criterion.check]
    return facts.proofs.get(criterion.check, False) or criterion.key in facts.checks


def path(stages: Sequence[Stage], current: Stage, to: Stage) -> list[Stage]:
    """Return the open stages that a card passes over on its way forward, nearest first.

    A way to a lost stage passes nothing over; a way to the won stage passes all that is left.
    """
    if to.kind == Stage.Kind.LOST:
        return []
    return [
        s
        for s in stages
        if s.is_open
        and current.position < s.position
        and (s.position < to.position or not to.is_open)
        and s.pk != to.pk
    ]


def is_backward(current: Stage, to: Stage) -> bool:
    """Whether the move goes to an earlier stage, or out of a closed one."""
    if not current.is_open:
        return current.pk != to.pk
    return to.is_open and to.position < current.position


def required_codes(stages: Sequence[Stage], to: Stage) -> list[str]:
    """Return the field codes that must be filled to stand in `to`: its own and all before it.

    A loss asks for nothing: a refused customer gives no data.
    """
    if to.kind == Stage.Kind.LOST:
        return list(to.required)
    codes: dict[str, None] = {}
    for stage in stages:
        before = stage.is_open and (not to.is_open or stage.position <= to.position)
        if before or stage.pk == to.pk:
            codes |= dict.fromkeys(stage.required)
    return list(codes)


def missing(codes: Iterable[str], facts: Facts) -> list[str]:
    """Return the codes that are still empty."""
    return [code for code in codes if not facts.filled(code)]


def unmet(current: Stage, passed: Sequence[Stage], to: Stage, facts: Facts) -> list[Criterion]:
    """Return the required exit criteria that still stand in the way forward.

    Of the stage being left; stages jumped over want their fields, not their criteria, because
    the customer has made them pointless (FS-8). What elements say can't be jumped over: they are
    not ready whichever way the card goes (SP-5). A loss wants none.
    """
    if to.kind == Stage.Kind.LOST:
        return []
    jumped = [c for stage in passed for c in criteria(stage) if facts.proofs.get(c.check) is False]
    asked = [*criteria(current), *(c for c in jumped if c.is_about_elements)]
    return [c for c in asked if c.required and not is_met(c, facts)]


def checks_asked(current: Stage, passed: Sequence[Stage], to: Stage) -> list[str]:
    """Return the checks whose proofs a way forward wants to know."""
    if to.kind == Stage.Kind.LOST:
        return []
    over = [c for stage in passed for c in criteria(stage) if c.is_about_elements]
    return [c.check for c in [*criteria(current), *over]]


def stalls_at(
    stage: Stage,
    entered: datetime,
    schedule: Callable[[], WorkSchedule],
    *,
    extra: timedelta = timedelta(),
    share: float = 1.0,
) -> datetime | None:
    """Return when a card that entered `stage` becomes stalled; None without a norm.

    Args:
        schedule: asked only for norms in working time.
        extra: by how much the stay was prolonged or paused, in the norm's own measure.
        share: of the norm, e.g. 0.8 for the moment when 80 % of it have passed.
    """
    deadline = stage.deadline
    if deadline is None or not stage.is_open:
        return None
    allowed = (deadline + extra) * share
    if stage.deadline_working:
        return schedule().add(entered, allowed)
    return entered + allowed


def overdue(stalls: datetime | None, left: datetime) -> timedelta | None:
    """Return how far past its deadline a visit was left; None when in time or without a norm."""
    if stalls is None or left <= stalls:
        return None
    return left - stalls
