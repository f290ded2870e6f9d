"""Noticing who reads unusually much: the base is carried away by reading, too (AC-3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.journal.models import Event
from voronka.journal.queries import eager_readers
from voronka.people.models import User
from voronka.people.queries import company

_ONCE_IN = timedelta(hours=1)


@transaction.atomic
def sound_alarms(*, at: datetime | None = None) -> list[User]:
    """Record `user.read_unusually` of everybody who opens too many cards and clients an hour.

    Once an hour for each; `Company.reading_limit` says how many are too many.

    Args:
        at: the end of the hour looked at; now when omitted.
    Returns:
        The people of whom it was recorded now.
    Source: docs/domain/access.md, "Reading is counted".
    """
    now = at or timezone.now()
    limit = company().reading_limit
    found = eager_readers(more_than=limit, until=now)
    alarms = Event.objects.filter(verb="user.read_unusually", at__gt=now - _ONCE_IN)
    told = alarms.filter(subject_type=User.journal_type, subject_id__in=list(found))
    known = set(told.values_list("subject_id", flat=True)) if found else set()
    fresh = list(User.objects.filter(pk__in=found.keys() - known)) if found else []
    by = Actor.system()
    for user in fresh:
        count = found[user.pk]
        record("user.read_unusually", user, by=by, at=now, name=user.name, read=count, limit=limit)
    return fresh
