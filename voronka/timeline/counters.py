"""What waits for a person, in three figures: every page shows them, so they cost one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from voronka.people.models import User

MOST = 100  # of each: "99+"

# Each is a scan of one person's rows in a partial index: notification_unread, conversation_own,
# activity_own_planned.
_WAITING = """
SELECT
    (SELECT count(*) FROM (
        SELECT 1 FROM timeline_notification
        WHERE user_id = %(user)s AND read_at IS NULL LIMIT %(most)s) AS one),
    (SELECT count(*) FROM (
        SELECT 1 FROM timeline_conversation
        WHERE owner_id = %(user)s AND closed_at IS NULL AND merged_into_id IS NULL
            AND waiting_since IS NOT NULL LIMIT %(most)s) AS two),
    (SELECT count(*) FROM (
        SELECT 1 FROM timeline_activity AS work LEFT JOIN items_item AS card ON card.id = item_id
        WHERE work.owner_id = %(user)s AND work.done_at IS NULL AND work.due_at < %(now)s
            AND card.deleted_at IS NULL LIMIT %(most)s) AS three)
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for a person, `MOST` of each at most.

    Attributes:
        notices: unread behind the bell.
        talks: conversations in which the person owes the client an answer.
        overdue: promises of the person whose time has passed, as My day counts them.
    """

    notices: int = 0
    talks: int = 0
    overdue: int = 0


def waiting(user: User, *, at: datetime | None = None) -> Waiting:
    """Count what waits for a person. One SQL query."""
    now = at or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"user": user.pk, "most": MOST, "now": now})
        return Waiting(*cursor.fetchone())
