"""The bulk door for what cards have behind them besides visits: tunnels passed, clocks, answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from voronka.items import rules
from voronka.items.models import ClockChange, Item, Passage, ResponseClock
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.copying import copy_rows
from voronka.people.schedules import calendar_schedule
from voronka.pipelines.models import Pipeline, Stage

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


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The first human touch after a client turned to us (Q1).

    Attributes:
        owner_id: the responsible when the client came; they have answered.
        asked, answered: aware.
    """

    item_id: int
    owner_id: int
    asked: datetime
    answered: datetime
    source_id: int | None = None


@transaction.atomic
def load_answers(pipeline: Pipeline, rows: Iterable[AnswerRow]) -> int:
    """Keep five-minute clocks that have stopped, for the report of first answers; return how many.

    In the working time of the funnel's calendar, as `start_clock` and `note_answer` count it.
    """
    hours = calendar_schedule(pipeline.calendar)
    clocks = [
        ResponseClock(
            item_id=row.item_id,
            pipeline=pipeline,
            source_id=row.source_id,
            owner_id=row.owner_id,
            started_at=row.asked,
            due_at=hours.add(row.asked, rules.RESPONSE_NORM),
            norm_seconds=int(rules.RESPONSE_NORM.total_seconds()),
            stopped_at=row.answered,
            seconds=int(hours.between(row.asked, row.answered).total_seconds()),
            outcome=ResponseClock.Outcome.ANSWERED,
            by_user_id=row.owner_id,
        )
        for row in rows
    ]
    return len(ResponseClock.objects.bulk_create(clocks, batch_size=2000))
