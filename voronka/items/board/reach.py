"""Whose cards of one pipeline a person may see, asked once and used by all queries of a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from voronka.items.models import Item, ItemQuerySet, Watch
from voronka.kernel.prepared_rows import PreparedRows
from voronka.people.models import User
from voronka.pipelines.models import Pipeline, Stage


@dataclass(frozen=True, slots=True)
class Followed:
    """A card of somebody else that the person follows: what figures need to know of it."""

    pk: int
    stage_id: int
    amount: Decimal  # company currency
    stalls_at: datetime | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """A person's reach inside one pipeline; the same cards as `visible_to` shows there.

    Attributes:
        owners: whose cards they may see; None means everybody's.
        followed: further cards, seen because the person follows them.
    """

    pipeline_id: int
    owners: frozenset[int] | None
    followed: tuple[Followed, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the person may see no card here."""
        return self.owners == frozenset() and not self.followed

    @property
    def condition(self) -> Q:
        """The reach as a condition on cards of the pipeline."""
        if self.owners is None:
            return Q()
        owned = Q(owner_id__in=sorted(self.owners))
        return owned | Q(pk__in=[card.pk for card in self.followed]) if self.followed else owned

    def cards(self, stages: Iterable[Stage]) -> ItemQuerySet:
        """Return the cards within reach that stand in some of the pipeline's stages.

        Named by their stages and not by their pipeline: so each column is read from its index.
        """
        ids = [stage.pk for stage in stages if stage.pipeline_id == self.pipeline_id]
        return Item.objects.alive().filter(self.condition, stage_id__in=ids)

    def holds(self, owner_id: int) -> bool:
        """Whether cards of an owner are within reach whoever follows them."""
        return self.owners is None or owner_id in self.owners


def reach_of(user: User, pipeline: Pipeline, action: str = "see") -> Reach:
    """Return the cards of a pipeline on which `user` may do `action` (AC-2).

    At most one SQL query for the followed cards, and two for departments.

    Args:
        pipeline: with its item type loaded.
    """
    access = user.access
    owners = access.owners(access.scope(action, pipeline.item_type.code, pipeline.code))
    followed: tuple[Followed, ...] = ()
    if action == "see" and owners is not None and access.active:
        rows = _FOLLOWED.all(user.pk, pipeline.pk, sorted(owners))
        followed = tuple(
            Followed(pk, stage_id, amount, stalls_at, closed_at is None)
            for pk, stage_id, amount, stalls_at, closed_at in rows
        )
    return Reach(pipeline.pk, owners, followed)


_FOLLOWED = PreparedRows(
    lambda user, pipeline, owners: (
        Watch.objects.filter(user_id=user, item__pipeline_id=pipeline, item__deleted_at=None)
        .exclude(item__owner_id__among=owners)
        .values_list(
            "item_id", "item__stage_id", "item__amount", "item__stalls_at", "item__closed_at"
        )
    ),
    int,
    int,
    list,
)
