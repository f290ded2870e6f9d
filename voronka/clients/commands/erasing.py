"""A field goes for good: its values leave the clients. Called by `pipelines.commands.fields`."""

from __future__ import annotations

from django.db import connection

from voronka.pipelines.models import Field


def erase_values(field: Field) -> int:
    """Take the values of a field out of all clients; return from how many."""
    if field.item_type_id is not None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE clients_client SET values = values - %s WHERE values ? %s",
            [field.code, field.code],
        )
        return int(cursor.rowcount)
