"""What the feed of a card is made of: kinds of rows, and the queries of a card's page.

A card's page asks all of them each time it is opened, so their SQL is written once (ADR 8).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, prefetch_related_objects

from voronka.items.models import Attachment, Item, ItemLink
from voronka.journal.models import Event
from voronka.kernel.prepared import Prepared
from voronka.timeline.models import Activity, Conversation, Message, Note, Question

PAGE = 30  # entries of the feed at once
# of one moment, the later ones stand higher
EVENT, FILE, ACTIVITY, NOTE, MESSAGE, QUESTION = range(6)
MOMENTS = {
    EVENT: "at",
    FILE: "created_at",
    ACTIVITY: "done_at",
    NOTE: "created_at",
    MESSAGE: "at",
    QUESTION: "settled_at",
}
Found = tuple[datetime, int, int, object]  # moment, kind, id, row

# Told by the note, activity or file itself, or of no interest to those who read the feed.
SILENT = [
    f"{subject}.{what}"
    for subject in ("item", "client")
    for what in (
        "read", "note_written", "note_edited", "note_pinned", "note_unpinned",
        "activity_planned", "activity_done", "file_attached", "departed",
        "contact_added", "contact_changed", "contact_removed", "contact_shown",
        "message_received", "message_written", "message_retried", "talks_moved", "work_moved",
        "question_asked", "question_answered", "question_replied", "question_closed",
        "question_late",
    )
]  # fmt: skip


def notes(here: Q) -> QuerySet[Note]:
    """Return the notes of a feed; attachments are read with them by whoever shows them."""
    return Note.objects.filter(here, deleted_at=None).select_related("author")


def work(here: Q) -> QuerySet[Activity]:
    """Return the finished work of a feed."""
    return Activity.objects.filter(here, done_at__isnull=False).select_related("owner")


def files(here: Q) -> QuerySet[Attachment]:
    """Return the files that belong to no note and no message."""
    return Attachment.objects.filter(here, deleted_at=None, notes=None, messages=None)


def messages(talks: Q) -> QuerySet[Message]:
    """Return what was said in conversations."""
    return Message.objects.filter(talks).select_related("author", "conversation")


def events(about: Q) -> QuerySet[Event]:
    """Return the events that a feed tells."""
    return Event.objects.filter(about).exclude(verb__in=SILENT)


def settled(here: Q) -> QuerySet[Question]:
    """Return the questions that need no answer any more."""
    return _with_people(Question.objects.filter(here, settled_at__isnull=False))


def _with_people(rows: QuerySet[Question]) -> QuerySet[Question]:
    return rows.select_related("asker", "to_user", "to_role", "item")


def newest(rows: QuerySet[Any], kind: int, limit: int) -> QuerySet[Any]:
    """Return one row more than a page, so that the caller sees whether there is a next one."""
    return rows.order_by(f"-{MOMENTS[kind]}", "-pk")[: limit + 1]


def found(kind: int, rows: Iterable[Any]) -> list[Found]:
    """Return rows with what the feed is ordered by."""
    return [(getattr(row, MOMENTS[kind]), kind, row.pk, row) for row in rows]


def first_page(ids: list[int], asked: list[int], *, words: bool) -> list[Found]:
    """Return the newest rows of every kind on some cards. Six queries, and those for files.

    Args:
        asked: the cards whose questions belong here.
        words: only what people wrote and did, no events.
    """
    kinds = [kind for kind in _NEWEST if not (words and kind == EVENT)]
    rows = {kind: _NEWEST[kind].all(asked if kind == QUESTION else ids) for kind in kinds}
    for kind in (NOTE, MESSAGE):
        prefetch_related_objects(rows[kind], "attachments")
    prefetch_related_objects(rows[QUESTION], "replies__author")
    return [one for kind in kinds for one in found(kind, rows[kind])]


_NEWEST: dict[int, Prepared[Any]] = {
    NOTE: Prepared(lambda ids: newest(notes(Q(item_id__among=ids)), NOTE, PAGE), list, model=Note),
    ACTIVITY: Prepared(
        lambda ids: newest(work(Q(item_id__among=ids)), ACTIVITY, PAGE), list, model=Activity
    ),
    FILE: Prepared(
        lambda ids: newest(files(Q(item_id__among=ids)), FILE, PAGE), list, model=Attachment
    ),
    MESSAGE: Prepared(
        lambda ids: newest(messages(Q(conversation__item_id__among=ids)), MESSAGE, PAGE),
        list,
        model=Message,
    ),
    QUESTION: Prepared(
        lambda ids: newest(settled(Q(item_id__among=ids)), QUESTION, PAGE), list, model=Question
    ),
    EVENT: Prepared(
        lambda ids: newest(
            events(Q(subject_type=Item.journal_type, subject_id__among=ids)), EVENT, PAGE
        ),
        list,
        model=Event,
    ),
}
PLANNED = Prepared(
    lambda pk: (
        Activity.objects.planned()
        .filter(item_id=pk)
        .select_related("owner")
        .order_by("due_at", "pk")
    ),
    int,
    model=Activity,
)
PINNED = Prepared(
    lambda pk: notes(Q(item_id=pk)).filter(pinned=True).order_by("-created_at", "-pk"),
    int,
    model=Note,
)
LAST_NOTE = Prepared(
    lambda pk: notes(Q(item_id=pk)).filter(author__isnull=False).order_by("-created_at")[:1],
    int,
    model=Note,
)
LAST_DONE = Prepared(
    lambda pk: (
        work(Q(item_id=pk)).exclude(outcome=Activity.Outcome.CANCELLED).order_by("-done_at")[:1]
    ),
    int,
    model=Activity,
)
TALKS = Prepared(  # the newest of those in which something was said
    lambda pk: (
        Conversation.objects.standing()
        .filter(item_id=pk)
        .exclude(last_direction="")
        .select_related("last_author", "owner", "client")
        .order_by("-last_at")[:20]
    ),
    int,
    model=Conversation,
)
OPEN_QUESTIONS = Prepared(
    lambda ids: _with_people(Question.objects.open().filter(item_id__among=ids)).order_by(
        "due_at", "pk"
    ),
    list,
    model=Question,
)
PARENTS = Prepared(lambda pk: ItemLink.objects.filter(child_id=pk), int, model=ItemLink)
PARTS = Prepared(
    lambda pk: ItemLink.objects.filter(parent_id=pk, kind=ItemLink.Kind.PART), int, model=ItemLink
)
