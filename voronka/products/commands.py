"""Changes of the price list. Each needs the `setup` right."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.pipelines.commands.writing import begin, find, note
from voronka.pipelines.commands.writing import write as write_row
from voronka.pipelines.errors import refuse_if
from voronka.products.models import Product

MAX_PRICE = Decimal("999999999999.99")  # what the column holds


@dataclass(frozen=True, slots=True)
class ProductSpec:
    """A product or service; `code` is its article number and never changes."""

    code: str
    name: LocalText
    group: str = ""
    unit: str = "pcs"
    price: Decimal = Decimal(0)  # company currency

    @classmethod
    def of(cls, row: Product) -> Self:
        return cls(row.code, row.name, row.group, row.unit, row.price)


def product_problems(spec: ProductSpec) -> dict[str, Sentence]:
    """Check a product by itself."""
    problems: dict[str, Sentence] = {}
    if not spec.code.strip() or len(spec.code) > 60 or spec.code != spec.code.strip():
        problems["code"] = _("The article number has 1 to 60 signs.")
    if not (spec.name.ru.strip() or spec.name.en.strip()):
        problems["name"] = _("Give it a name.")
    elif max(len(spec.name.ru), len(spec.name.en)) > 255:
        problems["name"] = _("Too long: at most %(limit)d letters.") % {"limit": 255}
    if len(spec.group) > 80:
        problems["group"] = _("Too long: at most %(limit)d letters.") % {"limit": 80}
    if not spec.unit.strip() or len(spec.unit) > 16:
        problems["unit"] = _("The unit has 1 to 16 letters, such as “pcs” or “m²”.")
    if not spec.price.is_finite() or not 0 <= spec.price <= MAX_PRICE:
        problems["price"] = _("The price is zero or more.")
    return problems


@transaction.atomic
def save_product(spec: ProductSpec, *, by: Actor) -> Product:
    """Create a product, or change the one with this article number; an archived one returns.

    Cards keep the name and price that they took from it.

    Raises:
        InvalidSetup: a part of the spec breaks a rule.
    """
    begin(by)
    refuse_if(product_problems(spec))
    row = Product.objects.filter(code=spec.code).first() or Product(code=spec.code)
    values = {
        "name": spec.name,
        "group": spec.group.strip(),
        "unit": spec.unit.strip(),
        "price": spec.price.quantize(Decimal("0.01")),
        "archived": False,
    }
    return write_row(row, values, by=by)


@transaction.atomic
def archive_product(code: str, *, by: Actor) -> Product:
    """Offer a product no more; cards keep it."""
    return _set_archived(code, archived=True, by=by)


@transaction.atomic
def restore_product(code: str, *, by: Actor) -> Product:
    """Offer a product again."""
    return _set_archived(code, archived=False, by=by)


def _set_archived(code: str, *, archived: bool, by: Actor) -> Product:
    begin(by)
    row = find(Product.objects.all(), code, _("There is no product “%(code)s”."))
    if row.archived != archived:
        row.archived = archived
        row.save(update_fields=["archived"])
        note(row, "archived" if archived else "restored", by=by)
    return row
