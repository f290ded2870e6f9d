"""Reads of conversations: the inbox, one thread, who waits.

Source: docs/domain/conversations.md (TL-2, TL-3, TL-5).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q

from voronka.items.models import Attachment, Item
from voronka.people.models import User
from voronka.timeline import cursors
from voronka.timeline.models import Conversation, Message, Rethreading

PAGE = 30  # conversations at once
MESSAGES = 50  # of a thread at once
SHOWS = ("mine", "unassigned", "waiting", "all", "failed", "closed")


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
            | Q(guest_name__icontains=text)
            | Q(item__title__icontains=text)
            | Q(last_text__icontains=text)
        )
    longest_first = show == "waiting"
    moment = "waiting_since" if longest_first else "last_at"
    if cut := cursors.parse(before):
        at, _kind, pk = cut
        beyond = "gt" if longest_first else "lt"
        rows = rows.filter(
            Q(**{f"{moment}__{beyond}": at}) | Q(**{moment: at, f"pk__{beyond}": pk})
        )
    sign = "" if longest_first else "-"
    found = list(rows.order_by(f"{sign}{moment}", f"{sign}pk")[: limit + 1])
    page = found[:limit]
    more = len(found) > limit
    return InboxPage(
        page, cursors.cursor(getattr(page[-1], moment), 0, page[-1].pk) if more else ""
    )


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


@dataclass(frozen=True, slots=True)
class TabCounts:
    """Counters over the tabs of the inbox, of what a person may see."""

    mine_unread: int
    unassigned: int
    waiting: int
    failed: int


def inbox_tabs(user: User) -> TabCounts:
    """Count what asks for somebody in each tab of the inbox. One SQL query besides the rights."""
    failed = Message.objects.filter(state=Message.State.FAILED).values("conversation_id")
    unread, nobody = Q(owner_id=user.pk, unread__gt=0), Q(owner=None)
    waiting, unsent = Q(waiting_since__isnull=False), Q(pk__in=failed)
    open_ones = Conversation.objects.visible_to(user).filter(closed_at=None)
    found = open_ones.filter(unread | nobody | waiting | unsent).aggregate(
        unread=Count("pk", filter=unread),
        nobody=Count("pk", filter=nobody),
        waiting=Count("pk", filter=waiting),
        failed=Count("pk", filter=unsent),
    )
    return TabCounts(found["unread"], found["nobody"], found["waiting"], found["failed"])


def thread(
    conversation: Conversation, *, before: str = "", limit: int = MESSAGES
) -> tuple[list[Message], str]:
    """Return the newest messages of a conversation, oldest first, and the cursor of earlier ones.

    With authors and files; two SQL queries. The caller has checked the conversation.
    """
    rows = conversation.messages.select_related("author", "reply_to")
    if cut := cursors.parse(before):
        at, _kind, pk = cut
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))
    files = Prefetch("attachments", Attachment.objects.filter(deleted_at=None))
    found = list(rows.prefetch_related(files).order_by("-at", "-pk")[: limit + 1])
    page = found[:limit]
    earlier = cursors.cursor(page[-1].at, 0, page[-1].pk) if len(found) > limit else ""
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


def guest_of(item_id: int) -> str:
    """Return what the writer of a card without a client called himself. One SQL query."""
    rows = Conversation.objects.standing().filter(item_id=item_id, client=None)
    names = rows.exclude(guest_name="").order_by("-last_at").values_list("guest_name", flat=True)
    return names.first() or ""
