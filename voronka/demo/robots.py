"""What the demo's robots have to do on the cards of the last days."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from voronka.automation.commands.publishing import arm_timers, begin_on
from voronka.items.models import Item
from voronka.pipelines.models import ItemType

FRESH = timedelta(days=3)  # who came to a stage since then gets its task
LATE = timedelta(days=1)  # what has stalled since then is told of
MOST_LATE = 5  # cards at once: a head of sales who is asked of thirty looks at none
# Robots that set tasks and tell; none that calls or writes to clients of the past.
TASKS = ("lead_task", "deal_task", "article_task", "claim_task")
CLOCKS = ("deal_almost", "lead_overdue", "deal_overdue", "article_overdue", "claim_overdue")


def wake_robots(*, now: datetime) -> int:
    """Set the clocks of all robots, and leave them the last days' work; return how many runs.

    The worker does it in its first seconds, so that what robots tell of themselves is true.
    """
    arm_timers(list(ItemType.objects.values_list("pk", flat=True)), now=now)
    open_cards = Item.objects.open()
    in_time = Q(stalls_at=None) | Q(stalls_at__gt=now)
    fresh = open_cards.filter(in_time, stage_entered_at__gt=now - FRESH)
    late = open_cards.filter(stalls_at__gt=now - LATE, stalls_at__lte=now)
    newest = late.order_by("-stalls_at", "-pk")[:MOST_LATE]
    return begin_on(list(fresh), TASKS, now=now) + begin_on(list(newest), CLOCKS, now=now)
