"""Messages: what clients send is kept once; what people write waits to be sent by its channel.

Sending itself belongs to the channels above; they take messages by `begin_sending` and tell what
became of them by `note_sent`, `note_failed` and `note_delivery`.

Source: docs/domain/conversations.md (TL-2, TL-5, TL-9).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.timeline.commands.conversations import (
    announce,
    lock_conversation,
    mirror,
    note_about,
    open_conversation,
    refresh,
)
from voronka.timeline.models import Conversation, Message

LONGEST = 100_000  # characters of a message
_SENDING_FOR = timedelta(minutes=10)  # a sender that says nothing for so long has died
_FINAL = (Message.State.FAILED, Message.State.CANCELLED)
_RANKS = [Message.State.SENDING, Message.State.SENT, Message.State.DELIVERED, Message.State.READ]


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
        subject=message.subject,
        unread=1,
        waiting_since=None if message.automatic else message.at,
        created_at=message.at,
    )
    mirror(conversation, message)
    conversation.save(force_insert=True)
    message.conversation = conversation
    message.save(force_insert=True)
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
    message.save(force_insert=True)
    if arrival.attachment_ids:
        message.attachments.set(arrival.attachment_ids)
    conversation.unread += 1
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
            *("channel_id", "closed_at", "waiting_since"),
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
    message.save(force_insert=True)
    if arrival.attachment_ids:
        message.attachments.set(arrival.attachment_ids)
    _said(conversation, message, by=by)
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
        _said(conversation, message, by=by)
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


def _said(conversation: Conversation, message: Message, *, by: Actor) -> None:
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


@transaction.atomic
def cancel_message(message_id: int, *, by: Actor) -> Message:
    """Take back a message that has not been sent yet; records `item.message_cancelled`.

    Raises:
        InvalidInput: it is being sent, or has been.
    """
    message, conversation = _lock(message_id, by=by)
    if message.state == Message.State.CANCELLED:
        return message
    if message.state not in (Message.State.QUEUED, Message.State.FAILED):
        raise InvalidInput(_("This message has been sent already."))
    message.state, message.due_at = Message.State.CANCELLED, None
    message.save(update_fields=["state", "due_at"])
    refresh(conversation)
    note_about("message_cancelled", conversation, by=by, message=message.pk)
    return message


@transaction.atomic
def retry_message(message_id: int, *, by: Actor) -> Message:
    """Send a failed message again, at once; records `item.message_retried`.

    Raises:
        InvalidInput: it has not failed.
    """
    message, conversation = _lock(message_id, by=by)
    if message.state != Message.State.FAILED:
        raise InvalidInput(_("This message is not among the failed ones any more."))
    message.state, message.due_at, message.attempts = Message.State.QUEUED, timezone.now(), 0
    message.save(update_fields=["state", "due_at", "attempts"])
    refresh(conversation)
    note_about("message_retried", conversation, by=by, message=message.pk)
    return message


def _lock(message_id: int, *, by: Actor) -> tuple[Message, Conversation]:
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise NotFound(_("There is no such message any more."))
    conversation = lock_conversation(message.conversation_id, by=by)
    return Message.objects.select_for_update().get(pk=message_id), conversation


@transaction.atomic
def due_messages(*, at: datetime, batch: int = 200) -> list[int]:
    """Return ids of messages that should be on their way; those whose sender died are queued anew.

    A sender that has said nothing for ten minutes is taken for dead: the message goes out again
    under the same key, so that a channel that knows the key sends it once.
    """
    stuck = Message.objects.filter(state=Message.State.SENDING, due_at__lte=at - _SENDING_FOR)
    stuck.update(state=Message.State.QUEUED, due_at=at)
    due = Message.objects.filter(state=Message.State.QUEUED, due_at__lte=at)
    return list(due.order_by("due_at").values_list("pk", flat=True)[:batch])


@transaction.atomic
def begin_sending(message_id: int, *, at: datetime) -> Message | None:
    """Claim a queued message for sending; None when it is not due, not there, or being sent."""
    message = (
        Message.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("conversation")
        .filter(pk=message_id, state=Message.State.QUEUED, due_at__lte=at)
        .first()
    )
    if message is None:
        return None
    message.state, message.due_at = Message.State.SENDING, at
    message.attempts = message.attempts + 1
    message.save(update_fields=["state", "due_at", "attempts"])
    return message


@transaction.atomic
def note_sent(message_id: int, *, external_id: str = "", at: datetime | None = None) -> None:
    """A channel has taken a message; a planned one now answers the client. Announces it live."""
    now = at or timezone.now()
    message, conversation = _lock(message_id, by=Actor.system())
    if message.state not in (Message.State.SENDING, Message.State.QUEUED):
        return
    message.state, message.sent_at, message.due_at, message.error = "sent", now, None, ""
    message.external_id = external_id[:255] or message.external_id
    if message.send_at is not None:
        message.at = now
    message.save(update_fields=["state", "sent_at", "due_at", "error", "external_id", "at"])
    if message.send_at is not None:
        author = Actor("user", message.author_id) if message.author_id else Actor.system()
        _said(conversation, message, by=author)
    announce("message_sent", conversation)


@transaction.atomic
def note_failed(message_id: int, error: str, *, retry_at: datetime | None = None) -> None:
    """A channel could not send a message: it is tried again at `retry_at`, or fails for good.

    A failed one is visible as such, its client waits again, and `item.message_failed` is recorded.
    """
    message, conversation = _lock(message_id, by=Actor.system())
    if message.state in _FINAL:
        return
    message.error = error[:500]
    message.due_at = retry_at
    message.state = Message.State.QUEUED if retry_at else Message.State.FAILED
    message.save(update_fields=["error", "due_at", "state"])
    if retry_at is None:
        refresh(conversation)
        note_about(
            "message_failed", conversation, by=Actor.system(), message=message.pk, error=error[:300]
        )
    else:
        announce("message_delayed", conversation)


@transaction.atomic
def note_delivery(
    channel_id: int, external_id: str, state: str, *, at: datetime, error: str = ""
) -> bool:
    """Keep what a channel says became of a sent message; whether the message is known.

    Args:
        state: "sent", "delivered", "read" or "failed". News that come late change nothing: a
            message once read is never "delivered" again.
    """
    message = find_message(channel_id, external_id)
    if message is None or message.is_incoming:
        return False
    if state == Message.State.FAILED:
        note_failed(message.pk, error or _("The channel says it could not be delivered."))
        return True
    moments = {Message.State.DELIVERED: "delivered_at", Message.State.READ: "read_at"}
    later = [s for s in _RANKS if _RANKS.index(s) < _RANKS.index(Message.State(state))]
    rows = Message.objects.filter(pk=message.pk, state__in=later)
    values: dict[str, Any] = {"state": state}
    if column := moments.get(Message.State(state)):
        values[column] = at
    if rows.update(**values):
        announce("message_delivered", Conversation.objects.get(pk=message.conversation_id))
    return True
