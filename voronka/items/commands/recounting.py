"""Another formula, or another field under it: all cards are counted anew, in a job.

Source: docs/domain/formulas.md (RB-12).
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.db import connection, transaction

from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.journal.models import Event
from voronka.people.schedules import company_schedule
from voronka.pipelines import formulas
from voronka.pipelines.models import Field, ItemType

BATCH = 2000  # cards of one transaction


def on_setup_changed(event: Event) -> None:
    """A field with a formula has come, changed or returned: have the cards counted."""
    changes = event.diff.get("changes", {})
    if event.verb != "field.restored" and not {"formula", "kind"} & set(changes):
        return
    field = Field.objects.select_related("item_type").filter(pk=event.subject_id).first()
    if field is None or field.item_type is None:
        return
    used = field.item_type.formulas.get("kinds", {})
    if field.formula or field.code in used:
        from voronka.items.tasks import recount_cards  # tasks call commands, so it can't be above

        recount_cards.defer(item_type_id=field.item_type.pk)


def on_calendar_changed(event: Event) -> None:
    """Other days are worked: have the cards counted whose formulas count working days."""
    from voronka.items.tasks import recount_cards

    for item_type in ItemType.objects.exclude(formulas={}):
        if formulas.count_workdays(item_type.formulas):
            recount_cards.defer(item_type_id=item_type.pk)


def recount_all(item_type_id: int) -> int:
    """Count the formulas of all cards of a type by what they are today; return how many changed.

    Closed cards and those in the recycle bin as well: sums of the past follow the formula. In
    batches of BATCH, each a transaction of its own; run again, it finds nothing left to do.
    Records `item_type.recounted` once when anything changed; single cards have no event, so that
    no robot wakes for it.
    """
    item_type = ItemType.objects.filter(pk=item_type_id).first()
    if item_type is None:
        return 0
    last, changed, schedule = 0, 0, cache(company_schedule)
    while True:
        with transaction.atomic():
            # read within the batch: another formula may have been saved meanwhile
            stored = ItemType.objects.values_list("formulas", flat=True).get(pk=item_type_id)
            cards = Item.objects.filter(pipeline__item_type_id=item_type_id, pk__gt=last)
            rows = list(cards.order_by("pk").select_for_update(of=("self",))[:BATCH])
            if not rows:
                break
            last = rows[-1].pk
            new = []
            for row in rows:
                values = formulas.recount(
                    stored,
                    row.values,
                    title=row.title,
                    amount=row.amount,
                    created_at=row.created_at,
                    schedule=schedule,
                )
                if values != row.values:
                    new.append((row.pk, json.dumps(values)))
            changed += _write(new)
    if changed:
        record("item_type.recounted", item_type, by=Actor.system(), cards=changed)
    return changed


def _write(new: list[tuple[int, Any]]) -> int:
    if new:
        ids, values = (list(column) for column in zip(*new, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE items_item i SET values = n.values, version = i.version + 1"
                " FROM unnest(%s::bigint[], %s::jsonb[]) AS n(id, values) WHERE n.id = i.id",
                [ids, values],
            )
    return len(new)
