"""Messages: what clients send is kept once; what people write waits to be sent by its channel.

How they are sent: `sending.py`.

Source: docs/domain/conversations.md (TL-2, TL-5, TL-9).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.clients.commands.client import lock_client
from voronka.items.commands.answering import note_answer
from voronka.items.commands.card import lock_card
from voronka.items.models import Attachment, Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.kernel.rows import insert_row
from voronka.timeline.commands.conversations import (
    announce,
    lock_conversation,
    mirror,
    note_about,
    open_conversation,
)
from voronka.timeline.models import Conversation, Message

LONGEST = 100_000  # characters of a message


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that a client has sent.

    `at` is the sender's time; `identity` the client's (kind, value) there; `thread_key` the chat's
    id in its channel; `external_id` the message's own, by which it is kept once; `automatic` marks
    an out-of-office reply and the like, which waits for no answer.
    """

    provider: str
    channel_id: int | None
    at: datetime
    text: str = ""
    html: str = ""  # cleaned already
    subject: str = ""
    author_name: str = ""
    identity: tuple[str, str] = ("", "")
    thread_key: str = ""
    external_id: str = ""
    reply_to_id: int | None = None
    automatic: bool = False
    attachment_ids: Sequence[int] = ()
    enquiry_id: int | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def receive_message(
    arrival: Arrival,
    *,
    by: Actor,
    conversation_id: int | None = None,
    client_id: int | None = None,
    item_id: int | None = None,
    owner_id: int | None = None,
) -> Message:
    """Keep a client's message in its conversation; records `item.message_received`.

    The conversation counts as waiting from the sender's time on, a closed one is open again, and
    messages that were planned "unless they write first" are cancelled. A message with an external
    id that this channel has brought before is returned as it is: retries never double.

    Args:
        conversation_id: where it belongs; else the conversation of `client_id` and `item_id`,
            opened for `owner_id` when there is none.
    """
    if arrival.external_id and (known := find_message(arrival.channel_id, arrival.external_id)):
        return known
    if conversation_id is not None:
        conversation = lock_conversation(conversation_id, by=by, action="see")
    else:
        conversation = open_conversation(
            client_id=client_id, item_id=item_id, owner_id=owner_id, at=arrival.at
        )
    return keep_message(conversation, arrival, by=by)


def begin_conversation(
    arrival: Arrival, *, client_id: int | None, item: Item, owner_id: int
) -> Message:
    """Open the conversation of a card that was made just now by its first message.

    In the caller's transaction, whose `item.created` tells of both: no `item.message_received`.
    """
    message = _draft(arrival)
    conversation = Conversation(
        client_id=client_id,
        item=item,
        owner_id=owner_id,
        guest_name="" if client_id else message.author_name,
        subject=message.subject,
        unread=1,
        waiting_since=None if message.automatic else message.at,
        created_at=message.at,
    )
    mirror(conversation, message)
    insert_row(conversation)
    message.conversation = conversation
    insert_row(message)
    if arrival.attachment_ids:
        message.attachments.set(arrival.attachment_ids)
    announce("message_received", conversation)
    return message


def _draft(arrival: Arrival) -> Message:
    now = timezone.now()
    return Message(
        direction=Message.Direction.IN,
        channel_id=arrival.channel_id,
        provider=arrival.provider,
        author_name=arrival.author_name[:160],
        identity_kind=arrival.identity[0],
        identity_value=arrival.identity[1],
        thread_key=arrival.thread_key,
        subject=arrival.subject[:300],
        text=arrival.text[:LONGEST],
        html=arrival.html,
        external_id=arrival.external_id,
        reply_to_id=arrival.reply_to_id,
        automatic=arrival.automatic,
        state=Message.State.RECEIVED,
        at=min(arrival.at, now),
        recorded_at=now,
        enquiry_id=arrival.enquiry_id,
        meta=dict(arrival.meta),
    )


def keep_message(conversation: Conversation, arrival: Arrival, *, by: Actor) -> Message:
    """Do the work of `receive_message` on a locked conversation, in the caller's transaction."""
    message = _draft(arrival)
    message.conversation = conversation
    insert_row(message)
    if arrival.attachment_ids:
        message.attachments.set(arrival.attachment_ids)
    conversation.unread += 1
    if conversation.client_id is None and message.author_name and not message.automatic:
        conversation.guest_name = message.author_name
    if not conversation.subject:
        conversation.subject = message.subject
    if message.at >= conversation.last_at or not conversation.last_direction:
        mirror(conversation, message)
    if not message.automatic:
        conversation.closed_at = None
        since = conversation.waiting_since
        conversation.waiting_since = min(since, message.at) if since else message.at
        _cancel_planned(conversation)
    conversation.save(
        update_fields=[
            *("unread", "subject", "last_at", "last_text", "last_direction", "last_author"),
            *("channel_id", "closed_at", "waiting_since", "guest_name"),
        ]
    )
    note_about(
        "message_received",
        conversation,
        by=by,
        message=message.pk,
        channel=message.channel_id,
        provider=message.provider,
        automatic=message.automatic,
    )
    return message


def keep_sent_elsewhere(conversation: Conversation, arrival: Arrival, *, by: Actor) -> Message:
    """Keep a message that one of us has sent from another program: it answers the client.

    On a locked conversation, in the caller's transaction. Records `item.message_written`.
    """
    message = _draft(arrival)
    message.conversation, message.automatic = conversation, False
    message.direction, message.state = Message.Direction.OUT, Message.State.SENT
    message.sent_at = message.at
    insert_row(message)
    if arrival.attachment_ids:
        message.attachments.set(arrival.attachment_ids)
    said(conversation, message, by=by)
    note_about(
        "message_written",
        conversation,
        by=by,
        message=message.pk,
        channel=message.channel_id,
        provider=message.provider,
    )
    return message


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody writes to a client. `identity` is the client's (kind, value) in the channel."""

    provider: str
    channel_id: int
    text: str = ""
    html: str = ""  # cleaned already; empty for plain text
    subject: str = ""
    identity: tuple[str, str] = ("", "")
    thread_key: str = ""
    reply_to_id: int | None = None
    attachment_ids: Sequence[int] = ()
    send_at: datetime | None = None  # at once when empty (TL-9)
    cancel_on_reply: bool = False  # with `send_at`: not if the client writes first
    meta: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def write_message(
    letter: Letter,
    *,
    by: Actor,
    conversation_id: int | None = None,
    client_id: int | None = None,
    item_id: int | None = None,
) -> Message:
    """Queue a message to a client; its channel sends it once this has committed.

    Records `item.message_written`. A person's message answers the client: nothing is owed in the
    conversation any more, and the card's clock stops (Q1); one planned for later does so when it
    is sent. A robot's answers nobody.

    Args:
        conversation_id: where it belongs; else the conversation of `client_id` and `item_id`.
    Raises:
        InvalidInput: neither text nor files, too long, or a moment that has passed.
        NotFound, Forbidden: see `lock_conversation`; the right is "change".
    """
    _check(letter)
    now = timezone.now()
    if conversation_id is not None:
        conversation = lock_conversation(conversation_id, by=by)
    else:
        conversation = _open_for(client_id, item_id, by=by, at=now)
    message = Message.objects.create(
        conversation=conversation,
        direction=Message.Direction.OUT,
        channel_id=letter.channel_id,
        provider=letter.provider,
        author_id=by.user_id,
        author_name="" if by.user_id else by.name[:160],
        identity_kind=letter.identity[0],
        identity_value=letter.identity[1],
        thread_key=letter.thread_key,
        subject=letter.subject.strip()[:300],
        text=letter.text.replace("\x00", "").strip(),
        html=letter.html,
        reply_to_id=letter.reply_to_id,
        automatic=by.user_id is None,
        state=Message.State.QUEUED,
        send_at=letter.send_at,
        due_at=letter.send_at or now,
        cancel_on_reply=letter.cancel_on_reply and letter.send_at is not None,
        at=letter.send_at or now,
        recorded_at=now,
        meta=dict(letter.meta),
    )
    if letter.attachment_ids:
        message.attachments.set(_own_files(conversation, letter.attachment_ids))
    if letter.send_at is None:
        said(conversation, message, by=by)
    note_about(
        "message_written",
        conversation,
        by=by,
        message=message.pk,
        channel=message.channel_id,
        provider=message.provider,
        send_at=message.send_at,
    )
    return message


def _open_for(
    client_id: int | None, item_id: int | None, *, by: Actor, at: datetime
) -> Conversation:
    """Open the conversation of a card or a client that the actor may change."""
    if item_id is not None:
        card = lock_card(item_id, by=by, action="change")
        client_id, owner_id = client_id or card.contact_id or card.company_id, card.owner_id
    else:
        owner_id = lock_client(client_id or 0, by=by, action="change").owner_id
    opened = open_conversation(client_id=client_id, item_id=item_id, owner_id=owner_id, at=at)
    return lock_conversation(opened.pk, by=by)


def said(conversation: Conversation, message: Message, *, by: Actor) -> None:
    """A message is on its way: it is the last word, and a person's word answers the client."""
    if message.at >= conversation.last_at or not conversation.last_direction:
        mirror(conversation, message)
    if not conversation.subject:
        conversation.subject = message.subject
    if not message.automatic:
        conversation.waiting_since = None
        if conversation.owner_id is None:
            conversation.owner_id = message.author_id
        if conversation.item_id is not None:
            note_answer(conversation.item_id, by=by, at=message.at)
    conversation.save(
        update_fields=[
            *("subject", "last_at", "last_text", "last_direction", "last_author"),
            *("waiting_since", "owner"),
        ]
    )


def _check(letter: Letter) -> None:
    if not letter.text.strip() and not letter.html.strip() and not letter.attachment_ids:
        raise InvalidInput(_("Write something first."), fields={"text": _("The message is empty.")})
    if len(letter.text) > LONGEST:
        raise InvalidInput(_("At most %(count)d characters fit here.") % {"count": LONGEST})
    if letter.send_at is not None and letter.send_at <= timezone.now():
        raise InvalidInput(
            _("This moment has passed. Choose a later one."),
            fields={"send_at": _("Choose a later moment.")},
        )


def _own_files(conversation: Conversation, ids: Sequence[int]) -> list[Attachment]:
    """Return the files of this card or client among `ids`: nobody sends what they can't see."""
    here = Q(pk__in=[])
    if conversation.item_id is not None:
        here |= Q(item_id=conversation.item_id)
    if conversation.client_id is not None:
        here |= Q(client_id=conversation.client_id)
    return list(Attachment.objects.filter(here, pk__in=ids, deleted_at=None))


def find_message(channel_id: int | None, external_id: str) -> Message | None:
    """Return the message of a channel by its external id."""
    return Message.objects.filter(channel_id=channel_id, external_id=external_id).first()


def _cancel_planned(conversation: Conversation) -> None:
    """The client wrote first: what was planned "unless they write" is not sent (TL-9)."""
    planned = conversation.messages.filter(state=Message.State.QUEUED, cancel_on_reply=True)
    planned.update(state=Message.State.CANCELLED, due_at=None, error="")
