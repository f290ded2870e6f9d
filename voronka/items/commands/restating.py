"""Another deadline of a stage, or other working hours: when its cards stall is counted anew.

Source: docs/domain/stages.md.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from django.db import connection, transaction

from voronka.items import rules
from voronka.items.models import Item
from voronka.kernel.worktime import WorkSchedule
from voronka.people.schedules import schedule_of
from voronka.pipelines.models import Stage

BATCH = 2000  # cards of one transaction
_Hours = Callable[[int], WorkSchedule]


def restate_deadlines(stage: Stage) -> int:
    """Count anew when the open cards of a stage become stalled; return how many changed.

    More than BATCH of them are left to a job, so that a funnel with many cards is published at
    once and holds up nobody who works with them: then 0.
    """
    if Item.objects.filter(stage=stage, closed_at=None)[: BATCH + 1].count() <= BATCH:
        return _restate(stage, after=0, hours=_hours(stage))[1]
    from voronka.items.tasks import restate_cards  # tasks call commands, so it can't be above

    restate_cards.defer(stage_id=stage.pk)
    return 0


def restate_open_cards(stage_id: int) -> int:
    """Do the work of `restate_deadlines` in batches, each a transaction of its own.

    By the deadline of the moment; run again, it goes on where nothing is left to do.
    """
    last, changed = 0, 0
    while True:
        with transaction.atomic():
            stages = Stage.objects.select_related("pipeline").filter(pk=stage_id)
            # Its deadline may not change meanwhile: the newer one would be overwritten.
            stage = stages.select_for_update(of=("self",), no_key=True).first()
            if stage is None:
                return changed
            last, some = _restate(stage, after=last, hours=_hours(stage))
        changed += some
        if not last:
            return changed


def _hours(stage: Stage) -> _Hours:
    return cache(partial(schedule_of, calendar_id=stage.pipeline.calendar_id))


def _restate(stage: Stage, *, after: int, hours: _Hours) -> tuple[int, int]:
    """Restate the next cards; return the last one's id, 0 at the end, and how many changed."""
    cards = Item.objects.filter(stage=stage, closed_at=None, pk__gt=after).order_by("pk")
    columns = ("pk", "owner_id", "stage_entered_at", "stalls_at", "stall_extra", "paused_at")
    rows = list(cards.select_for_update(of=("self",)).values_list(*columns)[:BATCH])
    new = []
    for pk, owner_id, entered, before, extra, paused in rows:
        moment = rules.stalls_at(stage, entered, partial(hours, owner_id), extra=extra)
        if moment != before and paused is None:
            new.append((pk, moment))
    if new:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE items_item i SET stalls_at = n.at"
                " FROM unnest(%s::bigint[], %s::timestamptz[]) AS n(id, at) WHERE n.id = i.id",
                [[pk for pk, _moment in new], [moment for _pk, moment in new]],
            )
    return rows[-1][0] if len(rows) == BATCH else 0, len(new)
