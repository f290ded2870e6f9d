"""What is known about a field before anything is drawn: system and custom ones look alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from voronka.items.listing import ListCard
from voronka.items.models import Item
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Field, ItemType
from voronka.pipelines.system_fields import system_fields

SYSTEM_KINDS = {
    "title": "text",
    "amount": "money",
    "contact": "contact",
    "company": "company",
    "client": "either",
    "source": "source",
    "lines": "lines",
    "next_step": "next_step",
}
OWN_COMMANDS = ("lines", "next_step")  # kept by commands of their own, not by edit_item


@dataclass(frozen=True, slots=True)
class Spec:
    """A field: its code, kind and words. `kind` is a Field.Kind, or one of SYSTEM_KINDS' values."""

    code: str
    kind: str
    label: str
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()  # code, name
    rules: Mapping[str, Any] = field(default_factory=dict)
    section: str = ""
    custom: bool = False
    formula: str = ""  # counts the value: shown, never typed

    @property
    def is_number(self) -> bool:
        """Whether its column is aligned to the right."""
        return self.kind in ("money", "number")


def specs_of(item_type: ItemType, codes: Iterable[str] | None = None) -> dict[str, Spec]:
    """Return code -> spec in the order of `codes`; all fields of the type without them.

    System fields first, then custom ones in the order of the set-up. One SQL query.
    """
    wanted = None if codes is None else list(codes)
    found: dict[str, Spec] = {
        code: Spec(code, SYSTEM_KINDS[code], str(title))
        for code, title in system_fields(item_type).items()
    }
    if wanted is None or set(wanted) - found.keys():
        rows = Field.objects.filter(item_type=item_type, archived=False).select_related("section")
        for row in rows.order_by("section__position", "position", "pk"):
            found[row.code] = spec_of(row)
    if wanted is None:
        return found
    return {code: found[code] for code in wanted if code in found}


def spec_of(row: Field) -> Spec:
    """Return the spec of a custom field, of a card or of a client."""
    return Spec(
        row.code,
        row.kind,
        str(row.name),
        help=str(row.help),
        options=tuple((str(o["code"]), str(LocalText.of(o.get("name")))) for o in row.options),
        rules=row.rules,
        section=str(row.section.name),
        custom=True,
        formula=row.formula,
    )


def values_of(item: Item | ListCard) -> dict[str, Any]:
    """Return code -> stored value of everything a card says."""
    return {
        **item.values,
        "title": item.title,
        "amount": item.amount,
        "contact": item.contact_id,
        "company": item.company_id,
        "client": item.contact_id or item.company_id,
        "source": item.source_id,
    }
