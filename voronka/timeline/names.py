"""What ids and stored values are called: looked up in bulk, ready to show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import pgettext

from voronka.clients.models import Client
from voronka.items.models import Attachment, Item
from voronka.kernel import masking
from voronka.kernel.texts import LocalText
from voronka.people.models import User
from voronka.people.queries import people_by_ids
from voronka.pipelines.models import Field, LossReason, Source
from voronka.pipelines.queries import stages_by_ids

LONGEST = 160  # characters of an old or new value in the feed


@dataclass
class Names:
    """Looks up what ids are called; `want` first, then `load` once, then `get`."""

    user: User
    _ids: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _found: dict[str, dict[int, Any]] = field(default_factory=dict)

    def want(self, kind: str, pk: Any) -> None:
        """Ask for the name of one thing."""
        if isinstance(pk, int) or (isinstance(pk, str) and pk.isdecimal()):
            self._ids[kind].add(int(pk))

    def load(self) -> None:
        """Read all names that were asked for; one query for each kind."""
        for kind, ids in self._ids.items():
            self._found[kind] = self._read(kind, ids)

    def get(self, kind: str, pk: Any) -> Any:
        """Return the thing with this id, or None when it is gone or hidden from the person."""
        if pk is None or isinstance(pk, bool):
            return None
        return self._found.get(kind, {}).get(int(pk)) if str(pk).isdecimal() else None

    def _read(self, kind: str, ids: set[int]) -> dict[int, Any]:
        if kind == "item":
            cards = Item.objects.visible_to(self.user).filter(pk__in=ids)
            return dict(cards.values_list("pk", "title"))
        if kind == "client":
            named = Client.objects.filter(pk__in=ids).values_list("pk", "name")
            return {pk: masking.shown_text(name) for pk, name in named}
        if kind == "file":
            return dict(Attachment.objects.filter(pk__in=ids).values_list("pk", "name"))
        if kind == "user":
            return people_by_ids(ids)
        if kind == "stage":
            return stages_by_ids(ids)
        models: dict[str, Any] = {"reason": LossReason, "source": Source}
        found: dict[int, Any] = models[kind].objects.in_bulk(ids)
        return found


def shown_value(field: Field, value: Any) -> Any:
    """Return a stored value of a field that holds no reference, ready to show.

    Option names, yes or no, a Decimal for money, dates and moments as such, else shortened text.
    """
    kind = field.kind
    if kind in (Field.Kind.LIST, Field.Kind.MULTI_LIST):
        codes = value if isinstance(value, list) else [value]
        names = {o["code"]: str(LocalText.of(o.get("name"))) for o in field.options}
        return ", ".join(names.get(code, str(code)) for code in codes)
    if kind == Field.Kind.BOOLEAN:
        return pgettext("answer", "yes") if value else pgettext("answer", "no")
    if kind == Field.Kind.MONEY:
        return to_decimal(value)
    if kind == Field.Kind.DATE:
        return read_with(parse_date, value)
    if kind == Field.Kind.DATETIME:
        return read_with(parse_datetime, value)
    if kind == Field.Kind.NUMBER and isinstance(value, int | float):
        return value
    return masking.shown_text(str(value)[:LONGEST])


def read_with(parse: Callable[[str], Any], value: Any) -> Any:
    """Read a stored date or moment; the text itself when it is none."""
    try:
        return parse(str(value)) or str(value)
    except ValueError:
        return str(value)


def to_decimal(value: Any) -> Any:
    """Read a stored amount; the text itself when it is none."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return str(value)[:LONGEST]
