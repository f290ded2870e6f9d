"""How much stands on a piece of the set-up. Upper packages register their counters.

The set-up lies below the cards and clients, so it can't read them; it asks through here before
it lets something be removed or change its meaning.
"""

from __future__ import annotations

from collections.abc import Callable

from voronka.pipelines.models import Field, ItemType, LossReason, Pipeline, Source, Stage

ValueCounter = Callable[[Field, str | None], int]
CardOwner = ItemType | Pipeline | Stage | LossReason | Source
CardCounter = Callable[[CardOwner, bool], int]
ValueEraser = Callable[[Field], int]

_value_counters: list[ValueCounter] = []
_card_counters: list[CardCounter] = []
_value_erasers: list[ValueEraser] = []


def register_value_counter(counter: ValueCounter) -> None:
    """Register (field, option code or None) -> rows that hold a value (or this option)."""
    if counter not in _value_counters:
        _value_counters.append(counter)


def register_card_counter(counter: CardCounter) -> None:
    """Register (type, pipeline, stage, reason or source; only open) -> cards."""
    if counter not in _card_counters:
        _card_counters.append(counter)


def register_value_eraser(eraser: ValueEraser) -> None:
    """Register a command's part: take all values of a field away, return from how many rows."""
    if eraser not in _value_erasers:
        _value_erasers.append(eraser)


def erase_values(field: Field) -> int:
    """Take the values of a field away wherever they are; for commands only."""
    return sum(eraser(field) for eraser in _value_erasers)


def values_of(field: Field, option: str | None = None) -> int:
    """Count cards and clients that hold a value of `field`, or chose `option` in it."""
    return sum(counter(field, option) for counter in _value_counters)


def cards_of(owner: CardOwner, *, only_open: bool = False) -> int:
    """Count cards that belong to `owner`; those in the recycle bin count as well."""
    return sum(counter(owner, only_open) for counter in _card_counters)
