"""The five-minute clock: it starts when a client turns to us and stops at the first human touch.

Source: docs/domain/first_response.md (Q1, IN-14).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from voronka.items import rules
from voronka.items.commands.card import note_event, save_card
from voronka.items.models import Item, ResponseClock
from voronka.journal.actors import Actor
from voronka.kernel.rows import insert_row
from voronka.kernel.worktime import WorkSchedule
from voronka.people.schedules import calendar_schedule
from voronka.pipelines.models import Stage


def wind_clock(item: Item, *, at: datetime) -> None:
    """Set a drafted or locked card's clock going from the client's time `at`. The caller saves.

    A clock that runs already goes on: the earliest event of an unanswered client counts.
    """
    if item.clock_started_at is None:
        item.clock_started_at = at
        item.clock_due_at = schedule(item).add(at, rules.RESPONSE_NORM)


def keep_clock(item: Item, *, channel_id: int | None = None, source_id: int | None = None) -> None:
    """Keep a wound clock as a row, once the card is saved."""
    if item.clock_started_at is None or item.clock_due_at is None:
        return
    insert_row(
        ResponseClock(
            item=item,
            pipeline_id=item.pipeline_id,
            source_id=source_id or item.source_id,
            channel_id=channel_id,
            owner_id=item.owner_id,
            started_at=item.clock_started_at,
            due_at=item.clock_due_at,
            norm_seconds=int(rules.RESPONSE_NORM.total_seconds()),
        )
    )


@transaction.atomic
def start_clock(
    item: Item, *, at: datetime, channel_id: int | None = None, source_id: int | None = None
) -> bool:
    """Start the clock of a locked card; whether it was not running yet.

    Args:
        at: when the client turned to us, in their time; not when we made a card of it.
    """
    if item.clock_started_at is not None or item.is_closed:
        return False
    wind_clock(item, at=at)
    save_card(item, ["clock_started_at", "clock_due_at"])
    keep_clock(item, channel_id=channel_id, source_id=source_id)
    return True


@transaction.atomic
def note_answer(item_id: int, *, by: Actor, at: datetime | None = None) -> None:
    """A person has turned to the client: a message, a call, a meeting, whatever came of it.

    Stops the card's clock and records `item.answered` with its seconds of working time. A robot's
    messages are no human touch: it does nothing for them.
    """
    if by.user_id is None and by.kind != "system":
        return
    now = at or timezone.now()
    item = (
        Item.objects.select_for_update(of=("self",))
        .select_related("pipeline__calendar", "stage")
        .filter(pk=item_id)
        .first()
    )
    if item is None:
        return
    running = item.clock_started_at is not None
    item.last_touch_at = now
    item.first_response_at = item.first_response_at or now
    columns = ["last_touch_at", "first_response_at"]
    if running:
        seconds = _stop(item, ResponseClock.Outcome.ANSWERED, by=by, at=now)
        save_card(item, [*columns, "clock_started_at", "clock_due_at"])
        late = seconds > rules.RESPONSE_NORM.total_seconds()
        note_event("item.answered", item, by=by, at=now, seconds=seconds, late=late)
    else:
        item.save(update_fields=columns)


def end_clock(item: Item, *, by: Actor, at: datetime) -> None:
    """A card is closed while its clock runs: won is an answer, non-target counts for nobody.

    A target enquiry that is refused without a word to the client stays unanswered in the report.
    """
    if item.stage.kind == Stage.Kind.WON:
        outcome = ResponseClock.Outcome.ANSWERED
    elif item.loss_reason is not None and not item.loss_reason.target:
        outcome = ResponseClock.Outcome.VOID
    else:
        outcome = ResponseClock.Outcome.UNANSWERED
    _stop(item, outcome, by=by, at=at)
    save_card(item, ["clock_started_at", "clock_due_at"])


def _stop(item: Item, outcome: str, *, by: Actor, at: datetime) -> int:
    """Stop a locked card's clock; return its seconds of working time. The caller saves the card."""
    started = item.clock_started_at or at
    seconds = int(schedule(item).between(started, max(at, started)).total_seconds())
    ResponseClock.objects.running().filter(item_id=item.pk).update(
        outcome=outcome, stopped_at=at, seconds=seconds, by_user_id=by.user_id
    )
    item.clock_started_at = item.clock_due_at = None
    return seconds


def schedule(item: Item) -> WorkSchedule:
    """Return the hours in which a client may expect an answer: the funnel's, else the company's.

    Not the seller's own: the client does not know whose shift it is.
    """
    return calendar_schedule(item.pipeline.calendar)
