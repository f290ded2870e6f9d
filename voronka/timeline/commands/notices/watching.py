"""Telling of what nobody did: clients that wait, cards that stand, tasks that are overdue (UI-11).

The keys are of what is told, so looking again tells nobody twice. What passed while no worker ran
is told as well, as far back as the windows reach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from itertools import islice

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from voronka.items.models import Item, ItemQuerySet
from voronka.journal.models import Event
from voronka.people.models import User
from voronka.people.queries import head_of, holders
from voronka.timeline.commands.notifications import notify
from voronka.timeline.models import Activity, Notification

LATE_WINDOW = timedelta(hours=1)
STALL_WINDOW = timedelta(hours=24)
OVERDUE_AFTER = timedelta(hours=1)  # the seller may still be at it
MOST = 500  # at once; the next round takes the rest


@transaction.atomic
def tell_of_waiting(*, at: datetime | None = None) -> int:
    """Tell whose client waits beyond the norm of the first answer, and their head of sales (Q1).

    Runs each minute; returns how many cards it told of.
    """
    now = at or timezone.now()
    late = Item.objects.alive().filter(clock_due_at__gt=now - LATE_WINDOW, clock_due_at__lte=now)
    untold = _untold(late.order_by("clock_due_at"), "clock", "clock_due_at")
    heads = cache(head_of)
    told = 0
    for item in _cards(pk for pk, _owner_id in untold):
        key = _key("clock", item.pk, item.clock_due_at)
        head = heads(item.owner_id)
        with override(item.owner.language):
            text = _("“%(title)s”: the client still waits for your answer.") % {"title": item}
        notify(item.owner_id, "clock", text, item_id=item.pk, key=key)
        if head is not None and _sees(head, item):
            with override(head.language):
                text = _("“%(title)s”: the client still waits. Responsible: %(owner)s.") % {
                    "title": item,
                    "owner": item.owner,
                }
            notify(head.pk, "late", text, item_id=item.pk, key=key)
        told += 1
    return told


@transaction.atomic
def tell_of_stalled(*, at: datetime | None = None) -> int:
    """Tell heads of sales of cards that have stalled; return how many. Runs each five minutes."""
    now = at or timezone.now()
    stalled = Item.objects.alive().stalled(at=now).filter(stalls_at__gt=now - STALL_WINDOW)
    untold = _untold(stalled.order_by("-stalls_at"), "stalled", "stalls_at")
    heads = cache(head_of)
    told = 0
    for item in _cards(pk for pk, owner_id in untold if heads(owner_id) is not None):
        head = heads(item.owner_id)
        if head is None or not _sees(head, item):
            continue
        with override(head.language):
            text = _("“%(title)s” has stalled on “%(stage)s”. Responsible: %(owner)s.") % {
                "title": item,
                "stage": item.stage,
                "owner": item.owner,
            }
        key = _key("stalled", item.pk, item.stalls_at)
        notify(head.pk, "stalled", text, item_id=item.pk, key=key)
        told += 1
    return told


@transaction.atomic
def tell_of_overdue(*, at: datetime | None = None) -> int:
    """Tell heads of sales, once a day and seller, of tasks that became overdue; return how many.

    Runs each hour, and looks at what was due in the last day.
    """
    now = at or timezone.now()
    since, until = now - timedelta(days=1), now - OVERDUE_AFTER
    rows = Activity.objects.planned().filter(due_at__gt=since, due_at__lte=until)
    rows = rows.filter(Q(item=None) | Q(item__deleted_at=None))
    of_person = Counter(rows.values_list("owner_id", flat=True))
    told = 0
    for owner in User.objects.filter(pk__in=of_person, is_active=True):
        head = head_of(owner.pk)
        if head is None:
            continue
        count = of_person[owner.pk]
        with override(head.language):
            text = ngettext(
                "%(name)s: %(count)s task has become overdue.",
                "%(name)s: %(count)s tasks have become overdue.",
                count,
            ) % {"name": owner, "count": count}
        key = f"overdue-{owner.pk}-{timezone.localdate(now):%Y%m%d}"
        if not Notification.objects.filter(user=head, key=key).exists():
            notify(head.pk, "overdue", text, key=key)
            told += 1
    return told


def on_read_unusually(event: Event) -> None:
    """Tell whoever may read the audit that somebody reads too much (a handler; AC-3)."""
    count = int(event.diff["read"])
    for user in holders("audit"):
        with override(user.language):
            text = ngettext(
                "%(name)s has opened %(count)s card or client within an hour.",
                "%(name)s has opened %(count)s cards and clients within an hour.",
                count,
            ) % {"name": event.diff["name"], "count": count}
        notify(
            user.pk,
            "reading",
            text,
            url_name="audit:reader",
            url_id=event.subject_id,
            event=event,
        )


def _untold(items: ItemQuerySet, what: str, moment: str) -> list[tuple[int, int]]:
    """Return id and owner of cards of which nothing was told at this moment. Two queries."""
    found = items.values_list("pk", "owner_id", moment)
    keys = {_key(what, pk, at): (pk, owner_id) for pk, owner_id, at in found}
    known = set(Notification.objects.filter(key__in=keys).values_list("key", flat=True))
    return [card for key, card in keys.items() if key not in known]


def _cards(ids: Iterable[int]) -> list[Item]:
    """Return the first cards, `MOST` at once. One query."""
    wanted = list(islice(ids, MOST))
    return list(Item.objects.select_related("owner", "stage").filter(pk__in=wanted))


def _sees(head: User, item: Item) -> bool:
    return Item.objects.visible_to(head).filter(pk=item.pk).exists()


def _key(what: str, item_id: int, moment: datetime | None) -> str:
    return f"{what}-{item_id}-{moment:%Y%m%d%H%M%S}"
