"""The bulk door of the timeline: notes, activities, conversations of the past."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection, transaction

from voronka.items.models import Item
from voronka.timeline.commands.conversations import mirror
from voronka.timeline.models import Activity, Conversation, Message, Note


@transaction.atomic
def load_activities(activities: Iterable[Activity]) -> int:
    """Write many activities, finished or planned, and refresh the next steps of their cards.

    Returns how many were written. No events: history wakes nobody.
    """
    rows = Activity.objects.bulk_create(activities, batch_size=1000)
    refresh_next_steps([a.item_id for a in rows if a.item_id is not None and a.done_at is None])
    return len(rows)


@transaction.atomic
def load_notes(notes: Iterable[Note]) -> int:
    """Write many notes of the past; returns how many."""
    return len(Note.objects.bulk_create(notes, batch_size=1000))


@transaction.atomic
def load_conversations(talks: Sequence[tuple[Conversation, Sequence[Message]]]) -> int:
    """Write conversations of the past with their messages in order of time; returns how many.

    Who waits and what is unread follow from the messages: what we have written answers everything
    before it, and reads it. No events: history wakes nobody.
    """
    for conversation, messages in talks:
        conversation.created_at = messages[0].at
        for message in messages:
            mirror(conversation, message)
            if message.is_incoming:
                conversation.waiting_since = conversation.waiting_since or message.at
                conversation.unread += message.read_at is None
            else:
                conversation.waiting_since, conversation.unread = None, 0
    Conversation.objects.bulk_create([conversation for conversation, _messages in talks])
    for conversation, messages in talks:
        for message in messages:
            message.conversation = conversation
    Message.objects.bulk_create([m for _conversation, messages in talks for m in messages])
    return len(talks)


def refresh_next_steps(item_ids: Sequence[int]) -> None:
    """Let `next_activity_*` of many cards mirror their earliest planned activity. One statement."""
    table, activities = Item._meta.db_table, Activity._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET next_activity_at = a.due_at, next_activity_kind = a.kind,"  # noqa: S608
            f" next_activity_title = a.title FROM (SELECT DISTINCT ON (item_id) item_id, due_at,"
            f" kind, title FROM {activities} WHERE item_id = ANY(%s) AND done_at IS NULL"
            f" AND due_at IS NOT NULL ORDER BY item_id, due_at, id) a WHERE {table}.id = a.item_id",
            [list(set(item_ids))],
        )
