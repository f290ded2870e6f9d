"""Chats for tests."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.factories import make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.channels.commands import ChannelSpec, create_channel
from voronka.channels.models import Channel
from voronka.journal.actors import Actor

_numbers = count(1)


def make_chat(*, owner: Any = None, **settings: Any) -> Channel:
    """A chat that is always open and asks nothing, unless `settings` say otherwise."""
    spec = ChannelSpec(
        name=f"Чат {next(_numbers)}",
        settings={"hours": "always", "ask_name": "no", "ask_phone": "no", **settings},
        pipeline_id=make_pipeline(make_item_type("lead")).pk,
        owner_id=(owner or make_user()).pk,
    )
    return create_channel("chat", spec, by=Actor.system())
