"""What the card's page is made of: fields, sections, criteria, people, the stage bar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from voronka.clients.models import Client, ContactPoint
from voronka.items.models import Item, StageVisit
from voronka.kernel import masking
from voronka.kernel.prepared import Prepared
from voronka.pipelines.models import Section, Stage
from voronka.web.fields import Spec
from voronka.web.fields.specs import OWN_COMMANDS


@dataclass(frozen=True, slots=True)
class Segment:
    """A stage in the stage bar: "passed", "jumped", "current", "" for those ahead."""

    stage: Stage
    state: str


@dataclass(frozen=True, slots=True)
class Prop:
    """A field with its value in words. `ask` is the question to find it out (QL-1)."""

    spec: Spec
    text: str
    value: Any
    required: bool = False
    editable: bool = True
    grading: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known yet."""
        return self.text == ""

    @property
    def masked(self) -> bool:
        """Whether it is a contact that is hidden from the reader."""
        return masking.hidden() and self.spec.kind in ("phone", "email")

    @property
    def is_own(self) -> bool:
        """Whether it is kept by commands of its own: products, next step."""
        return self.spec.code in OWN_COMMANDS and not self.spec.custom


@dataclass(frozen=True, slots=True)
class Block:
    """A section of fields, folded unless it is in use."""

    section: Section
    props: list[Prop]
    open: bool

    @property
    def filled(self) -> int:
        """How many of its fields are filled."""
        return sum(not prop.is_empty for prop in self.props)


@dataclass(frozen=True, slots=True)
class Criterion:
    """An exit criterion of the present stage and whether it holds."""

    code: str
    text: str
    met: bool
    required: bool
    by_hand: bool  # a person's tick decides; else a fact on the card does


@dataclass(frozen=True, slots=True)
class Person:
    """A client of the card with the ways to reach it; `hidden` from those without the right."""

    client: Client | None
    name: str
    points: list[ContactPoint] = field(default_factory=list)
    is_guest: bool = False  # has given a name and nothing by which to know them again

    @property
    def phones(self) -> list[ContactPoint]:
        """Phones to call."""
        return [p for p in self.points if p.kind == ContactPoint.Kind.PHONE]

    @property
    def others(self) -> list[ContactPoint]:
        """E-mail and messengers."""
        return [p for p in self.points if p.kind != ContactPoint.Kind.PHONE]


def stage_bar(item: Item, stages: Iterable[Stage]) -> list[Segment]:
    """Return the stage bar. A stage counts as passed when the card stood in it or jumped over it.

    One query.
    """
    stood: set[int] = set()
    jumped: set[int] = set()
    for visit in _VISITS.all(item.pk):
        (jumped if visit.jump else stood).add(visit.stage_id)
    here = item.stage
    bar = []
    for stage in stages:
        state = ""
        if stage.pk == here.pk:
            state = "current"
        elif stage.is_open and (not here.is_open or stage.position < here.position):
            lost_before = here.kind == Stage.Kind.LOST and stage.pk not in stood | jumped
            state = "passed" if stage.pk in stood else "" if lost_before else "jumped"
        bar.append(Segment(stage, state))
    return bar


# every opening of a card asks this (ADR 8)
_VISITS = Prepared(
    lambda pk: StageVisit.objects.filter(item_id=pk).order_by().only("stage_id", "jump"),
    int,
    model=StageVisit,
)
