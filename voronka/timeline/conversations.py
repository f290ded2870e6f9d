"""Reads of conversations: the inbox, one thread, who waits.

Source: docs/domain/conversations.md (TL-2, TL-3, TL-5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Prefetch, Q

from voronka.items.models import Attachment, Item
from voronka.people.models import User
from voronka.timeline.models import Conversation, Message, Rethreading

PAGE = 30  # conversations at once
MESSAGES = 50  # of a thread at once
SHOWS = ("mine", "unassigned", "waiting", "all", "failed", "closed")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Conversations with client, card, owner and last author; `after` is the next page's cursor."""

    rows: list[Conversation]
    after: str


def inbox(
    user: User,
    *,
    show: str = "mine",
    channel_id: int | None = None,
    owner_id: int | None = None,
    text: str = "",
    before: str = "",
    limit: int = PAGE,
) -> InboxPage:
    """Return a page of the conversations that `user` may see. Two or three SQL queries.

    Args:
        show: "mine"; "unassigned" (nobody answers); "waiting" (the client's word was the last,
            who waits longest first); "all" open ones; "failed" (something was not sent); "closed".
        text: a part of the client's name, the card's title or the last message.
        before: the cursor of the last one seen; "" begins at the top.
    """
    rows = Conversation.objects.visible_to(user)
    rows = rows.select_related("client", "item__pipeline", "owner", "last_author")
    rows = rows.filter(closed_at__isnull=show != "closed")
    if show == "mine":
        rows = rows.filter(owner_id=user.pk)
    elif show == "unassigned":
        rows = rows.filter(owner=None)
    elif show == "waiting":
        rows = rows.filter(waiting_since__isnull=False)
    elif show == "failed":
        failed = Message.objects.filter(state=Message.State.FAILED)
        rows = rows.filter(pk__in=failed.values("conversation_id"))
    if owner_id is not None:
        rows = rows.filter(owner_id=owner_id)
    if channel_id is not None:
        rows = rows.filter(channel_id=channel_id)
    if text := " ".join(text.split()):
        rows = rows.filter(
            Q(client__name__icontains=text)
            | Q(item__title__icontains=text)
            | Q(last_text__icontains=text)
        )
    longest_first = show == "waiting"
    moment = "waiting_since" if longest_first else "last_at"
    if cut := _parse(before):
        at, pk = cut
        beyond = "gt" if longest_first else "lt"
        rows = rows.filter(
            Q(**{f"{moment}__{beyond}": at}) | Q(**{moment: at, f"pk__{beyond}": pk})
        )
    sign = "" if longest_first else "-"
    found = list(rows.order_by(f"{sign}{moment}", f"{sign}pk")[: limit + 1])
    page = found[:limit]
    more = len(found) > limit
    return InboxPage(page, _cursor(getattr(page[-1], moment), page[-1].pk) if more else "")


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """Counters of the inbox for one person."""

    mine_unread: int  # conversations with something unread
    mine_waiting: int
    unassigned: int


def inbox_counts(user: User) -> InboxCounts:
    """Count what waits in the inbox of a person, among open conversations. One SQL query.

    Nobody's conversations are counted as far as the person may see them.
    """
    own = Q(owner_id=user.pk)
    open_ones = Conversation.objects.visible_to(user).filter(closed_at=None)
    found = open_ones.filter(own | Q(owner=None)).aggregate(
        unread=Count("pk", filter=own & Q(unread__gt=0)),
        waiting=Count("pk", filter=own & Q(waiting_since__isnull=False)),
        nobody=Count("pk", filter=Q(owner=None)),
    )
    return InboxCounts(found["unread"], found["waiting"], found["nobody"])


def thread(
    conversation: Conversation, *, before: str = "", limit: int = MESSAGES
) -> tuple[list[Message], str]:
    """Return the newest messages of a conversation, oldest first, and the cursor of earlier ones.

    With authors and files; two SQL queries. The caller has checked the conversation.
    """
    rows = conversation.messages.select_related("author", "reply_to")
    if cut := _parse(before):
        rows = rows.filter(Q(at__lt=cut[0]) | Q(at=cut[0], pk__lt=cut[1]))
    files = Prefetch("attachments", Attachment.objects.filter(deleted_at=None))
    found = list(rows.prefetch_related(files).order_by("-at", "-pk")[: limit + 1])
    page = found[:limit]
    earlier = _cursor(page[-1].at, page[-1].pk) if len(found) > limit else ""
    return page[::-1], earlier


def conversations_of(item: Item) -> list[Conversation]:
    """Return the standing conversations of a card, the newest first. One SQL query."""
    rows = Conversation.objects.standing().filter(item_id=item.pk)
    return list(rows.select_related("client", "owner", "last_author").order_by("-last_at"))


def last_rethreading(conversation: Conversation) -> Rethreading | None:
    """Return the last merge or split of a conversation that can be taken back. One SQL query."""
    part = Q(source=conversation) | Q(target=conversation)
    return Rethreading.objects.filter(part, undone_at=None).order_by("-pk").first()


def last_identity(conversation: Conversation, channel_id: int) -> Message | None:
    """Return the newest message of a channel in a conversation: whom and where to answer."""
    rows = conversation.messages.filter(channel_id=channel_id)
    incoming = rows.filter(direction=Message.Direction.IN).order_by("-at", "-pk").first()
    return incoming or rows.order_by("-at", "-pk").first()


def _cursor(at: datetime, pk: int) -> str:
    return f"{(at - _EPOCH) // _MICROSECOND}-{pk}"


def _parse(cursor: str) -> tuple[datetime, int] | None:
    """Read a cursor; anything else begins at the top."""
    micros, _dash, pk = cursor.partition("-")
    if not (micros.isdecimal() and pk.isdecimal() and len(micros) < 19 and len(pk) < 19):
        return None
    try:
        return _EPOCH + int(micros) * _MICROSECOND, int(pk)
    except OverflowError:
        return None
