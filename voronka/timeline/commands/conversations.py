"""Conversations: opening, giving to somebody, reading, closing; they follow their card.

Source: docs/domain/conversations.md (TL-1, TL-3, TL-5).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.clients.models import Client
from voronka.items.commands.card import note_event, require_card
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.journal.live import announce_change
from voronka.journal.models import Event
from voronka.kernel.errors import NotFound
from voronka.kernel.locking import lock_row
from voronka.people import access
from voronka.people.errors import NoLongerHere
from voronka.people.models import User
from voronka.timeline.commands.speaking import spoken_at
from voronka.timeline.models import Conversation, Message
from voronka.timeline.quoting import own_words

NOT_SAID = Q(state=Message.State.CANCELLED) | Q(  # planned for later, or taken back
    state=Message.State.QUEUED, send_at__isnull=False
)


def lock_conversation(conversation_id: int, *, by: Actor, action: str = "change") -> Conversation:
    """Lock a conversation for this transaction and check the actor's right to its card or client.

    Whoever the conversation is given to may always work on it. A merged one leads to its keeper.

    Raises:
        NotFound: there is no such conversation.
        Forbidden: the role does not reach its card (or client) with this action.
    """
    seen: set[int] = set()
    wanted: int | None = conversation_id
    while wanted is not None and wanted not in seen:
        seen.add(wanted)
        rows = Conversation.objects.select_related("item__pipeline__item_type", "client")
        conversation = lock_row(rows, wanted)
        if conversation is None:
            break
        wanted = conversation.merged_into_id
        if wanted is None:
            _require(conversation, by=by, action=action)
            return conversation
    raise NotFound(_("There is no such conversation any more."))


def _require(conversation: Conversation, *, by: Actor, action: str) -> None:
    if by.user_id is None or by.user_id == conversation.owner_id:
        return
    if conversation.item is not None:
        require_card(by, action, conversation.item)
    else:
        owner_id = conversation.client.owner_id if conversation.client else None
        access.require(by, action, access.CLIENTS, owner_id=owner_id)


def open_conversation(
    *,
    client_id: int | None,
    item_id: int | None,
    owner_id: int | None,
    at: datetime,
) -> Conversation:
    """Return the conversation of this client about this card, made when there is none.

    Inside the caller's transaction, which has checked the rights.
    """
    wanted = {"client_id": client_id, "item_id": item_id}
    missing = {f"{k.removesuffix('_id')}__isnull": True for k, v in wanted.items() if not v}
    known_ids = {k: v for k, v in wanted.items() if v}
    same = Conversation.objects.standing().filter(**known_ids, **missing)
    known = same.select_for_update().order_by("-last_at").first()
    if known is not None:
        return known
    return Conversation.objects.create(
        client_id=client_id, item_id=item_id, owner_id=owner_id, last_at=at, created_at=at
    )


def give_client(conversation: Conversation, client: Client) -> None:
    """Say whose a locked conversation is that had no client yet; in the caller's transaction."""
    conversation.client = client
    conversation.save(update_fields=["client"])


def announce(what: str, conversation: Conversation, *, item: Item | None = None) -> None:
    """Tell the live pages that a conversation has changed; nothing is kept."""
    item = item or conversation.item
    announce_change(
        f"conversation.{what}",
        Conversation.journal_type,
        conversation.pk,
        pipeline_id=item.pipeline_id if item else None,
        owner_id=conversation.owner_id,
    )


def note_about(what: str, conversation: Conversation, *, by: Actor, **diff: Any) -> None:
    """Record `item.<what>`, or `client.<what>` while there is no card, and announce it."""
    diff["conversation"] = conversation.pk
    if conversation.item is not None:
        note_event(f"item.{what}", conversation.item, by=by, **diff)
    elif conversation.client is not None:
        owner_id = conversation.client.owner_id
        record(f"client.{what}", conversation.client, by=by, owner_id=owner_id, **diff)
    announce(what, conversation)


@transaction.atomic
def assign_conversation(conversation_id: int, *, to: User | None, by: Actor) -> Conversation:
    """Give a conversation to somebody, or to nobody; the card keeps its responsible.

    Records `item.conversation_assigned`.

    Raises:
        InvalidInput: `to` no longer works here.
        NotFound, Forbidden: see `lock_conversation`.
    """
    conversation = lock_conversation(conversation_id, by=by)
    left = conversation.owner_id
    if left == (to.pk if to else None):
        return conversation
    if to is not None and not to.is_active:
        raise NoLongerHere
    conversation.owner = to
    conversation.save(update_fields=["owner"])
    entered = to.pk if to else None
    note_about("conversation_assigned", conversation, by=by, left=left, entered=entered)
    return conversation


@transaction.atomic
def mark_read(conversation_id: int, *, by: Actor) -> None:
    """Note that who answers has opened the conversation: its messages are no longer unread.

    A colleague who only looks in takes the mark away from nobody.
    """
    conversation = lock_conversation(conversation_id, by=by, action="see")
    if not conversation.unread or conversation.owner_id not in (None, by.user_id):
        return
    now = timezone.now()
    unread = conversation.messages.filter(direction=Message.Direction.IN, read_at=None)
    unread.update(read_at=now)
    conversation.unread = 0
    conversation.save(update_fields=["unread"])
    announce("opened", conversation)


@transaction.atomic
def close_conversation(conversation_id: int, *, by: Actor) -> Conversation:
    """Take a conversation out of the inbox until somebody writes again: nothing is owed in it.

    Records `item.conversation_closed`. Closing twice does nothing.
    """
    conversation = lock_conversation(conversation_id, by=by)
    if conversation.closed_at is None:
        conversation.closed_at = timezone.now()
        conversation.waiting_since = None
        conversation.save(update_fields=["closed_at", "waiting_since"])
        note_about("conversation_closed", conversation, by=by)
    return conversation


@transaction.atomic
def reopen_conversation(conversation_id: int, *, by: Actor) -> Conversation:
    """Bring a closed conversation back into the inbox; records `item.conversation_reopened`."""
    conversation = lock_conversation(conversation_id, by=by)
    if conversation.closed_at is not None:
        conversation.closed_at = None
        conversation.waiting_since = unanswered_since(conversation)
        conversation.save(update_fields=["closed_at", "waiting_since"])
        note_about("conversation_reopened", conversation, by=by)
    return conversation


def unanswered_since(conversation: Conversation) -> datetime | None:
    """Return when the client first wrote without an answer since; None when all is answered.

    A person's message answers, and so does a call or a meeting in which the client was spoken to.
    """
    words = conversation.messages.filter(automatic=False)
    answers = words.filter(~NOT_SAID, direction=Message.Direction.OUT)
    answers = answers.exclude(state=Message.State.FAILED)
    written = answers.order_by("-at").values_list("at", flat=True).first()
    last = max(filter(None, (written, spoken_at(conversation))), default=None)
    asked = words.filter(direction=Message.Direction.IN)
    if last is not None:
        asked = asked.filter(at__gt=last)
    return asked.order_by("at").values_list("at", flat=True).first()


def settle_talks(locked: Iterable[Conversation]) -> None:
    """Let locked conversations wait, or not, after the client was spoken to; live pages hear it."""
    for talk in locked:
        since = unanswered_since(talk)
        if since != talk.waiting_since:
            talk.waiting_since = since
            talk.save(update_fields=["waiting_since"])
            announce("spoken_to", talk)


def refresh(conversation: Conversation) -> None:
    """Let a locked conversation's columns mirror its messages again (after a split, a failure)."""
    last = conversation.messages.filter(~NOT_SAID).order_by("-at", "-pk").first()
    unread = conversation.messages.filter(direction=Message.Direction.IN, read_at=None)
    conversation.unread = unread.count()
    conversation.waiting_since = None if conversation.closed_at else unanswered_since(conversation)
    if last is not None:
        mirror(conversation, last)
    conversation.save(
        update_fields=[
            *("unread", "waiting_since", "last_at", "last_text"),
            *("last_direction", "last_author", "channel_id"),
        ]
    )


def mirror(conversation: Conversation, message: Message) -> None:
    """Show a message as the conversation's last one. The caller saves."""
    conversation.last_at = message.at
    conversation.last_text = " ".join((own_words(message.text) or message.subject).split())[:200]
    conversation.last_direction = message.direction
    conversation.last_author_id = message.author_id
    if message.is_incoming:
        conversation.channel_id = message.channel_id


def on_card_assigned(event: Event) -> None:
    """A card has a new responsible: its conversations go along (a handler of `item.assigned`)."""
    Conversation.objects.filter(item_id=event.subject_id).exclude(
        owner_id=event.diff["entered"]
    ).filter(owner_id=event.diff.get("left")).update(owner_id=event.diff["entered"])


def on_converted(event: Event) -> None:
    """A lead became a deal: what is said about it goes on there (a handler of `item.converted`)."""
    lead = Item.objects.select_related("pipeline").get(pk=event.subject_id)
    talks = Conversation.objects.filter(item_id=lead.pk)
    ids = list(talks.values_list("pk", flat=True))
    if ids:
        deal = Item.objects.get(pk=event.diff["deal"])
        talks.filter(owner_id=lead.owner_id).update(owner_id=deal.owner_id)
        Conversation.objects.filter(pk__in=ids).update(item_id=deal.pk)
        note_event("item.talks_moved", lead, by=Actor.system(), deal=deal.pk, ids=ids)


def on_conversion_undone(event: Event) -> None:
    """The lead stands again: its conversations return (a handler of `item.conversion_undone`)."""
    moves = Event.objects.filter(
        subject_type=Item.journal_type, subject_id=event.subject_id, verb="item.talks_moved"
    )
    last = moves.order_by("-pk").first()
    if last is not None and last.diff.get("deal") == event.diff.get("deal"):
        here = Conversation.objects.filter(pk__in=last.diff["ids"], item_id=last.diff["deal"])
        here.update(item_id=event.subject_id)
