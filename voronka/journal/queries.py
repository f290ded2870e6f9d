"""Reads of the journal: the audit list, and whether the hash chain is whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from voronka.journal.commands import digest
from voronka.journal.models import Event, Reading, Seal


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some events, newest first. `next_before` is the cursor of the next page, None at the end."""

    events: list[Event]
    next_before: int | None


def audit(
    *,
    actor_user_id: int | None = None,
    actor_kinds: Iterable[str] = (),
    subject_type: str = "",
    subject_id: int | None = None,
    verb: str = "",
    deed: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
) -> AuditPage:
    """Return one page of the audit journal, newest first. One SQL query.

    The caller asks for the right "audit" first. Times filter by when it was written down, so
    imported history does not hide among the past.

    Args:
        verb: a whole verb ("item.moved") or its beginning ("item.").
        deed: the past verb alone ("moved"), whatever it was done to.
        until: exclusive.
        before: the cursor: only events with a smaller id.
    """
    events = Event.objects.order_by("-pk")
    if actor_user_id is not None:
        events = events.filter(actor_user_id=actor_user_id)
    if kinds := list(actor_kinds):
        events = events.filter(actor_kind__in=kinds)
    if subject_type:
        events = events.filter(subject_type=subject_type)
    if subject_id is not None:
        events = events.filter(subject_id=subject_id)
    if verb:
        events = events.filter(verb__startswith=verb)
    if deed:
        events = events.filter(verb__endswith=f".{deed}")
    if since is not None:
        events = events.filter(recorded_at__gte=since)
    if until is not None:
        events = events.filter(recorded_at__lt=until)
    if before is not None:
        events = events.filter(pk__lt=before)
    found = list(events[: limit + 1])
    more = len(found) > limit
    return AuditPage(found[:limit], found[limit - 1].pk if more else None)


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """Some readings, newest first; `next_before` as of `AuditPage`."""

    readings: list[Reading]
    next_before: int | None


def readings(
    *,
    reader_id: int | None = None,
    subject_type: str = "",
    subject_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> ReadingPage:
    """Return who read what, by hours, newest first. One SQL query.

    The caller asks for the right "audit" first.

    Args:
        subject_id: of `subject_type`; without one it is left out.
        before: the cursor: only readings with a smaller id.
    """
    rows = Reading.objects.order_by("-pk")
    if reader_id is not None:
        rows = rows.filter(reader_id=reader_id)
    if subject_type:
        rows = rows.filter(subject_type=subject_type)
        if subject_id is not None:
            rows = rows.filter(subject_id=subject_id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: limit + 1])
    more = len(found) > limit
    return ReadingPage(found[:limit], found[limit - 1].pk if more else None)


def eager_readers(*, more_than: int, until: datetime) -> dict[int, int]:
    """Return who opened more than so many cards and clients within an hour, and how many.

    One SQL query over the readings of two hours.

    Args:
        more_than: distinct cards and clients together.
        until: the end of the hour; aware.
    """
    since = until - timedelta(hours=1)
    with connection.cursor() as cursor:
        cursor.execute(_EAGER, [since - timedelta(hours=1), since, until, more_than])
        return dict(cursor.fetchall())


_EAGER = """
SELECT reader_id, count(DISTINCT (subject_type, subject_id)) FROM journal_reading
WHERE hour > %s AND last_at > %s AND first_at <= %s
GROUP BY reader_id HAVING count(DISTINCT (subject_type, subject_id)) > %s"""


@dataclass(frozen=True, slots=True)
class ChainState:
    """What is known of the chain: how far it reaches, and how much is not sealed yet."""

    sealed_until: datetime | None
    waiting: int  # events after the last seal


def chain_state() -> ChainState:
    """Return how far the journal is sealed, without checking it. Two or three SQL queries."""
    last = Seal.objects.order_by("-last_id").first()
    if last is None:
        return ChainState(None, Event.objects.count())
    at = Event.objects.filter(pk=last.last_id).values_list("recorded_at", flat=True).first()
    waiting = Event.objects.filter(pk__gt=last.last_id).count()
    return ChainState(at or last.sealed_at, waiting)


def broken_seal() -> Seal | None:
    """Walk the whole hash chain; return the first seal that does not fit its events, or None.

    Each seal answers for everything since the one before it, so an event slipped in between
    two seals breaks the chain as well. Reads every event: for a long journal this takes a while.
    """
    previous, after = "", 0
    for seal in Seal.objects.order_by("last_id"):
        events = Event.objects.filter(pk__gt=after, pk__lte=seal.last_id).order_by("pk")
        if digest(previous, events.iterator()) != seal.digest:
            return seal
        previous, after = seal.digest, seal.last_id
    return None
