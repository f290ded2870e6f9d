"""What a chat writes besides messages: versions of the consent, and what has been seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from voronka.channels.models import Channel
from voronka.channels.providers.chat.models import ChatConsent
from voronka.channels.providers.chat.visitors import Visitor
from voronka.journal.models import Event
from voronka.kernel.texts import LocalText
from voronka.timeline.commands.sending import note_delivery
from voronka.timeline.models import Message

_EARLIER = {
    "delivered": (Message.State.SENT,),
    "read": (Message.State.SENT, Message.State.DELIVERED),
}


def on_channel_saved(event: Event) -> None:
    """Keep a changed consent as its next version (a handler of `channel.created`/`.changed`)."""
    channel = Channel.objects.filter(pk=event.subject_id, provider="chat").first()
    if channel is not None:
        keep_consent(channel, at=timezone.now())


@transaction.atomic
def keep_consent(channel: Channel, *, at: datetime) -> None:
    """Write the text that is agreed to as the next version, if it differs from the last one."""
    told: dict[str, Any] = channel.settings
    text = LocalText(ru=told.get("consent_ru", ""), en=told.get("consent_en", ""))
    last = ChatConsent.objects.filter(channel=channel).first()
    if (last.text if last else LocalText()) != text:
        ChatConsent.objects.create(
            channel=channel, version=last.version + 1 if last else 1, text=text, created_at=at
        )


def note_seen(visitor: Visitor, *, up_to: int, state: str) -> int:
    """Note that a visitor's browser has our messages ("delivered"), or shows them ("read").

    Args:
        up_to: id of the newest one; only messages to this visitor are touched.
    Returns:
        How many have changed.
    """
    rows = Message.objects.filter(
        channel_id=visitor.channel_id,
        thread_key=visitor.name,
        direction=Message.Direction.OUT,
        state__in=_EARLIER[state],
        pk__lte=up_to,
    )
    ids = list(rows.exclude(external_id="").values_list("external_id", flat=True)[:100])
    now = timezone.now()
    for external_id in ids:
        note_delivery(visitor.channel_id, external_id, state, at=now)
    return len(ids)
