"""Rows that become products of the price list."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from voronka.imports.mapping import Cells, Mapping
from voronka.imports.planners.base import Planned, SourceRow, Verdict
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.kernel.texts import LocalText
from voronka.pipelines.values import BadValue, parse_money
from voronka.products.commands import ProductSpec, save_product
from voronka.products.models import Product

_CODES = ("code", "name", "group", "unit", "price")


class ProductPlanner:
    """Plans products; they are recognised by code, or by name when the file has no codes."""

    journal_type = Product.journal_type

    def __init__(self, mapping: Mapping, headers: list[str], *, by: Actor) -> None:
        self.mapping, self.by = mapping, by
        self.cells = Cells(mapping, headers)
        self._seen: dict[str, int] = {}
        self.done: dict[int, int] = {}
        if wrong := mapping.fields.keys() - set(_CODES):
            raise InvalidInput(
                _("Products have no such field: %(names)s.") % {"names": ", ".join(sorted(wrong))}
            )

    def plan(self, rows: list[SourceRow]) -> list[Planned]:
        """Give each row a verdict. One query."""
        read = [self.cells.read(row.cells) for row in rows]
        for values in read:
            if "name" in values and "code" not in values:
                values["code"] = slugify(values["name"])[:60] or values["name"][:60]
        known = Product.objects.in_bulk([v["code"] for v in read if "code" in v], field_name="code")
        return [self._plan(r, v, known) for r, v in zip(rows, read, strict=True)]

    def _plan(self, row: SourceRow, values: dict[str, str], known: dict[str, Product]) -> Planned:
        planned = Planned(row, Verdict.NEW)
        if not any(cell.strip() for cell in row.cells):
            planned.verdict = Verdict.EMPTY
            return planned
        code = values.get("code", "")
        if not code or not (values.get("name") or code in known):
            planned.fix("name", _("The product has no name."))
            return planned
        product = known.get(code)
        if first := self._seen.get(code) or self.done.get(product.pk if product else 0):
            planned.double("code", first)
            return planned
        self._seen[code] = row.number
        spec: dict[str, Any] = {k: values[k] for k in ("group", "unit") if k in values}
        if "price" in values:
            try:
                spec["price"] = parse_money(values["price"])
            except BadValue as bad:
                planned.fix("price", bad.sentence)
                return planned
        if "name" in values:
            spec["name"] = LocalText.of(values["name"])
        if product is not None:
            planned.object_id = product.pk
            spec = self._changes(product, spec)
            planned.verdict = Verdict.UPDATE if spec else Verdict.SAME
        planned.payload = (code, spec)
        return planned

    def _changes(self, product: Product, spec: dict[str, Any]) -> dict[str, Any]:
        """Return what differs and is to be taken, field by field; a price of nothing is empty."""
        return {
            field: value
            for field, value in spec.items()
            if not _same(old := getattr(product, field), value)
            and self.mapping.takes(field, filled=bool(old))
        }

    def write(self, planned: list[Planned]) -> None:
        """Save each product by its own command."""
        for plan in planned:
            if plan.verdict not in (Verdict.NEW, Verdict.UPDATE):
                continue
            code, spec = plan.payload
            product = Product.objects.filter(code=code).first()
            if product is not None:
                plan.before = {k: str(getattr(product, k)) for k in spec if k != "name"}
                if "name" in spec:
                    plan.before["name"] = product.name.as_dict()
                if product.archived:
                    plan.before["archived"] = True
            try:
                saved = save_product(_spec(product, code, spec), by=self.by)
            except DomainError as refusal:
                plan.refuse(refusal)
                continue
            plan.object_id, plan.made = saved.pk, product is None


def _same(old: Any, new: Any) -> bool:
    if isinstance(new, LocalText):
        return str(new.ru) in (old.ru, old.en)
    return bool(Decimal(old) == new) if isinstance(new, Decimal) else old == new


def _spec(product: Product | None, code: str, spec: dict[str, Any]) -> ProductSpec:
    old = {} if product is None else {k: getattr(product, k) for k in _CODES if k != "code"}
    return ProductSpec(code=code, **{**old, **spec})
