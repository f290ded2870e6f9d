"""What a person typed into a card becomes columns and values, or sentences per field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from voronka.clients.models import Client
from voronka.items.models import Attachment, Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput, Sentence
from voronka.people.models import User
from voronka.pipelines.models import Field, ItemType, Source
from voronka.pipelines.values import BadValue, clean_values, parse_money

SYSTEM_CODES = ("title", "amount", "contact", "company", "source", "utm")


@dataclass(slots=True)
class Changes:
    """Cleaned changes: `columns` of the Item row (attribute -> value) and custom `values`."""

    columns: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


def clean_changes(item_type: ItemType, raw: Mapping[str, Any], *, by: Actor) -> Changes:
    """Read typed changes of a card.

    Args:
        raw: field code -> value; system codes as in SYSTEM_CODES (contact, company and source
            are ids), all others are custom fields of the type.
    Raises:
        InvalidInput: with a sentence for every field that can't be read.
    """
    changes = Changes()
    wrong: dict[str, Sentence] = {}
    for code in SYSTEM_CODES:
        if code in raw:
            try:
                attribute, value = _COLUMNS[code](raw[code])
                changes.columns[attribute] = value
            except BadValue as bad:
                wrong[code] = bad.sentence
    custom = {code: value for code, value in raw.items() if code not in SYSTEM_CODES}
    if custom:
        fields = list(Field.objects.filter(item_type=item_type, archived=False))
        try:
            changes.values = clean_values(fields, custom)
        except InvalidInput as invalid:
            wrong |= invalid.fields
        wrong |= _dangling(fields, changes.values, by=by)
    if wrong:
        raise InvalidInput(
            _("Some fields can't be saved yet. Mend them and try again."), fields=wrong
        )
    return changes


def _title(raw: Any) -> tuple[str, Any]:
    title = " ".join(str(raw or "").replace("\x00", "").split())
    if not title:
        raise BadValue(_("Give the card a title."))
    if len(title) > 255:
        raise BadValue(_("At most %(count)d characters fit here.") % {"count": 255})
    return "title", title


def _amount(raw: Any) -> tuple[str, Any]:
    return "amount", parse_money(raw if raw not in (None, "") else 0)


def _client(attribute: str, kind: str) -> Callable[[Any], tuple[str, Any]]:
    def clean(raw: Any) -> tuple[str, Any]:
        if raw in (None, "", 0):
            return attribute, None
        text = str(raw)
        found = text.isdecimal() and len(text) < 19
        if not found or not Client.objects.alive().filter(pk=int(text), kind=kind).exists():
            raise BadValue(_("There is no such client. Choose from the list or create a new one."))
        return attribute, int(text)

    return clean


def _source(raw: Any) -> tuple[str, Any]:
    if raw in (None, "", 0):
        return "source_id", None
    text = str(raw)
    sources = Source.objects.filter(archived=False)
    by_id = text.isdecimal() and len(text) < 19
    found = sources.filter(pk=int(text)) if by_id else sources.filter(code=text)
    pk = found.values_list("pk", flat=True).first()
    if pk is None:
        raise BadValue(_("There is no such source. Choose from the list."))
    return "source_id", pk


def _utm(raw: Any) -> tuple[str, Any]:
    if not isinstance(raw, Mapping):
        raise BadValue(_("UTM marks are pairs of a name and a value."))
    return "utm", {str(k)[:60]: str(v)[:300] for k, v in list(raw.items())[:20]}


_COLUMNS: dict[str, Callable[[Any], tuple[str, Any]]] = {
    "title": _title,
    "amount": _amount,
    "contact": _client("contact_id", Client.Kind.PERSON),
    "company": _client("company_id", Client.Kind.COMPANY),
    "source": _source,
    "utm": _utm,
}


def _dangling(fields: list[Field], values: Mapping[str, Any], *, by: Actor) -> dict[str, Sentence]:
    """Return a sentence for each reference to something that is not there or not to be seen."""
    wrong: dict[str, Sentence] = {}
    for f in fields:
        pk = values.get(f.code)
        if pk is not None and f.kind in _EXISTS and not _EXISTS[f.kind](pk, by):
            wrong[f.code] = _("Choose from the list.")
    return wrong


def _item_exists(pk: int, by: Actor) -> bool:
    if by.user_id is None:
        return Item.objects.alive().filter(pk=pk).exists()
    user = by.person if isinstance(by.person, User) else User.objects.get(pk=by.user_id)
    return Item.objects.visible_to(user).filter(pk=pk).exists()


_EXISTS: dict[str, Callable[[int, Actor], bool]] = {
    Field.Kind.USER: lambda pk, by: User.objects.filter(pk=pk, is_active=True).exists(),
    Field.Kind.CLIENT: lambda pk, by: Client.objects.alive().filter(pk=pk).exists(),
    Field.Kind.ITEM: _item_exists,
    Field.Kind.FILE: lambda pk, by: Attachment.objects.filter(pk=pk, deleted_at=None).exists(),
}
