"""Reads of the work on a card or a client: the feed, what is planned, who owes the next step.

Source: docs/domain/feed.md (TL-1, TL-5, TL-6).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.clients.models import Client
from voronka.items.models import Attachment, Item, ItemLink
from voronka.journal.models import Event
from voronka.kernel.errors import Sentence
from voronka.people.models import User
from voronka.timeline.models import Activity, Conversation, Message, Note, Notification
from voronka.timeline.rules import mentioned_ids
from voronka.timeline.telling import Line, Teller

PAGE = 30  # entries of the feed at once
MOST_UNREAD = 100  # behind the bell: "99+"
MOST_CARDS = 500  # of a client, whose feeds are put together
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EVENT, _FILE, _ACTIVITY, _NOTE, _MESSAGE = range(5)  # of one moment, the later ones stand higher

# Told by the note, activity or file itself, or of no interest to those who read the feed.
SILENT = [
    f"{subject}.{what}"
    for subject in ("item", "client")
    for what in (
        "read", "note_written", "note_edited", "note_pinned", "note_unpinned",
        "activity_planned", "activity_done", "file_attached", "departed",
        "contact_added", "contact_changed", "contact_removed",
        "message_received", "message_written", "message_retried", "talks_moved",
    )
]  # fmt: skip


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
    """One entry of the feed: exactly one of line, note, activity, file and message is there."""

    at: datetime
    cursor: str
    author: str
    person: User | None = None
    line: Line | None = None
    note: Note | None = None
    activity: Activity | None = None
    file: Attachment | None = None
    message: Message | None = None
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


@dataclass(frozen=True, slots=True)
class Owes:
    """Who spoke last on a card, who owes the next step, and until when (TL-5)."""

    spoke: User | None
    spoke_at: datetime | None
    how: str  # "note", "task", "call", "meeting", "message" or ""
    owes: User
    what: str  # the next step; "" when none is planned
    until: datetime | None
    late: bool
    client: str = ""  # the client's name, when theirs was the last word
    asked_since: datetime | None = None  # the client has waited for an answer since then


def feed(
    subject: Item | Client, user: User, *, before: str = "", limit: int = PAGE, words: bool = False
) -> Feed:
    """Return the history of a card or a client in at most 16 queries.

    Events, notes, finished work, files, and what was said in every channel. A card also tells what
    happened to the lead it was converted from, a client what happened to its cards; of those only
    the cards that `user` may see. The caller has checked the subject.

    Args:
        before: the cursor of the last entry seen; "" for the newest.
        words: only what people wrote and did, no moves and changes.
    """
    sources = _sources(subject, user)
    ids = list(sources)
    own = subject.pk if isinstance(subject, Item) else None
    if own is not None:
        ids.append(own)
    here = Q(item_id__in=ids)
    if isinstance(subject, Client):
        here |= Q(client_id=subject.pk)
    cut = _parse(before)
    found: list[tuple[datetime, int, int, object]] = []

    notes = Note.objects.filter(here, deleted_at=None).select_related("author")
    work = Activity.objects.filter(here, done_at__isnull=False).select_related("owner")
    files = Attachment.objects.filter(here, deleted_at=None, notes=None, messages=None)
    talks = Q(conversation__item_id__in=ids)
    if isinstance(subject, Client):
        talks |= Q(conversation__item=None, conversation__client_id=subject.pk)
    said = Message.objects.filter(talks).select_related("author", "conversation")
    found += _newest(notes.prefetch_related("attachments"), "created_at", _NOTE, cut, limit)
    found += _newest(work, "done_at", _ACTIVITY, cut, limit)
    found += _newest(files, "created_at", _FILE, cut, limit)
    found += _newest(said.prefetch_related("attachments"), "at", _MESSAGE, cut, limit)
    if not words:
        about = Q(subject_type=Item.journal_type, subject_id__in=ids)
        if isinstance(subject, Client):
            about |= Q(subject_type=Client.journal_type, subject_id=subject.pk)
        events = Event.objects.filter(about).exclude(verb__in=SILENT)
        found += _newest(events, "at", _EVENT, cut, limit)

    found.sort(key=lambda row: row[:3], reverse=True)
    page = found[:limit]
    teller = Teller((row[3] for row in page if isinstance(row[3], Event)), user=user)
    uploaders = _people(row[3].by_user_id for row in page if isinstance(row[3], Attachment))
    entries = [_entry(row, sources, teller, uploaders) for row in page]
    after = entries[-1].cursor if len(found) > limit and entries else ""
    return Feed(entries, after)


def planned(subject: Item | Client) -> list[Activity]:
    """Return what is planned on a card or for a client, the earliest first. One query."""
    here = Q(item_id=subject.pk) if isinstance(subject, Item) else Q(client_id=subject.pk)
    rows = Activity.objects.planned().filter(here).select_related("owner")
    return list(rows.order_by("due_at", "pk"))


def last_touches(client_ids: Collection[int]) -> dict[int, datetime]:
    """Return when people last wrote or did something at clients themselves. Two queries.

    Work on their cards is told by the cards (`Item.last_touch_at`).
    """
    if not client_ids:
        return {}
    notes = Note.objects.filter(client_id__in=client_ids, deleted_at=None, author__isnull=False)
    work = Activity.objects.filter(client_id__in=client_ids, done_at__isnull=False)
    work = work.exclude(outcome=Activity.Outcome.CANCELLED)
    found: dict[int, datetime] = {}
    for rows in (
        notes.values_list("client_id").annotate(at=Max("created_at")),
        work.values_list("client_id").annotate(at=Max("done_at")),
    ):
        for pk, at in rows.order_by():
            found[pk] = max(at, found.get(pk, at))
    return found


def pinned(subject: Item | Client) -> list[Note]:
    """Return the notes kept at the top, the newest first. Two queries."""
    here = Q(item_id=subject.pk) if isinstance(subject, Item) else Q(client_id=subject.pk)
    rows = Note.objects.filter(here, pinned=True, deleted_at=None).select_related("author")
    return list(rows.prefetch_related("attachments").order_by("-created_at", "-pk"))


def mentioned(texts: Iterable[str]) -> dict[int, str]:
    """Return the names of the people whom texts mention as "@[id]". One query, or none."""
    ids = {pk for text in texts for pk in mentioned_ids(text)}
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def owes(item: Item, plans: list[Activity]) -> Owes:
    """Say who spoke last on a card and who owes what until when. Three queries.

    A client who waits for an answer comes before every plan (TL-5).

    Args:
        plans: the card's `planned` activities.
    """
    note = (
        Note.objects.filter(item_id=item.pk, deleted_at=None, author__isnull=False)
        .select_related("author")
        .order_by("-created_at")
        .first()
    )
    done = (
        Activity.objects.filter(item_id=item.pk, done_at__isnull=False)
        .exclude(outcome=Activity.Outcome.CANCELLED)
        .select_related("owner")
        .order_by("-done_at")
        .first()
    )
    spoke, at, how = None, None, ""
    if note is not None:
        spoke, at, how = note.author, note.created_at, "note"
    if done is not None and (at is None or (done.done_at and done.done_at > at)):
        spoke, at, how = done.owner, done.done_at, done.kind
    talks = list(
        Conversation.objects.standing()
        .filter(item_id=item.pk)
        .exclude(last_direction="")
        .select_related("last_author", "owner", "client")
        .order_by("-last_at")[:20]
    )
    client = ""
    if talks and (at is None or talks[0].last_at > at):
        last = talks[0]
        spoke, at, how = last.last_author, last.last_at, "message"
        if last.last_direction == Message.Direction.IN:
            client = str(last.client or "")
    waiting = min(
        (t for t in talks if t.is_waiting), key=lambda t: t.waiting_since or t.last_at, default=None
    )
    step = next((plan for plan in plans if plan.due_at is not None), None)
    owner = step.owner if step else item.owner
    return Owes(
        spoke=spoke,
        spoke_at=at,
        how=how,
        client=client,
        asked_since=waiting.waiting_since if waiting else None,
        owes=(waiting.owner or owner) if waiting else owner,
        what=step.title if step else "",
        until=step.due_at if step else None,
        late=bool(step and step.due_at and step.due_at < timezone.now()),
    )


@dataclass(frozen=True, slots=True)
class WorkPage:
    """A page of somebody's work, and where the next one begins ("" at the end)."""

    rows: list[Activity]  # with item, client and owner; the item is None when it is hidden
    after: str


def work(
    person: User, viewer: User, *, state: str, kind: str = "", after: str = "", limit: int = 50
) -> WorkPage:
    """Return tasks, calls and meetings of a person that the viewer may see. ≤ 5 queries.

    Somebody else's work on hidden cards is left out of its page, which is shorter then.

    Args:
        state: "planned" (the earliest first), "overdue", "undated" or "done" (the latest first).
        kind: of `Activity.Kind`; "" for all.
        after: the cursor of the last row seen.
    """
    seen = Item.objects.visible_to(viewer)
    rows = Activity.objects.filter(Q(item=None) | Q(item__deleted_at=None), owner_id=person.pk)
    if kind:
        rows = rows.filter(kind=kind)
    moment, backwards = "due_at", False
    if state == "done":
        rows, moment, backwards = rows.filter(done_at__isnull=False), "done_at", True
    elif state == "undated":
        rows, moment, backwards = rows.planned().filter(due_at=None), "created_at", True
    elif state == "overdue":
        rows = rows.overdue(at=timezone.now())
    else:
        rows = rows.planned().filter(due_at__isnull=False)
    if (cut := _parse(after)) is not None:
        at, _rank, pk = cut
        side = "lt" if backwards else "gt"
        beyond = Q(**{f"{moment}__{side}": at})
        rows = rows.filter(beyond | Q(**{moment: at, f"pk__{side}": pk}))
    order = (f"-{moment}", "-pk") if backwards else (moment, "pk")
    rows = rows.select_related("item__stage", "item__pipeline__item_type", "client", "owner")
    found = list(rows.order_by(*order)[: limit + 1])
    known = set(seen.filter(pk__in={a.item_id for a in found}).values_list("pk", flat=True))
    page = found[:limit]
    hidden = [a for a in page if a.item_id is not None and a.item_id not in known]
    cursor = _cursor(getattr(page[-1], moment), 0, page[-1].pk) if len(found) > limit else ""
    if viewer.pk != person.pk:
        return WorkPage([a for a in page if a not in hidden], cursor)
    for activity in hidden:
        activity.item = None
    return WorkPage(page, cursor)


def unread(user: User) -> int:
    """Return how many notifications wait for a person, `MOST_UNREAD` at most. One query."""
    rows = Notification.objects.filter(user_id=user.pk, read_at=None)
    return rows.order_by()[:MOST_UNREAD].count()


@dataclass(frozen=True, slots=True)
class Told:
    """A notification; `item` is the card that it leads to, while the person may see it."""

    notification: Notification
    item: Item | None


@dataclass(frozen=True, slots=True)
class ToldPage:
    """A page of notifications, newest first, and where the next one begins ("" at the end)."""

    rows: list[Told]
    after: str


def notifications(
    user: User, *, only_unread: bool = False, after: str = "", limit: int = 30
) -> ToldPage:
    """Return a person's newest notifications with their cards. ≤ 4 queries."""
    rows = Notification.objects.filter(user_id=user.pk)
    if only_unread:
        rows = rows.filter(read_at=None)
    if (cut := _parse(after)) is not None:
        at, _rank, pk = cut
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))
    found = list(rows.order_by("-at", "-pk")[: limit + 1])
    ids = {n.item_id for n in found if n.item_id}
    cards = Item.objects.visible_to(user).in_bulk(ids) if ids else {}
    page = [Told(n, cards.get(n.item_id or 0)) for n in found[:limit]]
    more = len(found) > limit
    return ToldPage(page, _cursor(found[limit - 1].at, 0, found[limit - 1].pk) if more else "")


def _sources(subject: Item | Client, user: User) -> dict[int, Source]:
    """Return the other cards whose history belongs here, by id."""
    cards = Item.objects.visible_to(user)
    if isinstance(subject, Item):
        kinds = dict(
            ItemLink.objects.filter(child_id=subject.pk, kind__in=STORIES).values_list(
                "parent_id", "kind"
            )
        )
        found = cards.filter(pk__in=kinds).values_list("pk", "title") if kinds else ()
        return {pk: Source(pk, title, STORIES[kinds[pk]]) for pk, title in found}
    mine = cards.filter(Q(contact_id=subject.pk) | Q(company_id=subject.pk))
    rows = mine.order_by("-pk").values_list("pk", "title")[:MOST_CARDS]
    why = _("a card of this client")
    return {pk: Source(pk, title, why) for pk, title in rows}


def _newest(
    rows: QuerySet[Any],
    moment: str,
    rank: int,
    cut: tuple[datetime, int, int] | None,
    limit: int,
) -> list[tuple[datetime, int, int, object]]:
    """Return one row more than a page, so that the caller sees whether there is a next one."""
    if cut is not None:
        at, cut_rank, pk = cut
        older = Q(**{f"{moment}__lt": at})
        if rank < cut_rank:
            older |= Q(**{moment: at})
        elif rank == cut_rank:
            older |= Q(**{moment: at}, pk__lt=pk)
        rows = rows.filter(older)
    found = rows.order_by(f"-{moment}", "-pk")[: limit + 1]
    return [(getattr(row, moment), rank, row.pk, row) for row in found]


def _entry(
    found: tuple[datetime, int, int, object],
    sources: dict[int, Source],
    teller: Teller,
    uploaders: dict[int, User],
) -> Entry:
    at, rank, pk, row = found
    cursor = _cursor(at, rank, pk)
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
        author = str(row.author or row.author_name or row.identity_value or _("Voronka"))
        return Entry(at, cursor, author, row.author, message=row, source=source)
    assert isinstance(row, Attachment)  # noqa: S101 - the five kinds that `feed` collects
    person = uploaders.get(row.by_user_id or 0)
    source, author = sources.get(row.item_id or 0), str(person or _("Voronka"))
    return Entry(at, cursor, author, person, file=row, source=source)


def _people(ids: Iterable[int | None]) -> dict[int, User]:
    wanted = {pk for pk in ids if pk}
    return User.objects.in_bulk(wanted) if wanted else {}


def _cursor(at: datetime, rank: int, pk: int) -> str:
    return f"{(at - _EPOCH) // _MICROSECOND}-{rank}-{pk}"


def _parse(cursor: str) -> tuple[datetime, int, int] | None:
    """Read a cursor; anything else begins at the top."""
    parts = cursor.split("-")
    if len(parts) != 3 or not all(p.isdecimal() and len(p) < 19 for p in parts):
        return None
    micros, rank, pk = (int(p) for p in parts)
    try:
        return _EPOCH + micros * _MICROSECOND, rank, pk
    except OverflowError:
        return None
