"""What all commands of the card share: the lock, rights, the version, and entering a stage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.items import gate, rules
from voronka.items.models import ClockChange, Item, LineItem, StageVisit
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.kernel.locking import lock_row
from voronka.kernel.prepared import Prepared
from voronka.kernel.rows import insert_rows, update_row
from voronka.people import access
from voronka.people.schedules import schedule_of
from voronka.pipelines import formulas
from voronka.pipelines.models import Stage


def lock_card(item_id: int, *, by: Actor, action: str) -> Item:
    """Lock a card for this transaction and check the actor's right to do `action` to it.

    Raises:
        NotFound: there is no such card, or it lies in the recycle bin.
        Forbidden: the role does not reach it with this action.
    """
    item = lock_row(_CARD, item_id)
    if item is None:
        raise NotFound(_("There is no such card. It may have been deleted."))
    require_card(by, action, item)
    return item


_CARD = Prepared(
    lambda pk: (
        Item.objects.alive().select_related("stage", "pipeline__item_type").filter(pk=pk).order_by()
    ),
    int,
    model=Item,
)


def require_card(by: Actor, action: str, item: Item) -> None:
    """Let the actor do `action` to a card, or raise Forbidden."""
    pipeline = item.pipeline
    access.require(by, action, pipeline.item_type.code, pipeline.code, owner_id=item.owner_id)


def require_filled(item: Item, cleared: Sequence[str]) -> None:
    """Refuse to leave empty what the card's present stage requires.

    Args:
        cleared: codes of the fields that are being cleared.
    Raises:
        InvalidInput: the stage requires one of them and it is empty now.
    """
    if not cleared:
        return
    stages = list(item.pipeline.stages.all())
    lines = LineItem.objects.filter(item_id=item.pk).exists()
    facts = rules.Facts(item.values, rules.system_facts(item, lines=lines))
    missing = rules.missing(rules.required_codes(stages, item.stage), facts)
    names = gate.names(item.pipeline.item_type_id, [c for c in missing if c in cleared])
    if names:
        raise InvalidInput(
            _("At the stage “%(stage)s” this can't be left empty: %(names)s.")
            % {"stage": item.stage, "names": ", ".join(str(n) for n in names.values())},
            fields={code: _("This stage requires it.") for code in names},
        )


def save_card(item: Item, fields: Iterable[str], *, at: datetime | None = None) -> None:
    """Write the changed columns and count the version up."""
    item.version = item.version + 1
    item.changed_at = at or timezone.now()
    update_row(item, [*fields, "version", "changed_at"])


def count_formulas(item: Item) -> dict[str, list[Any]]:
    """Count the card's formulas anew; return {code: [old, new]} of what differs. Saves nothing."""
    before = item.values
    item.values = formulas.recount(
        item.pipeline.item_type.formulas,
        before,
        title=item.title,
        amount=item.amount,
        created_at=item.created_at,
    )
    if item.values is before:
        return {}
    codes = sorted({*before, *item.values})
    return {
        code: [before.get(code), item.values.get(code)]
        for code in codes
        if before.get(code) != item.values.get(code)
    }


_NEXT_STEPS = """
UPDATE items_item i
SET next_activity_at = n.at, next_activity_kind = n.kind, next_activity_title = n.title,
    version = i.version + 1, changed_at = %s
FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[]) AS n (id, at, kind, title)
WHERE i.id = n.id"""


def save_next_steps(items: Sequence[Item]) -> None:
    """Write the next steps of several locked cards and count their versions up. One SQL query."""
    if not items:
        return
    now = timezone.now()
    values: list[Any] = [
        [item.pk for item in items],
        [item.next_activity_at for item in items],
        [item.next_activity_kind for item in items],
        [item.next_activity_title for item in items],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_STEPS, [now, *values])
    for item in items:
        item.version, item.changed_at = item.version + 1, now


def note_event(
    verb: str, item: Item, *, by: Actor, at: datetime | None = None, **diff: Any
) -> Event:
    """Record an event of a card with what live streams need: its pipeline and owner."""
    return record(
        verb, item, by=by, at=at, pipeline_id=item.pipeline_id, owner_id=item.owner_id, **diff
    )


LOSS = ("loss_reason", "loss_comment", "loss_told_by")  # what a card knows of its loss
_END_VISIT = """
UPDATE items_stagevisit SET left_at = %s, overdue = %s WHERE item_id = %s AND left_at IS NULL"""


def enter_stage(
    item: Item,
    to: Stage,
    *,
    by: Actor,
    at: datetime,
    passed: Sequence[Stage] = (),
    correction: bool = False,
) -> None:
    """Close the open visit, note the stages jumped over, open the next visit, move the card.

    Sets stage, pipeline, stage_entered_at, stalls_at, closed_at and the loss on `item` and saves.
    """
    ended: list[Any] = [at, rules.overdue(item.stalls_at, at), item.pk]
    with connection.cursor() as cursor:
        cursor.execute(_END_VISIT, ended)
    if item.paused_at is not None:
        end_pause(item, at=at)
    visits = [_visit(item, stage, by=by, at=at, left=at, jump=True) for stage in passed]
    visits.append(_visit(item, to, by=by, at=at, correction=correction))
    _write_visits(visits)
    item.stage = to
    item.stage_entered_at = at
    item.stalls_at = rules.stalls_at(
        to, at, lambda: schedule_of(item.owner_id, calendar_id=item.pipeline.calendar_id)
    )
    item.stall_extra, item.paused_at = timedelta(), None
    item.closed_at = None if to.is_open else at
    if to.kind != Stage.Kind.LOST:
        item.loss_reason_id, item.loss_comment, item.loss_told_by = None, "", ""
    save_card(
        item,
        [
            "pipeline",
            "stage",
            "stage_entered_at",
            "stalls_at",
            "stall_extra",
            "paused_at",
            "closed_at",
            *LOSS,
        ],
        at=at,
    )


def end_pause(item: Item, *, at: datetime) -> timedelta:
    """End the pause of a locked card; return how long it was, by the measure of its stage."""
    since = item.paused_at or at
    if item.stage.deadline_working:
        amount = schedule_of(item.owner_id, calendar_id=item.pipeline.calendar_id).between(
            since, at
        )
    else:
        amount = max(at - since, timedelta())
    ClockChange.objects.filter(item_id=item.pk, kind=ClockChange.Kind.PAUSED, ended_at=None).update(
        ended_at=at, amount=amount
    )
    return amount


def first_visit(item: Item, stages: Sequence[Stage], *, by: Actor, at: datetime) -> None:
    """Open the first visit of a new card; stages before its own count as passed by jump."""
    passed = [s for s in stages if s.is_open and s.position < item.stage.position]
    visits = [_visit(item, stage, by=by, at=at, left=at, jump=True) for stage in passed]
    _write_visits([*visits, _visit(item, item.stage, by=by, at=at)])


def _write_visits(visits: Sequence[StageVisit]) -> None:
    insert_rows(visits)


def _visit(
    item: Item,
    stage: Stage,
    *,
    by: Actor,
    at: datetime,
    left: datetime | None = None,
    jump: bool = False,
    correction: bool = False,
) -> StageVisit:
    return StageVisit(
        item_id=item.pk,
        stage_id=stage.pk,
        pipeline_id=stage.pipeline_id,
        owner_id=item.owner_id,
        entered_at=at,
        left_at=left,
        by_user_id=by.user_id,
        how=by.kind,
        jump=jump,
        correction=correction,
    )
