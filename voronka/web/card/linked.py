"""Linked cards, and mini-boards of the elements that belong to a card (SP-3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from voronka.items.models import Item, ItemLink
from voronka.kernel.prepared import Prepared
from voronka.people.models import User
from voronka.pipelines.models import Pipeline, Stage

_WORDS = {  # what came after this card is called, and what came before it
    ItemLink.Kind.CONVERTED: (
        pgettext_lazy("linked card", "became this deal"),
        pgettext_lazy("linked card", "from this lead"),
    ),
    ItemLink.Kind.COPY: (
        pgettext_lazy("linked card", "goes on here"),
        pgettext_lazy("linked card", "card before"),
    ),
    ItemLink.Kind.PART: (
        pgettext_lazy("linked card", "element"),
        pgettext_lazy("linked card", "part of it"),
    ),
    ItemLink.Kind.RELATED: (
        pgettext_lazy("linked card", "linked"),
        pgettext_lazy("linked card", "linked"),
    ),
}


@dataclass(frozen=True, slots=True)
class Linked:
    """A card linked with this one: where it stands, and whose it is."""

    link: ItemLink
    item: Item
    stages: list[Stage]  # of its funnel, in order
    first: bool  # it came before this card

    @property
    def word(self) -> str:
        """What it is to this card."""
        return str(_WORDS[ItemLink.Kind(self.link.kind)][self.first])

    @property
    def work(self) -> list[Stage]:
        """The stages of work."""
        return [stage for stage in self.stages if stage.is_open]

    @property
    def position(self) -> int:
        """Stages of work from the start, 1 for the first."""
        return sum(stage.position <= self.item.stage.position for stage in self.work)

    @property
    def bar(self) -> list[bool]:
        """One mark a stage of work, true for those reached."""
        won = self.item.stage.kind == Stage.Kind.WON
        return [won or n < self.position for n in range(len(self.work))]

    @property
    def late(self) -> timedelta | None:
        """How long ago the deadline of its stage passed, None while it has not."""
        stalls = self.item.stalls_at
        if stalls is None or self.item.is_closed or self.item.paused_at is not None:
            return None
        gone = timezone.now() - stalls
        return gone if gone > timedelta(0) else None


@dataclass(frozen=True, slots=True)
class Cell:
    """A stage of a mini-board with the elements that stand there."""

    stage: Stage
    rows: list[Linked]

    @property
    def late(self) -> int:
        """How many of them are past their deadline."""
        return sum(row.late is not None for row in self.rows)


@dataclass(frozen=True, slots=True)
class MiniBoard:
    """The elements of one funnel that belong to a card, by stage."""

    pipeline: Pipeline
    rows: list[Linked]

    @property
    def cells(self) -> list[Cell]:
        """The stages of work and success, and that of a loss where something was lost."""
        stages = [
            s
            for s in self.rows[0].stages
            if s.kind != Stage.Kind.LOST or any(r.item.stage_id == s.pk for r in self.rows)
        ]
        return [Cell(s, [r for r in self.rows if r.item.stage_id == s.pk]) for s in stages]

    @property
    def ready(self) -> int:
        """How many are done."""
        return sum(row.item.stage.kind == Stage.Kind.WON for row in self.rows)

    @property
    def late(self) -> int:
        """How many are past their deadline."""
        return sum(row.late is not None for row in self.rows)


def linked_cards(item: Item, user: User) -> list[Linked]:
    """Return the cards linked with `item` that `user` may see, in order. Three queries."""
    links = _LINKS.all(item.pk, item.pk)
    if not links:
        return []
    others = {link.parent_id + link.child_id - item.pk for link in links}
    cards = Item.objects.visible_to(user).filter(pk__in=others)
    by_id = {c.pk: c for c in cards.select_related("stage", "owner", "pipeline__item_type")}
    stages = _stages({c.pipeline_id for c in by_id.values()})
    found = []
    for link in links:
        first = link.child_id == item.pk
        card = by_id.get(link.parent_id if first else link.child_id)
        if card is not None:
            found.append(Linked(link, card, stages.get(card.pipeline_id, []), first))
    return found


_LINKS = Prepared(
    lambda parent, child: ItemLink.objects.filter(Q(parent_id=parent) | Q(child_id=child)).order_by(
        "created_at", "pk"
    ),
    int,
    int,
    model=ItemLink,
)


def mini_boards(linked: Iterable[Linked]) -> list[MiniBoard]:
    """Return a mini-board for each funnel of elements that belong to the card."""
    by_funnel: dict[int, list[Linked]] = {}
    for row in linked:
        if row.link.kind == ItemLink.Kind.PART and not row.first:
            by_funnel.setdefault(row.item.pipeline_id, []).append(row)
    return [MiniBoard(rows[0].item.pipeline, rows) for rows in by_funnel.values()]


def _stages(pipeline_ids: Iterable[int]) -> dict[int, list[Stage]]:
    found: dict[int, list[Stage]] = {}
    rows = Stage.objects.filter(pipeline_id__in=pipeline_ids).order_by("position", "pk")
    for stage in rows:
        found.setdefault(stage.pipeline_id, []).append(stage)
    return found
