"""Another grade rule, or other points: the open cards are graded anew, in a job (QL-2)."""

from __future__ import annotations

from django.db import connection, transaction

from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.journal.models import Event
from voronka.pipelines.grades import grade
from voronka.pipelines.models import Field, ItemType

BATCH = 2000  # cards of one transaction


def on_setup_changed(event: Event) -> None:
    """A grade rule or a list that it counts has changed: have the cards graded anew."""
    changes = event.diff.get("changes", {})
    if event.verb == "item_type.changed" and "grade_rule" in changes:
        _defer(event.subject_id)
    elif event.verb == "field.changed" and "options" in changes:
        field = Field.objects.select_related("item_type").filter(pk=event.subject_id).first()
        if field and field.item_type and field.code in field.item_type.grade_rule.get("fields", ()):
            _defer(field.item_type_id or 0)


def _defer(item_type_id: int) -> None:
    from voronka.items.tasks import regrade_cards  # tasks call commands, so it can't be above

    regrade_cards.defer(item_type_id=item_type_id)


def regrade_open_cards(item_type_id: int) -> int:
    """Grade the open cards of a type by the rule of today; return how many changed.

    In batches of BATCH, each a transaction of its own; run again, it goes on where nothing is left
    to do. Records `item_type.regraded` once when anything changed.
    """
    item_type = ItemType.objects.filter(pk=item_type_id).first()
    if item_type is None:
        return 0
    rule = item_type.grade_rule
    codes = rule.get("fields") or []
    fields = list(Field.objects.filter(item_type=item_type, code__in=codes, archived=False))
    last, changed = 0, 0
    while True:
        with transaction.atomic():
            cards = Item.objects.open().filter(pipeline__item_type=item_type, pk__gt=last)
            rows = list(
                cards.order_by("pk")
                .select_for_update(of=("self",))
                .values_list("pk", "values", "grade", "grade_order")[:BATCH]
            )
            if not rows:
                break
            last = rows[-1][0]
            new = []
            for pk, values, letter, order in rows:
                result = grade(rule, fields, values)
                if (result.letter, result.order) != (letter, order):
                    new.append((pk, result.letter, result.order))
            changed += _write(new)
    if changed:
        record("item_type.regraded", item_type, by=Actor.system(), cards=changed)
    return changed


def _write(new: list[tuple[int, str, int]]) -> int:
    if new:
        ids, letters, orders = (list(column) for column in zip(*new, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE items_item i SET grade = n.letter, grade_order = n.place,"
                " version = i.version + 1"
                " FROM unnest(%s::bigint[], %s::text[], %s::int[]) AS n(id, letter, place)"
                " WHERE n.id = i.id",
                [ids, letters, orders],
            )
    return len(new)
