"""One conversation for one person: thread, composer, what may be done. Drawn by inbox/_talk.html.

The inbox, the card and the client's page show the very same panel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.http import Http404
from django.utils import timezone

from voronka.channels.models import Channel
from voronka.channels.reach import Way, ways
from voronka.channels.registry import providers
from voronka.clients.models import Client, ContactPoint
from voronka.items.models import Item
from voronka.people.access import CLIENTS
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.timeline.conversations import MESSAGES, conversations_of, last_rethreading, thread
from voronka.timeline.models import Conversation, Message, Rethreading
from voronka.web.addresses import address
from voronka.web.answer_clock import AnswerClock

MOST_SHOWN = 500  # messages that are read again when something changes


@dataclass(frozen=True, slots=True)
class Sign:
    """A channel as lists and threads show it."""

    name: str
    icon: str


def channel_signs() -> dict[int, Sign]:
    """Return channel id -> name and icon, of archived ones too. One SQL query."""
    known = providers()
    rows = Channel.objects.values_list("pk", "name", "provider")
    return {
        pk: Sign(name, known[code].icon if code in known else "message") for pk, name, code in rows
    }


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a client waits; with the five-minute clock while it runs."""

    since: datetime
    span: timedelta
    clock: AnswerClock | None = None


def wait_of(conversation: Conversation) -> Wait | None:
    """Return how long the client of a conversation waits; None when nothing is owed."""
    since = conversation.waiting_since
    if since is None or conversation.closed_at is not None:
        return None
    now, item = timezone.now(), conversation.item
    clock = AnswerClock.of(item.clock_started_at, item.clock_due_at, now) if item else None
    return Wait(since, now - since, clock)


@dataclass
class Talk:
    """A conversation, or the place of one that has not begun: at a card or a client.

    Nothing is read before a template asks.
    """

    user: User
    conversation: Conversation | None = None
    item: Item | None = None
    client: Client | None = None
    inside: str = ""  # where the panel stands: a page of "item" or "client", else in the inbox
    before: str = ""
    limit: int = MESSAGES

    @property
    def key(self) -> str:
        """Names the panel on the page; a card over the inbox may show the same conversation."""
        base = str(self.conversation.pk) if self.conversation else "new"
        return f"{self.inside}-{base}" if self.inside else base

    @property
    def draft(self) -> str:
        """Names the unfinished answer in the browser, the same wherever the panel stands."""
        if self.conversation is not None:
            return str(self.conversation.pk)
        return f"item-{self.item.pk}" if self.item else f"client-{self.client_id}"

    @property
    def suffix(self) -> str:
        """What the panel's addresses carry, so that its pieces keep their names."""
        return f"?inside={self.inside}" if self.inside else ""

    @property
    def client_id(self) -> int | None:
        return self.client.pk if self.client else None

    # -- rights -----------------------------------------------------------------------------

    @cached_property
    def may_change(self) -> bool:
        """Whether the person may write here; whoever answers always may."""
        if self.conversation is not None and self.conversation.owner_id == self.user.pk:
            return True
        access = self.user.access
        if self.item is not None:
            pipeline = self.item.pipeline
            kind = pipeline.item_type.code
            return access.may("change", kind, pipeline.code, owner_id=self.item.owner_id)
        owner_id = self.client.owner_id if self.client else None
        return access.may("change", CLIENTS, owner_id=owner_id)

    @cached_property
    def sees_client(self) -> bool:
        """Whether the person may open the client's page and see its phones."""
        owner_id = self.client.owner_id if self.client else None
        return self.client is not None and self.user.access.may("see", CLIENTS, owner_id=owner_id)

    @cached_property
    def sees_item(self) -> bool:
        """Whether the person may open the card."""
        if self.item is None:
            return False
        return Item.objects.visible_to(self.user).filter(pk=self.item.pk).exists()

    # -- thread -----------------------------------------------------------------------------

    @cached_property
    def _thread(self) -> tuple[list[Message], str]:
        if self.conversation is None:
            return [], ""
        limit = max(MESSAGES, min(self.limit, MOST_SHOWN))
        return thread(self.conversation, before=self.before, limit=limit)

    @property
    def messages(self) -> list[Message]:
        """The newest messages, oldest first."""
        return self._thread[0]

    @property
    def earlier(self) -> str:
        """The cursor of the messages before these; empty at the beginning."""
        return self._thread[1]

    @cached_property
    def signs(self) -> dict[int, Sign]:
        """Channel id -> how it is shown."""
        return channel_signs()

    @property
    def is_to_read(self) -> bool:
        """Whether opening it takes away the mark of unread: only for the one who answers."""
        talk = self.conversation
        return bool(talk and talk.unread and talk.owner_id in (None, self.user.pk))

    @property
    def wait(self) -> Wait | None:
        return wait_of(self.conversation) if self.conversation else None

    # -- composer ---------------------------------------------------------------------------

    @cached_property
    def points(self) -> list[ContactPoint]:
        """The client's phones and addresses, as far as the person may see clients."""
        return list(self.client.contact_points.all()) if self.client and self.sees_client else []

    @property
    def phones(self) -> list[ContactPoint]:
        """Phones to call."""
        return [p for p in self.points if p.kind == ContactPoint.Kind.PHONE]

    @cached_property
    def ways(self) -> list[Way]:
        """How the client can be written to; the usual one first."""
        return ways(self.conversation, [(p.kind, p.value) for p in self.points])

    @property
    def can_send(self) -> bool:
        """Whether at least one way is open."""
        return any(way.open for way in self.ways)

    @property
    def closed_before(self) -> Way | None:
        """The way by which the client wrote last, when it is closed and another one is offered."""
        recent = self.conversation.channel_id if self.conversation else None
        shut = (way for way in self.ways if not way.open and way.channel.pk == recent)
        return next(shut, None) if self.can_send else None

    def way(self, key: str) -> Way | None:
        """Return the way that a form names; None when it is not among those offered."""
        return next((way for way in self.ways if way.key == key), None)

    @property
    def channels_url(self) -> str:
        """Where to connect a channel, for those who may."""
        return address("channels:index") if self.user.access.has("setup") else ""

    # -- what else --------------------------------------------------------------------------

    @cached_property
    def undo(self) -> Rethreading | None:
        """The last merge or split that can be taken back."""
        return last_rethreading(self.conversation) if self.conversation else None

    @cached_property
    def others(self) -> list[Conversation]:
        """Other conversations of the same client that the person may see, the newest first."""
        if self.client is None:
            return []
        seen = Conversation.objects.visible_to(self.user).filter(client_id=self.client.pk)
        if self.conversation is not None:
            seen = seen.exclude(pk=self.conversation.pk)
        return list(seen.select_related("item", "owner").order_by("-last_at")[:20])

    @cached_property
    def choices(self) -> list[Conversation]:
        """Conversations between which the panel inside a card or a client's page switches."""
        if self.inside == "item" and self.item is not None:
            return conversations_of(self.item)
        if self.inside == "client" and self.client is not None:
            seen = Conversation.objects.visible_to(self.user).filter(client_id=self.client.pk)
            return list(seen.select_related("item").order_by("-last_at")[:20])
        return []


_WITH: tuple[str, ...] = ("client", "item__pipeline__item_type", "item__stage", "owner")


def talk_or_404(user: User, conversation_id: int, **extra: Any) -> Talk:
    """Return a conversation that the person may see; a merged one leads to its keeper; else 404."""
    wanted: int | None = conversation_id
    seen: set[int] = set()
    while wanted is not None and wanted not in seen:
        seen.add(wanted)
        rows = Conversation.objects.visible_to(user).select_related(*_WITH, "item__owner")
        found = rows.filter(pk=wanted).first()
        if found is not None:
            return Talk(user, found, found.item, found.client, **extra)
        merged = Conversation.objects.filter(pk=wanted).values_list("merged_into_id", flat=True)
        wanted = merged.first()
    raise Http404


def place_or_404(user: User, kind: str, subject_id: int) -> Talk:
    """Return the panel of a card ("item") or a client before anything is said there; else 404."""
    if kind == "item":
        rows = Item.objects.visible_to(user)
        item = rows.select_related("pipeline__item_type", "contact", "company").filter(
            pk=subject_id
        )
        if found := item.first():
            return Talk(user, None, found, found.contact or found.company, inside=kind)
    elif kind == "client" and (
        client := Client.objects.visible_to(user).filter(pk=subject_id).first()
    ):
        return Talk(user, None, None, client, inside=kind)
    raise Http404


def talk_of(request: SignedInRequest, conversation_id: int, **extra: Any) -> Talk:
    """Return the conversation that a request is about, with the place where it is shown."""
    return talk_or_404(request.user, conversation_id, inside=place_of(request), **extra)


def place_of(request: SignedInRequest) -> str:
    """Return where the panel stands: "item", "client", or "" in the inbox."""
    asked = request.GET.get("inside", "")
    return asked if asked in ("item", "client") else ""


def first_of(talk: Talk) -> Talk:
    """Return the conversation to open first, an open one before a closed one; else `talk`."""
    first = min(talk.choices, key=lambda one: one.closed_at is not None, default=None)
    return talk_or_404(talk.user, first.pk, inside=talk.inside) if first else talk
