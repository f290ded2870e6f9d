"""What is still open on a card that is about to be closed: people's work, its elements."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from voronka.automation.models import AutoTask
from voronka.items import elements
from voronka.items.models import Item
from voronka.people.models import User
from voronka.pipelines.models import Stage
from voronka.timeline.models import Activity


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Elements of a card that are still on their way.

    Attributes:
        seen: the first of those that the person may see, with their stages.
        count: how many there are in all.
    """

    seen: list[Item]
    count: int

    @property
    def more(self) -> int:
        """How many there are besides those seen."""
        return self.count - len(self.seen)


def work_left(item_id: int) -> QuerySet[Activity]:
    """Return the planned work of a card that no robot closes by itself, the nearest first.

    Tasks that end only with one of their answers are left out: nobody can end them in passing.
    """
    return work_left_on([item_id]).select_related("owner").order_by("due_at", "pk")


def work_left_on(item_ids: Collection[int]) -> QuerySet[Activity]:
    """Return that of several cards, in no order."""
    closing = AutoTask.objects.filter(item_id__in=item_ids, closed_at=None, by_leaving=True)
    rows = Activity.objects.planned().filter(item_id__in=item_ids, answers=[])
    return rows.exclude(pk__in=closing.values("activity_id"))


def unfinished_elements(item_id: int, user: User, *, most: int) -> Unfinished:
    """Return elements of a card that are not finished yet, `most` of them by name.

    Called off ones do not count.
    """
    rows = elements.parts(item_id).filter(stage__kind=Stage.Kind.OPEN)
    seen = rows.filter(pk__in=Item.objects.visible_to(user).values("pk"))
    shown = list(seen.select_related("stage").order_by("pk")[:most])
    return Unfinished(shown, rows.count())
