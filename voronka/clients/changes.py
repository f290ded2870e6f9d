"""What a person typed into a client becomes columns and values, or sentences per field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from voronka.clients import rules
from voronka.clients.models import Client
from voronka.clients.names import person_name
from voronka.kernel.errors import Conflict, InvalidInput, Sentence
from voronka.people.models import User
from voronka.pipelines.models import Field, Source
from voronka.pipelines.values import clean_values

COLUMNS = (
    "name",
    "first_name",
    "last_name",
    "patronymic",
    "job_title",
    "inn",
    "address",
    "website",
    "comment",
    "source",
    "external_id",
)
_LONGEST = {
    "name": 255,
    "first_name": 80,
    "last_name": 80,
    "patronymic": 80,
    "job_title": 120,
    "address": 400,
    "website": 200,
    "comment": 20_000,
    "external_id": 120,
}  # characters
_PARTS = ("first_name", "last_name", "patronymic")


@dataclass(slots=True)
class Changes:
    """Cleaned changes: `columns` of the Client row (attribute -> value) and custom `values`."""

    columns: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


def clean_changes(
    kind: str, raw: Mapping[str, Any], *, wrong: dict[str, Sentence] | None = None
) -> Changes:
    """Read typed fields of a client.

    Args:
        raw: field code -> value; COLUMNS (source by id or code), all others are custom fields.
        wrong: sentences about other things of the same form, to refuse all at once.
    Raises:
        InvalidInput: with a sentence for every field that can't be read.
    """
    changes = Changes()
    wrong = dict(wrong or {})
    for code in COLUMNS:
        if code not in raw:
            continue
        try:
            if code == "source":
                changes.columns["source_id"] = _source(raw[code])
            else:
                changes.columns[code] = _column(code, raw[code])
        except rules.Unreadable as refusal:
            wrong[code] = refusal.sentence
    custom = {code: value for code, value in raw.items() if code not in COLUMNS}
    if custom:
        fields = list(Field.objects.filter(item_type=None, archived=False))
        try:
            changes.values = clean_values(fields, custom)
        except InvalidInput as invalid:
            wrong |= invalid.fields
        wrong |= _dangling(fields, changes.values)
    if wrong:
        raise InvalidInput(
            _("Some fields can't be saved yet. Mend them and try again."), fields=wrong
        )
    if kind == Client.Kind.PERSON:
        _complete_name(changes.columns)
    return changes


def _complete_name(columns: dict[str, Any]) -> None:
    """A person's name gives its parts, and the parts give the name, when the other is missing."""
    name = columns.get("name", "")
    parts = {code: columns.get(code, "") for code in _PARTS}
    if name and not any(parts.values()):
        read = person_name(name)
        columns["first_name"] = read.first[:80]
        columns["last_name"] = read.last[:80]
        columns["patronymic"] = read.patronymic[:80]
    elif not name and any(parts.values()):
        spoken = " ".join(p for p in (parts["first_name"], parts["last_name"]) if p)
        columns["name"] = spoken or parts["patronymic"]


def _column(code: str, raw: Any) -> str:
    text = str(raw if raw is not None else "").replace("\x00", "")
    text = text.strip() if code == "comment" else rules.words(text)
    if code == "inn":
        return rules.inn(text)
    if code == "website":
        text = rules.website(text)
    if len(text) > _LONGEST[code]:
        raise rules.Unreadable(
            _("At most %(count)d characters fit here.") % {"count": _LONGEST[code]}
        )
    return text


def _source(raw: Any) -> int | None:
    if raw in (None, "", 0):
        return None
    text = str(raw)
    sources = Source.objects.filter(archived=False)
    by_id = text.isdecimal() and len(text) < 19
    found = sources.filter(pk=int(text)) if by_id else sources.filter(code=text)
    pk: int | None = found.values_list("pk", flat=True).first()
    if pk is None:
        raise rules.Unreadable(_("There is no such source. Choose from the list."))
    return pk


_EXISTS: dict[str, Callable[[int], bool]] = {
    Field.Kind.USER: lambda pk: User.objects.filter(pk=pk, is_active=True).exists(),
    Field.Kind.CLIENT: lambda pk: Client.objects.alive().filter(pk=pk).exists(),
}


def _dangling(fields: list[Field], values: Mapping[str, Any]) -> dict[str, Sentence]:
    """Return a sentence for each reference to somebody who is not there."""
    return {
        f.code: _("Choose from the list.")
        for f in fields
        if (pk := values.get(f.code)) is not None and f.kind in _EXISTS and not _EXISTS[f.kind](pk)
    }


def read_points(
    phones: Any, emails: Any, accounts: Any, *, wrong: dict[str, Sentence]
) -> list[rules.Point]:
    """Read typed contact points; what can't be read is added to `wrong` under its kind."""
    made = rules.points(phones=phones, emails=emails, accounts=accounts, country=settings.COUNTRY)
    wrong.update(made.refused)
    return made.read


def require_free_key(kind: str, external_id: str, *, but: int | None = None) -> None:
    """Refuse a key of another system that another client has; an empty one is always free.

    Raises:
        Conflict: with a sentence for the field "external_id".
    """
    others = Client.objects.filter(kind=kind, external_id=external_id)
    if external_id and others.exclude(pk=but or 0).exists():
        raise Conflict(
            _("There is a client with this external key already."),
            fields={"external_id": _("Each client has its own key.")},
        )
