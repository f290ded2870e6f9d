"""Channels for tests: a provider that speaks plain JSON, and channels of it."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import count
from typing import Any

from pydantic import Field, SecretStr

from tests.factories import make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.channels.commands import ChannelSpec, create_channel, receive
from voronka.channels.contract import (
    BadEvent,
    ChannelFacts,
    ChannelSettings,
    Delivery,
    DeliveryNews,
    FileIn,
    Incoming,
    Kind,
    Outgoing,
    Provider,
    RawEvent,
)
from voronka.channels.models import Channel, Enquiry
from voronka.channels.registry import register
from voronka.journal.actors import Actor
from voronka.pipelines.models import Pipeline

_numbers = count(1)
SYSTEM = Actor.system()


class PaperSettings(ChannelSettings):
    colour: str = Field("white", description="Of the paper")
    password: SecretStr = SecretStr("")


class Paper(Provider):
    """Understands {"from", "text", …}; what it sends lies in `sent`."""

    code = "paper"
    title = "Paper"
    Settings = PaperSettings
    sends = True
    answers_to = ("phone", "email")

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.failures: list[Exception] = []

    def parse(self, event: RawEvent, channel: ChannelFacts) -> Incoming:
        try:
            sheet = json.loads(event.body)
            kind = Kind(sheet.get("kind", "message"))
        except (ValueError, AttributeError) as error:
            raise BadEvent("not a sheet of paper") from error
        news = [DeliveryNews(n["id"], n["state"]) for n in sheet.get("news", [])]
        files = [FileIn(name, text.encode()) for name, text in sheet.get("files", {}).items()]
        known = {k: v for k, v in sheet.items() if k in Incoming.__dataclass_fields__}
        known |= {"kind": kind, "news": news, "files": files}
        known["identities"] = [tuple(i) for i in sheet.get("from", [])]
        return Incoming(**known)

    def send(self, message: Outgoing, channel: ChannelFacts) -> Delivery:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message)
        return Delivery(external_id=f"paper-{message.key}")

    def sample(self, channel: ChannelFacts, *, mark: str) -> RawEvent | None:
        sheet = {"from": [["email", f"{mark}@example.com"]], "text": mark, "name": "Test"}
        return RawEvent(mark, json.dumps(sheet).encode(), "application/json")


PAPER = Paper()
register(PAPER)


def make_channel(pipeline: Pipeline | None = None, **extra: Any) -> Channel:
    """A channel of paper into a lead funnel, given to somebody."""
    pipeline = pipeline or make_pipeline(make_item_type("lead"), reasons=True)
    owner = extra.pop("owner", None) or make_user()
    spec = ChannelSpec(
        name=extra.pop("name", f"Paper {next(_numbers)}"),
        settings=extra.pop("settings", {}),
        pipeline_id=pipeline.pk,
        owner_id=owner.pk,
        **extra,
    )
    return create_channel("paper", spec, by=SYSTEM)


def sheet(id_: str = "", *, at: datetime | None = None, **fields: Any) -> RawEvent:
    """An event of paper."""
    fields.setdefault("from", [["phone", "+79161234567"]])
    fields.setdefault("text", "Hello")
    body = json.dumps(fields).encode()
    return RawEvent(id_ or f"sheet-{next(_numbers)}", body, "application/json", at=at)


def write_in(channel: Channel, id_: str = "", **fields: Any) -> Enquiry:
    """Let a client write by a channel; returns the ledger's row."""
    return receive(channel, sheet(id_, **fields))
