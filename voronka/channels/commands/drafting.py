"""What an event puts into its card and its message."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from voronka.channels.contract import Incoming, Kind
from voronka.channels.models import Channel, Enquiry
from voronka.channels.tidying import StoredFiles
from voronka.clients.models import Client, ContactPoint
from voronka.items.models import Item, ResponseClock, StageVisit, Touch
from voronka.pipelines.models import Field, ItemType, Pipeline
from voronka.pipelines.values import BadValue, clean_value, parse_money
from voronka.timeline.commands.messages import Arrival, find_message
from voronka.timeline.models import Conversation, Message, Notification

CARD_ROWS: list[type[Model]] = [  # what a stranger's event usually becomes
    *(Client, ContactPoint, ContactPoint, Item, StageVisit, ResponseClock, Touch),
    *(Conversation, Message, Notification),
]
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


def order_columns(pipeline: Pipeline, incoming: Incoming) -> dict[str, Any]:
    """Return the amount and the id in the other system, as far as a new card takes them.

    An id that another card of the funnel has already is left out. One SQL query when there is one.
    """
    columns: dict[str, Any] = {}
    if incoming.amount and pipeline.item_type.has_amount:
        with suppress(BadValue):  # what can't be read stays with the message
            columns["amount"] = parse_money(incoming.amount)
    own = incoming.card_id
    if own and not Item.objects.filter(pipeline=pipeline, external_id=own).exists():
        columns["external_id"] = own
    return columns


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
        "amount": incoming.amount,
        "card_id": incoming.card_id,
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
        external_id=_message_id(enquiry, channel, incoming),
        reply_to_id=reply_to.pk if reply_to else None,
        automatic=incoming.kind == Kind.AUTO_REPLY,
        attachment_ids=[row.pk for _file, row in files.kept],
        enquiry_id=enquiry.pk,
        meta={key: value for key, value in meta.items() if value},
    )


def _message_id(enquiry: Enquiry, channel: Channel, incoming: Incoming) -> str:
    """Return what the message is called: as its sender says, unless another one is called so.

    Some programs number all their letters alike; none of them may be lost for that.
    """
    own = incoming.external_id
    if own and own != enquiry.external_id and find_message(channel.pk, own) is None:
        return own
    return enquiry.external_id


def keep_files(files: StoredFiles, *, item_id: int | None, client_id: int | None = None) -> None:
    """Save the rows of an event's files at their card, or at their client without one."""
    for _file, row in files.kept:
        row.item_id = item_id
        row.client_id = None if item_id else client_id
        row.save(force_insert=True)
