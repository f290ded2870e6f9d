"""Reads of what stands behind a person's bell."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from voronka.items.models import Item
from voronka.kernel.prepared import Prepared
from voronka.people.models import User
from voronka.timeline import cursors
from voronka.timeline.models import Notification
from voronka.timeline.notices.kinds import NoticeKind, kind_of

MOST_UNREAD = 100  # behind the bell: "99+"


def unread(user: User) -> int:
    """Return how many notifications wait for a person, `MOST_UNREAD` at most. One query."""
    return len(_UNREAD.all(user.pk))


_UNREAD = Prepared(
    lambda pk: (
        Notification.objects.filter(user_id=pk, read_at=None).order_by().only("pk")[:MOST_UNREAD]
    ),
    int,
    model=Notification,
)


@dataclass(frozen=True, slots=True)
class Told:
    """A notification; `item` is the card that it leads to, while the person may see it."""

    notification: Notification
    item: Item | None

    @property
    def is_hidden(self) -> bool:
        """Whether it tells of a card that the person may not see (any more)."""
        return self.notification.item_id is not None and self.item is None

    @property
    def text(self) -> str:
        """What it says: nothing of a card that is hidden."""
        return (
            _("It was about a card that is closed to you now.")
            if self.is_hidden
            else str(self.notification)
        )

    @property
    def kind(self) -> NoticeKind:
        """What kind of notice it is."""
        return kind_of(self.notification.kind)


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
    if (cut := cursors.parse(after)) is not None:
        at, _rank, pk = cut
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))
    found = list(rows.order_by("-at", "-pk")[: limit + 1])
    ids = {n.item_id for n in found if n.item_id}
    cards = Item.objects.visible_to(user).in_bulk(ids) if ids else {}
    page = [Told(n, cards.get(n.item_id or 0)) for n in found[:limit]]
    more = len(found) > limit
    return ToldPage(
        page, cursors.cursor(found[limit - 1].at, 0, found[limit - 1].pk) if more else ""
    )
