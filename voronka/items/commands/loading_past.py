"""The bulk door for what cards have behind them besides visits: tunnels passed, clocks changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from voronka.items.models import ClockChange, Item, Passage
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.copying import copy_rows
from voronka.pipelines.models import Stage

_EVENT_COLUMNS = [
    "verb",
    "subject_type",
    "subject_id",
    "pipeline_id",
    "actor_kind",
    "actor_user_id",
    "actor_name",
    "diff",
    "at",
]


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A card went on as another one in another funnel (`load_links` keeps the link itself).

    Attributes:
        how: "child" or "copy", a `Passage.How`.
        by: a robot, or the person who sent the card.
        robot: code of the robot; "" of a person.
    """

    item_id: int
    child_id: int
    left: Stage
    to: Stage
    how: str
    by: Actor
    at: datetime
    robot: str = ""


@transaction.atomic
def load_passages(rows: Sequence[PassageRow]) -> int:
    """Write many passages through tunnels with their `item.tunnelled`; return how many.

    The same facts as `tunnel_item` leaves, so the map of funnels and the cards tell of them. Rights
    were asked when the cards were loaded; history wakes nobody.
    """
    Passage.objects.bulk_create(
        [
            Passage(
                item_id=row.item_id,
                child_id=row.child_id,
                from_pipeline_id=row.left.pipeline_id,
                from_stage_id=row.left.pk,
                to_pipeline_id=row.to.pipeline_id,
                to_stage_id=row.to.pk,
                how=row.how,
                robot=row.robot,
                at=row.at,
            )
            for row in rows
        ],
        batch_size=2000,
    )
    copy_rows(Event, _EVENT_COLUMNS, [_event(row) for row in rows])
    return len(rows)


def _event(row: PassageRow) -> list[object]:
    diff = {
        "left": row.left.pk,
        "entered": None,
        "how": row.how,
        "to": row.to.pk,
        "other": row.child_id,
        "robot": row.robot,
    }
    subject = [Item.journal_type, row.item_id, row.left.pipeline_id]
    return ["item.tunnelled", *subject, row.by.kind, row.by.user_id, row.by.name, diff, row.at]


@transaction.atomic
def load_clock_changes(changes: Iterable[ClockChange]) -> int:
    """Write prolongations and pauses of stays that are over; return how many.

    Clocks of today's stays are changed by `prolong_stage` and `pause_stage`, which move them.
    """
    return len(ClockChange.objects.bulk_create(changes, batch_size=1000))
