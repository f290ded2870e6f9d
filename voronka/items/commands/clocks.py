"""The clock of a stage: prolonged or paused, always with a reason, always counted (FS-9)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.items import rules
from voronka.items.commands.card import end_pause, lock_card, note_event, save_card
from voronka.items.models import ClockChange, Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people.schedules import schedule_of

LONGEST = timedelta(days=366)


@transaction.atomic
def prolong_stage(item_id: int, *, by_amount: timedelta, reason: str, by: Actor) -> Item:
    """Give a card more time on its stage; records `item.clock_changed`.

    Args:
        by_amount: working time where the stage's deadline is in working time.
    Raises:
        InvalidInput: no reason, no deadline to prolong, the card is closed, or an odd amount.
        Forbidden: the role may not change this card.
    """
    item = lock_card(item_id, by=by, action="change")
    _require_reason(reason)
    if item.stalls_at is None and item.paused_at is None:
        raise InvalidInput(_("This stage has no deadline to prolong."))
    if not timedelta() < by_amount <= LONGEST:
        raise InvalidInput(
            _("Give a time longer than nothing and shorter than a year."),
            fields={"amount": _("Choose another time.")},
        )
    _note(item, ClockChange.Kind.PROLONGED, reason, amount=by_amount, by=by)
    item.stall_extra += by_amount
    _restate(item)
    seconds = int(by_amount.total_seconds())
    note_event(
        "item.clock_changed", item, by=by, how="prolonged", seconds=seconds, reason=reason.strip()
    )
    return item


@transaction.atomic
def pause_stage(item_id: int, *, reason: str, by: Actor, until: datetime | None = None) -> Item:
    """Let the clock of a card's stage stand still; records `item.clock_changed`.

    Args:
        until: when it goes on by itself (aware); by hand when omitted.
    Raises:
        InvalidInput: no reason, no deadline, it stands still already, or `until` has passed.
        Forbidden: the role may not change this card.
    """
    item = lock_card(item_id, by=by, action="change")
    _require_reason(reason)
    if item.paused_at is not None:
        raise InvalidInput(_("The clock of this stage stands still already."))
    if item.stalls_at is None:
        raise InvalidInput(_("This stage has no deadline to pause."))
    now = timezone.now()
    if until is not None and until <= now:
        raise InvalidInput(
            _("This time has passed already."), fields={"until": _("Choose a later time.")}
        )
    _note(item, ClockChange.Kind.PAUSED, reason, until=until, by=by)
    item.paused_at, item.stalls_at = now, None
    save_card(item, ["paused_at", "stalls_at"])
    note_event("item.clock_changed", item, by=by, how="paused", reason=reason.strip())
    return item


@transaction.atomic
def resume_stage(item_id: int, *, by: Actor) -> Item:
    """Let the clock go on: the time that it stood still is added. Records `item.clock_changed`.

    Does nothing when it goes already.
    """
    item = lock_card(item_id, by=by, action="change")
    if item.paused_at is None:
        return item
    item.stall_extra += end_pause(item, at=timezone.now())
    item.paused_at = None
    _restate(item)
    note_event("item.clock_changed", item, by=by, how="resumed")
    return item


def end_pauses(*, now: datetime | None = None, limit: int = 200) -> int:
    """Let the clocks go on whose pause is over; return how many. Runs each minute."""
    moment = now or timezone.now()
    over = ClockChange.objects.filter(
        kind=ClockChange.Kind.PAUSED, ended_at=None, until__lte=moment, item__deleted_at=None
    )
    ids = list(over.order_by("until").values_list("item_id", flat=True)[:limit])
    for item_id in ids:
        resume_stage(item_id, by=Actor.system())
    return len(ids)


def _require_reason(reason: str) -> None:
    if len(reason.strip()) < 3:
        raise InvalidInput(
            _("Say why: prolongations and pauses are counted."),
            fields={"reason": _("Write a reason in a few words.")},
        )


def _note(
    item: Item,
    kind: str,
    reason: str,
    *,
    by: Actor,
    amount: timedelta = timedelta(),
    until: datetime | None = None,
) -> None:
    ClockChange.objects.create(
        item=item,
        stage=item.stage,
        stay=item.stage_entered_at,
        kind=kind,
        reason=reason.strip()[:300],
        amount=amount,
        by_user_id=by.user_id,
        at=timezone.now(),
        until=until,
    )


def _restate(item: Item) -> None:
    if item.paused_at is None:
        item.stalls_at = rules.stalls_at(
            item.stage,
            item.stage_entered_at,
            lambda: schedule_of(item.owner_id, calendar_id=item.pipeline.calendar_id),
            extra=item.stall_extra,
        )
    save_card(item, ["stall_extra", "paused_at", "stalls_at"])
