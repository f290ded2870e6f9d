"""What clients tell the set-up below them: which of their fields are in use."""

from __future__ import annotations

from voronka.clients.commands.erasing import erase_values
from voronka.clients.models import Client
from voronka.pipelines.models import Field
from voronka.pipelines.usage import register_value_counter, register_value_eraser


def count_values(field: Field, option: str | None) -> int:
    """Count clients that hold a value of a field, or chose `option`."""
    if field.item_type_id is not None:
        return 0
    if option is None:
        filled = Client.objects.filter(values__has_key=field.code)
        return filled.exclude(values__contains={field.code: None}).count()
    chosen = [option] if field.kind == Field.Kind.MULTI_LIST else option
    return Client.objects.filter(values__contains={field.code: chosen}).count()


def register() -> None:
    """Make the set-up ask the clients before it changes their fields."""
    register_value_counter(count_values)
    register_value_eraser(erase_values)
