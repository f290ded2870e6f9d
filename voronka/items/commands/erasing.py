"""A field goes for good: its values leave the cards. Called by `pipelines.commands.fields`."""

from __future__ import annotations

from django.db import connection

from voronka.pipelines.models import Field


def erase_values(field: Field) -> int:
    """Take the values of a field out of all cards of its type; return from how many."""
    if field.item_type_id is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE items_item i SET values = i.values - %s, version = i.version + 1"
            " FROM pipelines_pipeline p WHERE p.id = i.pipeline_id AND p.item_type_id = %s"
            " AND i.values ? %s",
            [field.code, field.item_type_id, field.code],
        )
        return int(cursor.rowcount)
