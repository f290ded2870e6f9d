"""Which touch brought a customer: the first, the last, the deciding one (IN-16).

Source: docs/domain/sources.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from voronka.items.models import Item, Touch


@dataclass(frozen=True, slots=True)
class Attribution:
    """The touches of a card, earliest first, and which of them is what; None without touches."""

    touches: list[Touch]
    first: Touch | None
    last: Touch | None
    deciding: Touch | None


def attribution(item: Item) -> Attribution:
    """Return where a card's customer came from. One SQL query.

    The deciding touch is the one that a person has named; else the last one before the card was
    closed; while it is open, the last one so far.
    """
    touches = list(Touch.objects.filter(item_id=item.pk).select_related("source").order_by("at"))
    if not touches:
        return Attribution([], None, None, None)
    named = next((t for t in touches if t.deciding), None)
    closed = item.closed_at
    before = [t for t in touches if closed is None or t.at <= closed]
    return Attribution(touches, touches[0], touches[-1], named or (before or touches)[-1])
