"""By which channels a client can be written to now, and why not by the others.

Source: docs/domain/conversations.md, "On the screen" (TL-2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from voronka.channels.contract import BadEvent, Identity, Provider, Window
from voronka.channels.facts import facts_of
from voronka.channels.models import Channel
from voronka.channels.registry import providers
from voronka.kernel import masking
from voronka.kernel.errors import Sentence
from voronka.timeline.models import Conversation, Message

NO_ADDRESS: Identity = ("", "")  # a chat that its channel knows by its own key


@dataclass(frozen=True, slots=True)
class Way:
    """A channel together with an address of the client; `why` says why it is closed now."""

    channel: Channel
    provider: Provider
    to: Identity
    window: Window
    subject: str = ""  # of the last message there

    @property
    def key(self) -> str:
        """What a form sends to name it."""
        return f"{self.channel.pk}:{self.to[0]}:{masking.handle(self.to[1])}"

    @property
    def open(self) -> bool:
        """Whether the client may be written to this way now."""
        return self.window.open

    @property
    def why(self) -> Sentence:
        """Why it is closed."""
        return self.window.why

    @property
    def has_subject(self) -> bool:
        """Whether a message has a subject here: letters have."""
        return bool(self.subject) or self.to[0] == "email"


def ways(conversation: Conversation | None, points: Sequence[Identity]) -> list[Way]:
    """Return how this client can be written to. Two SQL queries at most.

    First where the client wrote last, then what is open, in the order of the channels. Each active
    channel that sends offers the address of its last message in the conversation and those of
    `points` that it can write to first.
    """
    known = providers()
    channels = [c for c in Channel.objects.active() if (p := known.get(c.provider)) and p.sends]
    last = _last_messages(conversation, channels) if conversation and channels else {}
    now = timezone.now()
    found = [
        way
        for channel in channels
        for way in _of_channel(channel, known[channel.provider], last.get(channel.pk), points, now)
    ]
    recent = conversation.channel_id if conversation else None
    return sorted(
        found, key=lambda way: (not way.open, way.channel.pk != recent, way.channel.position)
    )


def _of_channel(
    channel: Channel,
    provider: Provider,
    last: Message | None,
    points: Sequence[Identity],
    now: datetime,
) -> Iterator[Way]:
    """Yield the ways of one channel: where it was spoken before, then the client's addresses."""
    seen = set()
    if last is not None and (last.identity_value or last.thread_key):
        to = (last.identity_kind, last.identity_value) if last.identity_value else NO_ADDRESS
        at = last.at if last.is_incoming else None
        yield Way(channel, provider, to, _window(channel, provider, at, now), last.subject)
        seen.add(to)
    for to in points:
        if to[0] in provider.answers_to and to not in seen:
            seen.add(to)
            yield Way(channel, provider, to, _window(channel, provider, None, now))


def _window(
    channel: Channel, provider: Provider, last_in: datetime | None, now: datetime
) -> Window:
    try:
        return provider.window(facts_of(channel), last_in=last_in, now=now)
    except BadEvent as broken:
        return Window(open=False, why=str(broken))


def _last_messages(
    conversation: Conversation, channels: Sequence[Channel]
) -> dict[int | None, Message]:
    """Return channel -> its newest message here, one of the client's if there is any."""
    rows = conversation.messages.filter(channel_id__in=[c.pk for c in channels])
    rows = rows.order_by("channel_id", "direction", "-at", "-pk").distinct("channel_id")
    return {message.channel_id: message for message in rows}
