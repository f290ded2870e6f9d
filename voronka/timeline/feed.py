"""The feed: the history of a card or a client with everything that was said and done there.

Source: docs/domain/feed.md (TL-1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.clients.models import Client
from voronka.items.models import Attachment, Item, ItemLink
from voronka.journal.models import Event
from voronka.kernel import masking
from voronka.kernel.errors import Sentence
from voronka.people.models import User
from voronka.people.queries import people_by_ids
from voronka.timeline import cursors, history
from voronka.timeline.history import (
    ACTIVITY,
    EVENT,
    FILE,
    MESSAGE,
    MOMENTS,
    NOTE,
    PAGE,
    QUESTION,
    Found,
)
from voronka.timeline.models import Activity, Message, Note, Question
from voronka.timeline.telling import Line, Teller

MOST_CARDS = 500  # of a client, whose feeds are put together
# Why the history of the card before is told on this one, by how they are linked (TL-1, TN-1).
STORIES: dict[str, Sentence] = {
    ItemLink.Kind.CONVERTED: gettext_lazy("from the lead that became this card"),
    ItemLink.Kind.COPY: gettext_lazy("from the card that this one follows"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """Another card that an entry comes from, and why its history is seen here (TL-1)."""

    item_id: int
    title: str
    why: Sentence


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the feed: exactly one of line, note, activity, file, message, question."""

    at: datetime
    cursor: str
    author: str
    person: User | None = None
    line: Line | None = None
    note: Note | None = None
    activity: Activity | None = None
    file: Attachment | None = None
    message: Message | None = None
    question: Question | None = None  # settled ones; open ones stand above the feed
    source: Source | None = None  # None: it belongs to the subject of the feed itself

    @property
    def is_quiet(self) -> bool:
        """Whether it is a one-liner, not people's words."""
        return self.line is not None


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of the feed, newest first, and where the next one begins ("" at the end)."""

    entries: list[Entry]
    after: str


def feed(
    subject: Item | Client, user: User, *, before: str = "", limit: int = PAGE, words: bool = False
) -> Feed:
    """Return the history of a card or a client in at most 18 queries.

    Events, notes, finished work, files, settled questions, and what was said in every channel. A
    card also tells what happened to the lead it was converted from, a client what happened to its
    cards; of those only the cards that `user` may see. Questions that were asked on a card's
    elements are told on the card, too. The caller has checked the subject.

    Args:
        before: the cursor of the last entry seen; "" for the newest.
        words: only what people wrote and did, no moves and changes.
    """
    sources = _sources(subject, user)
    ids = list(sources)
    cut = cursors.parse(before)
    own = subject.pk if isinstance(subject, Item) else None
    if own is not None:
        ids.append(own)
    asked = ids if own is None else ids + _elements(own, user)
    if own is not None and cut is None and limit == PAGE:
        found = history.first_page(ids, asked, words=words)
    else:
        found = _any_page(subject, ids, asked, cut, limit, words=words)
    found.sort(key=lambda row: row[:3], reverse=True)
    page = found[:limit]
    teller = Teller((row[3] for row in page if isinstance(row[3], Event)), user=user)
    uploaders = _people(row[3].by_user_id for row in page if isinstance(row[3], Attachment))
    entries = [_entry(row, sources, teller, uploaders, own=own) for row in page]
    after = entries[-1].cursor if len(found) > limit and entries else ""
    return Feed(entries, after)


def open_questions(item: Item, user: User) -> list[tuple[Question, Source | None]]:
    """Return what waits for an answer on a card or its elements, the most urgent first.

    Of elements only those that the person sees. Three SQL queries, and those of the rights where
    there are elements.
    """
    found = history.OPEN_QUESTIONS.all([item.pk, *_elements(item.pk, user)])
    prefetch_related_objects(found, "replies__author")
    return [(row, None if row.item_id == item.pk else _element(row)) for row in found]


def _elements(item_id: int, user: User) -> list[int]:
    """Return the ids of a card's elements that a person sees."""
    parts = [link.child_id for link in history.PARTS.all(item_id)]
    if not parts:
        return []
    return list(Item.objects.visible_to(user).filter(pk__in=parts).values_list("pk", flat=True))


def _element(question: Question) -> Source:
    return Source(question.item_id, question.item.title, _("an element of this card"))


def _sources(subject: Item | Client, user: User) -> dict[int, Source]:
    """Return the other cards whose history belongs here, by id, of those that may be seen."""
    if isinstance(subject, Item):
        links = history.PARENTS.all(subject.pk)
        kinds = {link.parent_id: link.kind for link in links if link.kind in STORIES}
        if not kinds:
            return {}
        cards = Item.objects.visible_to(user).filter(pk__in=kinds)
        found = cards.values_list("pk", "title")
        return {pk: Source(pk, title, STORIES[kinds[pk]]) for pk, title in found}
    mine = Item.objects.visible_to(user).filter(Q(contact_id=subject.pk) | Q(company_id=subject.pk))
    rows = mine.order_by("-pk").values_list("pk", "title")[:MOST_CARDS]
    why = _("a card of this client")
    return {pk: Source(pk, title, why) for pk, title in rows}


def _any_page(
    subject: Item | Client,
    ids: list[int],
    asked: list[int],
    cut: tuple[datetime, int, int] | None,
    limit: int,
    *,
    words: bool,
) -> list[Found]:
    """Return the rows of every kind behind a cursor, one more than a page of each."""
    here, talks = Q(item_id__in=ids), Q(conversation__item_id__in=ids)
    about = Q(subject_type=Item.journal_type, subject_id__in=ids)
    if isinstance(subject, Client):
        here |= Q(client_id=subject.pk)
        talks |= Q(conversation__item=None, conversation__client_id=subject.pk)
        about |= Q(subject_type=Client.journal_type, subject_id=subject.pk)
    kinds: dict[int, QuerySet[Any]] = {
        NOTE: history.notes(here).prefetch_related("attachments"),
        ACTIVITY: history.work(here),
        FILE: history.files(here),
        MESSAGE: history.messages(talks).prefetch_related("attachments"),
        QUESTION: history.settled(Q(item_id__in=asked)).prefetch_related("replies__author"),
    }
    if not words:
        kinds[EVENT] = history.events(about)
    found: list[Found] = []
    for kind, rows in kinds.items():
        older = rows.filter(_older(kind, *cut)) if cut is not None else rows
        found += history.found(kind, history.newest(older, kind, limit))
    return found


def _older(kind: int, at: datetime, cut_kind: int, pk: int) -> Q:
    """Return the condition of rows that stand behind the last one seen."""
    moment = MOMENTS[kind]
    older = Q(**{f"{moment}__lt": at})
    if kind < cut_kind:
        older |= Q(**{moment: at})
    elif kind == cut_kind:
        older |= Q(**{moment: at}, pk__lt=pk)
    return older


def _entry(
    found: Found,
    sources: dict[int, Source],
    teller: Teller,
    uploaders: dict[int, User],
    *,
    own: int | None,
) -> Entry:
    at, rank, pk, row = found
    cursor = cursors.cursor(at, rank, pk)
    if isinstance(row, Event):
        card = row.subject_id if row.subject_type == Item.journal_type else 0
        person, author = teller.person(row), teller.author(row)
        source = sources.get(card)
        return Entry(at, cursor, author, person, line=teller.tell(row), source=source)
    if isinstance(row, Note):
        source, author = sources.get(row.item_id or 0), str(row.author or _("Voronka"))
        return Entry(at, cursor, author, row.author, note=row, source=source)
    if isinstance(row, Activity):
        source = sources.get(row.item_id or 0)
        return Entry(at, cursor, str(row.owner), row.owner, activity=row, source=source)
    if isinstance(row, Message):
        source = sources.get(row.conversation.item_id or 0)
        author = str(row.author or row.author_name or _identity(row))
        if not author and row.is_incoming:
            author = row.conversation.guest_name or _("Unknown client")
        author = author or _("Voronka")
        return Entry(at, cursor, author, row.author, message=row, source=source)
    if isinstance(row, Question):
        source = None if row.item_id == own else sources.get(row.item_id) or _element(row)
        return Entry(at, cursor, str(row.asker), row.asker, question=row, source=source)
    if isinstance(row, Attachment):
        person = uploaders.get(row.by_user_id or 0)
        source, author = sources.get(row.item_id or 0), str(person or _("Voronka"))
        return Entry(at, cursor, author, person, file=row, source=source)
    raise TypeError(f"{type(row).__name__} is none of the six kinds that a feed collects")


def _identity(message: Message) -> str:
    return masking.shown(message.identity_kind, message.identity_value)


def _people(ids: Iterable[int | None]) -> dict[int, User]:
    return people_by_ids({pk for pk in ids if pk})
