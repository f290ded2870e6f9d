"""When deleting cards takes two people: one asks, another agrees (AC-7).

Source: docs/domain/recycle-bin.md, "Two people for many".
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from django.utils import timezone

from voronka.items.models import BulkRun
from voronka.journal.actors import Actor
from voronka.people.queries import company, holders

WITHIN = timedelta(hours=1)  # slices of one deletion count together


class Consent(StrEnum):
    """Whether somebody has to agree to a deletion."""

    NONE = ""  # so few are deleted by one person
    NEEDED = "needed"
    MISSING = "missing"  # it would be needed, but nobody else could give it


def deletion_limit() -> int:
    """Return how many cards one person may delete within an hour. One SQL query."""
    return company().deletion_limit


def consent_to_delete(count: int, *, by: Actor) -> Consent:
    """Say whether a person has to ask for the deletion of so many cards. Three SQL queries.

    What the person has deleted in bulk within the hour counts, unless it was taken back or another
    one had agreed to it.
    """
    if by.user_id is None:
        return Consent.NONE
    lately = BulkRun.objects.filter(
        kind="delete",
        by_user_id=by.user_id,
        at__gt=timezone.now() - WITHIN,
        undone_at=None,
        mass_deletions=None,
    )
    before = sum(len(ids) for ids in lately.values_list("item_ids", flat=True))
    if count + before <= deletion_limit():
        return Consent.NONE
    others = (person for person in holders("recycle") if person.pk != by.user_id)
    able = any(person.has_usable_password() for person in others)
    return Consent.NEEDED if able else Consent.MISSING
