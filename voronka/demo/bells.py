"""What stands behind the bells of the demo: a handful to look at, what came before it read."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from voronka.timeline.commands.notices.watching import tell_of_stalled
from voronka.timeline.commands.notifications import mark_read
from voronka.timeline.models import Notification

UNREAD = 3  # of one kind behind one bell


def fill_bells(*, now: datetime) -> None:
    """Tell heads of sales of what has stalled, as the worker would, and read all but the newest."""
    tell_of_stalled(at=now)
    seen: Counter[tuple[int, str]] = Counter()
    for pk, user_id, kind in (
        Notification.objects.filter(read_at=None)
        .order_by("-at", "-pk")
        .values_list("pk", "user_id", "kind")
    ):
        seen[user_id, kind] += 1
        if seen[user_id, kind] > UNREAD:
            mark_read(user_id, notification_id=pk)
