"""Conversations for the inbox's tests: a manager's client has written by paper."""

from __future__ import annotations

from typing import Any

from tests.channels.factories import make_channel, write_in
from voronka.channels.models import Channel
from voronka.people.models import User
from voronka.timeline.models import Conversation


def make_talk(
    owner: User, *, name: str = "Марина Котова", channel: Channel | None = None, **sheet: Any
) -> Conversation:
    """A client's first message, by a channel that leads to `owner`."""
    channel = channel or make_channel(owner=owner)
    sheet.setdefault("text", "Сколько стоит кухня?")
    enquiry = write_in(channel, name=name, **sheet)
    return Conversation.objects.get(messages__pk=enquiry.message_id)
