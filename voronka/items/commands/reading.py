"""Who has looked at a card: kept once an hour for each person (AC-6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from voronka.items.commands.card import note_event, require_card
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.prepared import Prepared

ONCE_IN = timedelta(hours=1)


@transaction.atomic
def note_reading(item: Item, *, by: Actor) -> bool:
    """Record `item.read` unless this person has read the card within the hour; say whether.

    Two openings at the same moment may leave two events: the audit counts hours, not clicks.

    Raises:
        Forbidden: the person may not see the card, nor watches it.
    """
    if by.user_id is None:
        return False
    since = timezone.now() - ONCE_IN
    if _READ.first(item.pk, by.user_id, since):
        return False
    if not item.watches.filter(user_id=by.user_id).exists():
        require_card(by, "see", item)
    note_event("item.read", item, by=by)
    return True


_READ = Prepared(
    lambda pk, person, since: (
        Event.objects.filter(
            subject_type=Item.journal_type,
            subject_id=pk,
            verb="item.read",
            actor_user_id=person,
            at__gte=since,
        )
        .order_by()
        .only("pk")[:1]
    ),
    int,
    int,
    datetime,
    model=Event,
)
