"""Products in a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.items.commands.card import (
    count_formulas,
    lock_card,
    note_event,
    require_filled,
    save_card,
)
from voronka.items.models import Item, LineItem
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.products.models import Product

CENT = Decimal("0.01")
MOST_MONEY = Decimal(10) ** 12  # what a card's amount and a line's price can hold
MOST_OF_ONE = Decimal(10) ** 9  # what a line's quantity can hold


@dataclass(frozen=True, slots=True)
class Line:
    """One line as typed: a product or a free name, quantity, price for one, discount in percent."""

    name: str
    price: Decimal
    quantity: Decimal = Decimal(1)
    discount: Decimal = Decimal(0)
    product_id: int | None = None

    @property
    def total(self) -> Decimal:
        """What the customer pays for the line."""
        return (self.price * self.quantity * (100 - self.discount) / 100).quantize(CENT)


@transaction.atomic
def set_lines(item_id: int, lines: Sequence[Line], *, by: Actor) -> Item:
    """Replace the products of a card; its amount becomes their sum. Records `item.lines_set`.

    Raises:
        InvalidInput: a line without a name, a quantity of zero, a negative price, an unknown
            product, a discount outside 0–100 %, numbers too large to keep, or the last line of
            a card whose stage requires products.
    """
    item = lock_card(item_id, by=by, action="change")
    if not item.pipeline.item_type.has_lines:
        raise InvalidInput(_("Cards of this type have no products."))
    before = item.amount
    counted = write_lines(item, lines, sum_up=bool(lines))
    require_filled(item, [code for code in ("lines", "amount") if not lines or not item.amount])
    save_card(item, ["amount"])
    note_event(
        "item.lines_set", item, by=by, lines=len(lines), amount=[str(before), str(item.amount)]
    )
    if counted:
        note_event("item.changed", item, by=by, changes=counted)
    return item


def write_lines(item: Item, lines: Sequence[Line], *, sum_up: bool) -> dict[str, list[Any]]:
    """Write the lines of a saved card and, if asked, set `item.amount` and save it.

    Returns {code: [old, new]} of the formulas that gave something else for it.
    """
    known = set(
        Product.objects.filter(pk__in=[x.product_id for x in lines if x.product_id]).values_list(
            "pk", flat=True
        )
    )
    for number, line in enumerate(lines, start=1):
        wrong = (
            not line.name.strip()
            or not all(map(isfinite, (line.quantity, line.price, line.discount)))
            or line.quantity <= 0
            or line.price < 0
            or not 0 <= line.discount <= 100
            or max(line.quantity / MOST_OF_ONE, line.price / MOST_MONEY) >= 1
            or (line.product_id is not None and line.product_id not in known)
        )
        if wrong:
            raise InvalidInput(
                _("Line %(number)d: give a name, a quantity above zero and a price.")
                % {"number": number},
                fields={"lines": _("Check the products.")},
            )
    total = sum((line.total for line in lines), Decimal(0))
    if total >= MOST_MONEY:
        raise InvalidInput(
            _("The sum of the products is too large. Check quantities and prices."),
            fields={"lines": _("Check the products.")},
        )
    LineItem.objects.filter(item_id=item.pk).delete()
    LineItem.objects.bulk_create(
        LineItem(
            item_id=item.pk,
            product_id=line.product_id,
            name=line.name.strip()[:255],
            quantity=line.quantity,
            price=line.price,
            discount=line.discount,
            position=position,
        )
        for position, line in enumerate(lines)
    )
    if not sum_up:
        return {}
    item.amount = total
    counted = count_formulas(item)
    item.save(update_fields=["amount", "values"] if counted else ["amount"])
    return counted
