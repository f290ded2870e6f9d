"""Incoming webhooks for tests."""

from __future__ import annotations

import json
from typing import Any

from tests.factories import make_field, make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.channels.commands import ChannelSpec, create_channel, receive
from voronka.channels.contract import RawEvent
from voronka.channels.models import Channel, Enquiry
from voronka.channels.providers.hook.commands import save_mapping
from voronka.journal.actors import Actor

SYSTEM = Actor.system()
ORDER = {
    "event": {"id": "ev-1", "type": "order.created"},
    "order": {
        "id": 1057,
        "total": "120 500,50",
        "client": {"name": "Анна", "phone": "8 916 123-45-67"},
        "items": [{"title": "Кухня", "qty": 1}, {"title": "Шкаф", "qty": 2}],
        "budget": "Большой",
        "utm_source": "yandex",
        "gift": True,
    },
}
ROWS = {
    "order.client.name": "name",
    "order.client.phone": "phone",
    "order.total": "amount",
    "order.id": "card_id",
    "order.items[*].title": "text",
    "order.budget": "item:budget",
    "order.utm_source": "utm",
}
BUDGET = [
    {"code": "big", "name": {"ru": "Большой", "en": "Big"}, "points": 5},
    {"code": "small", "name": {"ru": "Малый", "en": "Small"}, "points": 1},
]


def make_hook(rows: dict[str, str] | None = None, settings: Any = None, **more: Any) -> Channel:
    """An address whose enquiries go to a funnel of deals; mapped when there are rows."""
    deal = make_item_type("deal")
    make_field(deal, "budget", "list", options=BUDGET)
    spec = ChannelSpec(
        name="Shop",
        settings=settings or {},
        pipeline_id=make_pipeline(deal, reasons=True).pk,
        owner_id=make_user().pk,
    )
    channel = create_channel("hook", spec, by=SYSTEM)
    return map_hook(channel, rows, **more) if rows is not None else channel


def map_hook(channel: Channel, rows: dict[str, str], **more: Any) -> Channel:
    """Say what goes where."""
    listed = [{"path": path, "target": target} for path, target in rows.items()]
    return save_mapping(channel.pk, {"rows": listed, **more}, by=SYSTEM)


def call(channel: Channel, body: Any, id_: str = "one") -> Enquiry:
    """Receive a call as the address would."""
    raw = json.dumps(body, ensure_ascii=False).encode()
    return receive(channel, RawEvent(id_, raw, "application/json"))
