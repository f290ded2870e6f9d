"""What an event puts into its card and its message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from voronka.channels.contract import Incoming, Kind
from voronka.channels.models import Channel, Enquiry
from voronka.channels.tidying import StoredFiles
from voronka.clients.models import Client
from voronka.pipelines.models import Field, ItemType
from voronka.pipelines.values import BadValue, clean_value
from voronka.timeline.commands.messages import Arrival
from voronka.timeline.models import Message

_REFERENCES = (Field.Kind.USER, Field.Kind.CLIENT, Field.Kind.ITEM, Field.Kind.FILE)


def values_for(item_type: ItemType, incoming: Incoming) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values that a card takes, and by the field's name those that it does not.

    A reference (an employee, a client, a card, a file) is never taken from a stranger.
    """
    given = {code: v for code, v in incoming.item_fields.items() if v not in ("", None)}
    if not given:
        return {}, {}
    rows = Field.objects.filter(item_type=item_type, archived=False, code__in=list(given))
    known = {row.code: row for row in rows}
    taken: dict[str, Any] = {}
    strange: dict[str, str] = {}
    for code, value in given.items():
        row = known.get(code)
        try:
            if row is None or row.kind in _REFERENCES:
                raise BadValue("")
            taken[code] = clean_value(row, value)
        except BadValue:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            strange[str(row.name) if row else code] = shown[:2000]
    return taken, strange


def title_for(channel: Channel, incoming: Incoming, client: Client | None) -> str:
    """Return the title of a new card: what it is about, else who wrote, else by what channel."""
    about = incoming.title or incoming.subject
    who = incoming.name or (client.name if client else "")
    title = about or (_("Enquiry: %(name)s") % {"name": who} if who else "")
    return (title or _("Enquiry from “%(channel)s”") % {"channel": channel.name})[:255]


def arrival_of(
    enquiry: Enquiry,
    channel: Channel,
    incoming: Incoming,
    *,
    files: StoredFiles,
    strange: Mapping[str, str],
    reply_to: Message | None,
) -> Arrival:
    """Return the message of an event, with everything that was sent beside it."""
    meta: dict[str, Any] = {
        "page": incoming.page,
        "referer": incoming.referer,
        "utm": dict(incoming.utm),
        "fields": {**incoming.extra, **strange},
        "company": incoming.company,
        "products": list(incoming.products),
        "left_out": files.left_out,
        "inline": {f.content_id: row.pk for f, row in files.kept if f.content_id},
    }
    if incoming.consent is not None:
        meta["consent"] = {"version": incoming.consent.version_id, "text": incoming.consent.text}
    return Arrival(
        provider=channel.provider,
        channel_id=channel.pk,
        at=enquiry.happened_at,
        text=incoming.text,
        html=incoming.html,
        subject=incoming.subject,
        author_name=incoming.name,
        identity=incoming.identities[0] if incoming.identities else ("", ""),
        thread_key=incoming.thread_key,
        external_id=incoming.external_id or enquiry.external_id,
        reply_to_id=reply_to.pk if reply_to else None,
        automatic=incoming.kind == Kind.AUTO_REPLY,
        attachment_ids=[row.pk for _file, row in files.kept],
        enquiry_id=enquiry.pk,
        meta={key: value for key, value in meta.items() if value},
    )


def keep_files(files: StoredFiles, *, item_id: int | None, client_id: int | None) -> None:
    """Save the rows of an event's files at their card, or at their client without one."""
    for _file, row in files.kept:
        row.item_id = item_id
        row.client_id = None if item_id else client_id
        row.save(force_insert=True)
