"""What a webhook's receiver gets: the event, and the card or client as it is now.

Cards and clients have the shape of the REST API, which a test holds; see docs/webhooks.md (AP-2).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from voronka.automation.catalogue import version_of
from voronka.clients.models import Client
from voronka.items.models import Item
from voronka.journal.commands import plain
from voronka.journal.models import Event

_CARD = (
    "title", "owner_id", "contact_id", "company_id", "values", "utm", "grade", "repeat",
    "created_at", "changed_at", "stage_entered_at", "stalls_at", "next_activity_at",
    "first_response_at", "closed_at", "loss_comment", "loss_told_by", "external_id", "version",
)  # fmt: skip
_CLIENT = (
    "kind", "name", "first_name", "last_name", "patronymic", "job_title", "inn", "address",
    "website", "comment", "values", "owner_id", "external_id", "created_at", "changed_at",
    "version",
)  # fmt: skip
_HIDDEN = frozenset({"owner_id"})  # of the diff: said by the card itself


def payload_of(event: Event, item: Item | None, client: Client | None) -> dict[str, Any]:
    """Return what is sent of an event. JSON: moments in ISO 8601, money as text."""
    said: dict[str, Any] = plain(
        {
            "id": event.pk,
            "event": event.verb,
            "version": version_of(event.verb),
            "at": event.at,
            "by": {
                "kind": event.actor_kind,
                "user_id": event.actor_user_id,
                "name": event.actor_name,
            },
            "data": {k: v for k, v in event.diff.items() if k not in _HIDDEN},
            "item": _card(item) if item else None,
            "client": _client(client) if client else None,
        }
    )
    return said


def ping(webhook_id: int, *, at: datetime) -> dict[str, Any]:
    """Return what a trial sends."""
    nobody = {"kind": "system", "user_id": None, "name": ""}
    said = {"id": 0, "event": "ping", "version": 1, "at": at, "by": nobody}
    told: dict[str, Any] = plain(
        {**said, "data": {"webhook": webhook_id}, "item": None, "client": None}
    )
    return told


def subjects(events: Iterable[Event]) -> tuple[dict[int, Item], dict[int, Client]]:
    """Read the cards and clients that events are about, deleted ones too. Three SQL queries."""
    ids: dict[str, set[int]] = {Item.journal_type: set(), Client.journal_type: set()}
    for event in events:
        ids.get(event.subject_type, set()).add(event.subject_id)
    cards = Item.objects.select_related("pipeline__item_type", "stage", "source", "loss_reason")
    clients = Client.objects.select_related("source").prefetch_related("contact_points")
    return (
        cards.in_bulk(ids[Item.journal_type]),
        clients.in_bulk(ids[Client.journal_type]),
    )


def _card(item: Item) -> dict[str, Any]:
    kind = item.pipeline.item_type
    return {
        "id": item.pk,
        "number": f"{kind.prefix}{item.pk}",
        "item_type": kind.code,
        "pipeline": item.pipeline.code,
        "stage": item.stage.code,
        "source": item.source.code if item.source else None,
        "loss_reason": item.loss_reason.code if item.loss_reason else None,
        "amount": str(Decimal(item.amount).quantize(Decimal("0.01"))),
        "deleted": item.deleted_at is not None,
        **{name: getattr(item, name) for name in _CARD},
    }


def _client(client: Client) -> dict[str, Any]:
    points = client.contact_points.all()
    return {
        "id": client.pk,
        "source": client.source.code if client.source else None,
        "contact_points": [{"kind": p.kind, "value": p.value, "label": p.label} for p in points],
        "deleted": client.deleted_at is not None,
        **{name: getattr(client, name) for name in _CLIENT},
    }
