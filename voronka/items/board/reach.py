"""Whose cards of one pipeline a person may see, asked once and used by all queries of a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from voronka.items.models import Item, ItemQuerySet, Watch
from voronka.people.models import User
from voronka.pipelines.models import Pipeline, Stage


@dataclass(frozen=True, slots=True)
class Reach:
    """A person's reach inside one pipeline; the same cards as `visible_to` shows there.

    Attributes:
        owners: whose cards they may see; None means everybody's.
        watched: further cards, seen because the person follows them.
    """

    pipeline_id: int
    owners: frozenset[int] | None
    watched: frozenset[int] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether the person may see no card here."""
        return self.owners == frozenset() and not self.watched

    @property
    def condition(self) -> Q:
        """The reach as a condition on cards of the pipeline."""
        if self.owners is None:
            return Q()
        owned = Q(owner_id__in=sorted(self.owners))
        return owned | Q(pk__in=sorted(self.watched)) if self.watched else owned

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
    watched: frozenset[int] = frozenset()
    if action == "see" and owners is not None and access.active:
        rows = Watch.objects.filter(user_id=user.pk, item__pipeline_id=pipeline.pk)
        watched = frozenset(rows.values_list("item_id", flat=True))
    return Reach(pipeline.pk, owners, watched)
