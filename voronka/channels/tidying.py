"""What a provider understood is made fit to store: bounded, in one spelling, HTML cleaned."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile

from voronka.channels.contract import FileIn, Incoming
from voronka.clients import rules as contacts
from voronka.clients.models import ContactPoint
from voronka.items.commands.files import write_file
from voronka.items.models import Attachment
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.timeline.markup import PICTURES, clean_html, pictures_inside, text_of

_LONGEST_ID = 255  # characters
_MOST_EXTRA = 100  # unknown fields of one event
_LONGEST_NAME = 120
_MOST_TOLD = 40  # values that one signal tells robots
_MOST_FILES = 50
_MOST_IDENTITIES = 20


def external_key(external_id: str) -> str:
    """Return an external id that fits its column: a longer one keeps its head and a digest."""
    clean = external_id.replace("\x00", "").strip()
    if len(clean) <= _LONGEST_ID:
        return clean
    digest = hashlib.sha256(clean.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{clean[: _LONGEST_ID - 65]}~{digest}"


def tidy(incoming: Incoming) -> Incoming:
    """Return what was understood, fit to store; nothing of it can fail later for its form."""
    html = clean_html(_text(incoming.html)) if incoming.html else ""
    text = _text(incoming.text).strip()
    return replace(
        incoming,
        external_id=external_key(_text(incoming.external_id)),
        identities=_identities(incoming.identities),
        name=contacts.words(_text(incoming.name))[:255],
        company=contacts.words(_text(incoming.company))[:255],
        title=contacts.words(_text(incoming.title))[:255],
        subject=contacts.words(_text(incoming.subject))[:300],
        text=text or (text_of(html) if html else ""),
        html=html,
        extra=_marks(incoming.extra, most=_MOST_EXTRA, longest=2000),
        utm=_marks(incoming.utm, most=20, longest=300),
        page=_text(incoming.page)[:1000],
        referer=_text(incoming.referer)[:1000],
        thread_key=external_key(_text(incoming.thread_key)),
        reply_to=[external_key(_text(i)) for i in list(incoming.reply_to)[:50]],
        source=_text(incoming.source)[:60],
        products=[_text(code)[:80] for code in list(incoming.products)[:50]],
        why=_text(incoming.why)[:300],
        amount=_text(incoming.amount)[:60],
        card_id=_text(incoming.card_id).strip()[:120],
        told=_marks(incoming.told, most=_MOST_TOLD, longest=300),
        item_fields={_text(k): _plain(v) for k, v in incoming.item_fields.items()},
        client_fields={_text(k): _plain(v) for k, v in incoming.client_fields.items()},
    )


def _text(value: Any) -> str:
    """Return a value as text that PostgreSQL can hold: no NUL, no half of a surrogate pair."""
    text = str(value if value is not None else "").replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value[:100]]
    return _text(value) if isinstance(value, str) else value


def _marks(values: Mapping[str, str], *, most: int, longest: int) -> dict[str, str]:
    pairs = list(values.items())[:most]
    return {_text(name)[:_LONGEST_NAME]: _text(value)[:longest] for name, value in pairs}


def _identities(found: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the identities that can be read, in their one spelling, each once."""
    read: dict[tuple[str, str], None] = {}
    for kind, value in list(found)[:_MOST_IDENTITIES]:
        if kind not in ContactPoint.Kind.values:
            continue
        try:
            point = contacts.point(kind, _text(value), country=settings.COUNTRY)
        except contacts.Unreadable:
            continue
        read[point.kind, point.value] = None
    return list(read)


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """Files that lie in the store, their rows not saved yet; and what could not be kept."""

    kept: list[tuple[FileIn, Attachment]]
    left_out: list[str]


def store_files(incoming: Incoming) -> StoredFiles:
    """Write the files of an event to the store; called before the transaction that keeps them."""
    kept, left_out = [], []
    inside = set(pictures_inside(incoming.html)) if incoming.html and incoming.files else set()
    for file in list(incoming.files)[:_MOST_FILES]:
        name = _text(file.name) or "file"
        try:
            row = write_file(
                ContentFile(file.content),
                name=name,
                by=Actor.system(),
                content_type=_text(file.content_type),
            )
        except InvalidInput as refusal:
            left_out.append(f"{name}: {refusal}")
            continue
        row.inline = file.content_id in inside and row.content_type in PICTURES
        kept.append((file, row))
    left_out += [_text(file.name) for file in list(incoming.files)[_MOST_FILES:]]
    return StoredFiles(kept, left_out)
