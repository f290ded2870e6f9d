"""Stored values as people read them: names instead of ids, words instead of codes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from voronka.clients.models import Client
from voronka.items.models import Attachment, Item
from voronka.kernel import masking, phones
from voronka.people.models import User
from voronka.pipelines.models import Source
from voronka.web import words
from voronka.web.fields.specs import Spec

Names = dict[tuple[str, int], str]
_FAMILIES = {
    "user": "user",
    "client": "client",
    "contact": "client",
    "company": "client",
    "either": "client",
    "item": "item",
    "file": "file",
    "source": "source",
}


def show(
    specs: Iterable[Spec], rows: Sequence[Mapping[str, Any]], *, user: User
) -> list[dict[str, str]]:
    """Return for each row of stored values {code: text}. One SQL query per kind of reference."""
    specs = list(specs)
    names = names_of(specs, rows, user=user)
    return [{spec.code: text_of(spec, row.get(spec.code), names) for spec in specs} for row in rows]


def text_of(spec: Spec, value: Any, names: Names) -> str:
    """Return one stored value in words; an empty string for nothing."""
    if value is None or value == "" or value == []:
        return ""
    if family := _FAMILIES.get(spec.kind):
        number = int(value) if str(value).isdecimal() else 0
        return names.get((family, number), _("(hidden from you)"))
    match spec.kind:
        case "boolean":
            return _("yes") if value else _("no")
        case "list":
            return dict(spec.options).get(str(value), str(value))
        case "multi_list":
            options = dict(spec.options)
            return ", ".join(options.get(str(v), str(v)) for v in value)
        case "money":
            return words.money(value, bare=True)
        case "number":
            places = 0 if float(value) == int(value) else 2
            return words.number(value, places=places)
        case "date":
            return words.short_date(date.fromisoformat(str(value)[:10]))
        case "datetime":
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            return words.when(moment)
        case "phone":
            return masking.shown("phone", phones.pretty(str(value)))
        case "email":
            return masking.shown("email", str(value))
    return masking.shown_text(str(value))


def names_of(specs: Iterable[Spec], rows: Sequence[Mapping[str, Any]], *, user: User) -> Names:
    """Return (family, id) -> name of everything the rows refer to and `user` may see."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for spec in specs:
        family = _FAMILIES.get(spec.kind)
        if family is None:
            continue
        for row in rows:
            value = row.get(spec.code)
            if value is not None and str(value).isdecimal() and len(str(value)) < 19:
                wanted[family].add(int(value))
    names: Names = {}
    for family, ids in wanted.items():
        names |= {(family, pk): name for pk, name in _read(family, ids, user)}
    return names


def _read(family: str, ids: set[int], user: User) -> Iterable[tuple[int, str]]:
    wanted = list(ids)  # as an array: one text and one plan for any number
    if family == "user":
        return [(u.pk, str(u)) for u in User.objects.filter(pk__among=wanted)]
    if family == "client":
        rows = Client.objects.visible_to(user).filter(pk__among=wanted)
        return [(pk, masking.shown_text(name)) for pk, name in rows.values_list("pk", "name")]
    if family == "item":
        return list(
            Item.objects.visible_to(user).filter(pk__among=wanted).values_list("pk", "title")
        )
    if family == "file":
        return list(Attachment.objects.filter(pk__among=wanted).values_list("pk", "name"))
    return [(s.pk, str(s)) for s in Source.objects.filter(pk__among=wanted)]
