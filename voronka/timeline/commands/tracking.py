"""What a client has done with a letter of ours: opened it, followed a link in it (RB-5).

Each is told once; the same letter opened again changes nothing.

Source: docs/domain/mail.md, "opened and followed".
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from voronka.journal.actors import Actor
from voronka.timeline.commands.conversations import lock_conversation, note_about
from voronka.timeline.models import Conversation, Message

_UNSEEN = (Message.State.SENDING, Message.State.SENT, Message.State.DELIVERED)
FOLLOWED = "followed"  # in a message's meta: {address of a link: when it was followed first}


@transaction.atomic
def note_opened(message_id: int, *, at: datetime) -> bool:
    """Keep that the client has opened a letter; records `item.message_opened` the first time.

    Returns:
        Whether it was the first time.
    """
    found = _lock(message_id)
    return found is not None and _opened(*found, at=at)


@transaction.atomic
def note_followed(message_id: int, link: str, *, at: datetime) -> bool:
    """Keep that the client has followed a link; records `item.link_followed` once for each.

    Whoever follows a link has opened the letter, whether or not its pictures were shown.

    Returns:
        Whether it was the first time.
    """
    found = _lock(message_id)
    if found is None:
        return False
    message, conversation = found
    _opened(message, conversation, at=at)
    followed = message.meta.get(FOLLOWED) or {}
    if link in followed:
        return False
    message.meta = {**message.meta, FOLLOWED: {**followed, link: at.isoformat()}}
    message.save(update_fields=["meta"])
    by = Actor.system()
    note_about("link_followed", conversation, by=by, message=message.pk, link=link, **_why(message))
    return True


def _lock(message_id: int) -> tuple[Message, Conversation] | None:
    talk = Message.objects.filter(pk=message_id).values_list("conversation_id", flat=True).first()
    if talk is None:
        return None
    conversation = lock_conversation(talk, by=Actor.system())
    message = Message.objects.select_for_update().get(pk=message_id)
    return None if message.is_incoming else (message, conversation)


def _opened(message: Message, conversation: Conversation, *, at: datetime) -> bool:
    if message.state not in _UNSEEN:
        return False
    message.state, message.read_at = Message.State.READ, at
    message.save(update_fields=["state", "read_at"])
    by = Actor.system()
    note_about("message_opened", conversation, by=by, message=message.pk, **_why(message))
    return True


def _why(message: Message) -> dict[str, object]:
    """Return what robots ask of the letter: the template that it was made of."""
    template = message.meta.get("template")
    return {"template": template} if template else {}
