"""Reads of a chat: its consent and what a visitor may see of a conversation."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from voronka.channels.providers.chat.models import ChatConsent
from voronka.channels.providers.chat.provider import Settings
from voronka.channels.providers.chat.visitors import Visitor
from voronka.items.models import Attachment
from voronka.people.schedules import company_schedule
from voronka.timeline.models import Message

_MOST = 100  # messages of the history
_SHOWN = (  # to the visitor: what has left the house
    Message.State.RECEIVED,
    Message.State.SENT,
    Message.State.DELIVERED,
    Message.State.READ,
)


def consent_of(channel_id: int) -> ChatConsent | None:
    """Return the consent that is asked for now. One SQL query."""
    newest = ChatConsent.objects.filter(channel_id=channel_id).first()
    return newest if newest and newest.text else None


def history(visitor: Visitor) -> list[Message]:
    """Return what was said with one visitor here, oldest first. Two SQL queries."""
    rows = _of(visitor).select_related("author", "conversation").prefetch_related("attachments")
    return list(rows.order_by("-at", "-pk")[:_MOST])[::-1]


def has_written(visitor: Visitor) -> bool:
    """Whether this visitor has written before. One SQL query."""
    return _of(visitor).filter(direction=Message.Direction.IN).exists()


def file_of(visitor: Visitor, attachment_id: int) -> Attachment | None:
    """Return a file of the visitor's own conversation. One SQL query."""
    rows = Attachment.objects.filter(pk=attachment_id, deleted_at=None)
    return rows.filter(messages__in=_of(visitor)).first()


def opens_at(settings: Settings, *, at: datetime | None = None) -> datetime | None:
    """Return when somebody will answer; None when that is now. Two SQL queries or none."""
    if settings.hours == "always":
        return None
    now = at or timezone.now()
    schedule = company_schedule()
    if schedule.is_open(now):
        return None
    return schedule.add(now, timedelta())


def _of(visitor: Visitor) -> QuerySet[Message]:
    rows = Message.objects.filter(channel_id=visitor.channel_id, thread_key=visitor.name)
    return rows.filter(state__in=_SHOWN)
