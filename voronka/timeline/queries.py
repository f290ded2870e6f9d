"""Reads of the work on a card or a client: what is planned, who owes the next step.

Source: docs/domain/feed.md (TL-5, TL-6).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q, prefetch_related_objects
from django.utils import timezone

from voronka.clients.models import Client
from voronka.items.models import Item
from voronka.people.models import User
from voronka.timeline import cursors, history
from voronka.timeline.models import Activity, Message, Note
from voronka.timeline.rules import mentioned_ids


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


def planned(subject: Item | Client) -> list[Activity]:
    """Return what is planned on a card or for a client, the earliest first. One query."""
    if isinstance(subject, Item):
        return history.PLANNED.all(subject.pk)
    rows = Activity.objects.planned().filter(client_id=subject.pk).select_related("owner")
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
    if isinstance(subject, Item):
        found = history.PINNED.all(subject.pk)
        prefetch_related_objects(found, "attachments")
        return found
    rows = history.notes(Q(client_id=subject.pk)).filter(pinned=True)
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
    note = history.LAST_NOTE.first(item.pk)
    done = history.LAST_DONE.first(item.pk)
    spoke, at, how = None, None, ""
    if note is not None:
        spoke, at, how = note.author, note.created_at, "note"
    if done is not None and (at is None or (done.done_at and done.done_at > at)):
        spoke, at, how = done.owner, done.done_at, done.kind
    talks = history.TALKS.all(item.pk)
    client = ""
    if talks and (at is None or talks[0].last_at > at):
        last = talks[0]
        spoke, at, how = last.last_author, last.last_at, "message"
        if last.last_direction == Message.Direction.IN:
            client = last.who
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
    if (cut := cursors.parse(after)) is not None:
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
    cursor = cursors.cursor(getattr(page[-1], moment), 0, page[-1].pk) if len(found) > limit else ""
    if viewer.pk != person.pk:
        return WorkPage([a for a in page if a not in hidden], cursor)
    for activity in hidden:
        activity.item = None
    return WorkPage(page, cursor)
