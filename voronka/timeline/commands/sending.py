"""Messages on their way: taken by a channel, sent, failed, taken back.

Sending itself belongs to the channels above; they take messages by `begin_sending` and tell what
became of them by `note_sent`, `note_failed` and `note_delivery`.

Source: docs/domain/conversations.md (TL-2, TL-5, TL-9).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.timeline.commands.conversations import (
    announce,
    lock_conversation,
    note_about,
    refresh,
)
from voronka.timeline.commands.messages import find_message, said
from voronka.timeline.models import Conversation, Message

_SENDING_FOR = timedelta(minutes=10)  # a sender that says nothing for so long has died
_FINAL = (Message.State.FAILED, Message.State.CANCELLED)
_RANKS = [Message.State.SENDING, Message.State.SENT, Message.State.DELIVERED, Message.State.READ]


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
        said(conversation, message, by=author)
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
