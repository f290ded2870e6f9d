"""What the routing table may ask about an enquiry or a card, and how that is gathered.

Source: docs/domain/routing.md (QL-8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from voronka.items.models import Item, Touch
from voronka.kernel.conditions import FactSpec
from voronka.kernel.conditions.checking import Kind
from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Field, ItemType, Source
from voronka.products.models import Product

MARKS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
Options = Callable[[], Mapping[str, Sentence]]
_options: dict[str, Options] = {}
_KINDS: dict[str, Kind] = {
    Field.Kind.NUMBER: "number",
    Field.Kind.MONEY: "money",
    Field.Kind.DATE: "date",
    Field.Kind.DATETIME: "datetime",
    Field.Kind.BOOLEAN: "boolean",
    Field.Kind.LIST: "choice",
    Field.Kind.MULTI_LIST: "choices",
}


def register_options(fact: str, options: Options) -> None:
    """Let a package above name the values of a fact: channels name theirs."""
    _options[fact] = options


@dataclass(frozen=True, slots=True)
class Subject:
    """An enquiry or a card, as far as it is known when it must be routed."""

    source: str = ""
    channel: str = ""
    provider: str = ""
    grade: str = ""
    products: tuple[str, ...] = ()  # codes of products and of their groups
    utm: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    text: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    amount: Any = None
    known: bool = False
    repeat: bool = False
    is_company: bool = False
    working_time: bool = True

    def facts(self) -> dict[str, Any]:
        """Return it as the facts that conditions ask for."""
        plain: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("source", "channel", "provider", "grade", "page", "text", "amount")
        }
        plain |= {name: self.utm.get(name, "") for name in MARKS}
        plain |= {"product": list(self.products), "known": self.known, "repeat": self.repeat}
        plain |= {"is_company": self.is_company, "working_time": self.working_time}
        plain |= {f"field.{code}": value for code, value in self.values.items()}
        return plain


def fact_specs() -> dict[str, FactSpec]:
    """Return what a row of the table may ask for, in the order of a builder. Five SQL queries."""
    about = _("Enquiry")
    marks = _("Advertising")
    specs = [
        FactSpec("source", _("Source"), "choice", _sources(), changes=False, group=about),
        FactSpec("channel", _("Channel"), "choice", _named("channel"), changes=False, group=about),
        FactSpec("provider", _("Kind of channel"), "choice", _named("provider"), changes=False,
                 group=about),
        FactSpec("product", _("Product or product group"), "choices", _products(), changes=False,
                 group=about),
        FactSpec("grade", _("Grade"), "choice", {g: g for g in "ABC"}, changes=False, group=about),
        FactSpec("amount", _("Amount"), "money", changes=False, group=about),
        FactSpec("text", _("What was written"), "text", changes=False, group=about),
        FactSpec("page", _("Page of the site"), "text", changes=False, group=about),
        FactSpec("known", _("Known client"), "boolean", changes=False, group=about),
        FactSpec("repeat", _("Has bought before"), "boolean", changes=False, group=about),
        FactSpec("is_company", _("A company"), "boolean", changes=False, group=about),
        FactSpec("working_time", _("Came in working time"), "boolean", changes=False, group=about),
        *(FactSpec(name, name, "text", changes=False, group=marks) for name in MARKS),
        *_field_specs(),
    ]  # fmt: skip
    return {spec.code: spec for spec in specs}


def _sources() -> dict[str, Sentence]:
    return {s.code: str(s.name) for s in Source.objects.filter(archived=False)}


def _products() -> dict[str, Sentence]:
    rows = list(Product.objects.filter(archived=False)[:500])
    groups: dict[str, Sentence] = {p.group: p.group for p in rows if p.group}
    return groups | {p.code: str(p.name) for p in rows}


def _named(fact: str) -> Mapping[str, Sentence]:
    return _options[fact]() if fact in _options else {}


def _field_specs() -> Iterable[FactSpec]:
    kinds = (ItemType.Kind.LEAD, ItemType.Kind.DEAL)
    rows = Field.objects.filter(item_type__kind__in=kinds, archived=False)
    seen: set[str] = set()
    for row in rows.select_related("item_type").order_by("item_type__position", "position"):
        kind = _KINDS.get(row.kind, "text")
        if row.code in seen or row.kind in (Field.Kind.FILE, Field.Kind.ITEM, Field.Kind.CLIENT):
            continue
        seen.add(row.code)
        options = {str(o["code"]): str(LocalText.of(o.get("name"))) for o in row.options}
        yield FactSpec(
            f"field.{row.code}",
            str(row.name),
            kind,
            options,
            changes=False,
            group=_("Fields"),
        )


def subject_of(
    item: Item,
    touch: Touch | None,
    channels: Mapping[int, tuple[str, str]],
    *,
    known: bool = False,
    working_time: bool = True,
) -> Subject:
    """Return a card as it would be routed: by what it says now and by its first touch.

    Args:
        item: with source, contact and lines at hand.
        channels: channel id -> (code, provider).
    """
    code, provider = channels.get(touch.channel_id or 0, ("", "")) if touch else ("", "")
    products: dict[str, None] = {}
    for line in item.lines.all():
        if line.product is not None:
            products |= {line.product.code: None, line.product.group: None}
    return Subject(
        source=item.source.code if item.source else "",
        channel=code,
        provider=provider,
        grade=item.grade,
        products=tuple(p for p in products if p),
        utm=item.utm,
        page=touch.page if touch else "",
        text=item.title,
        values=item.values,
        amount=item.amount,
        known=known or item.repeat,
        repeat=item.repeat,
        is_company=item.company_id is not None,
        working_time=working_time,
    )
