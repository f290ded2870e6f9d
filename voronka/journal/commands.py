"""The only way into the journal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache
from itertools import takewhile
from typing import Any, ClassVar, Protocol

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from voronka.journal.actors import Actor
from voronka.journal.models import Event, Seal

Handler = Callable[[Event], None]
_SETTLED_AFTER = timedelta(minutes=2)  # by then every transaction that took a lower id has ended


class Subject(Protocol):
    """What an event can be about: a saved row that says what it is called in the journal."""

    pk: Any
    journal_type: ClassVar[str]


def record(
    verb: str,
    subject: Subject,
    *,
    by: Actor,
    at: datetime | None = None,
    pipeline_id: int | None = None,
    **diff: Any,
) -> Event:
    """Write one event and wake its handlers, inside the caller's transaction.

    Args:
        verb: noun and past verb, e.g. "item.moved".
        at: when it happened (aware); now when omitted.
        diff: ids and values that the feed, the robots and the audit need; JSON-serialisable.
    """
    event = Event(
        verb=verb,
        subject_type=subject.journal_type,
        subject_id=subject.pk,
        pipeline_id=pipeline_id,
        actor_kind=by.kind,
        actor_user_id=by.user_id,
        actor_name=by.name,
        diff=plain(diff),
        at=at or timezone.now(),
    )
    _write(event)
    for handler in _handlers(verb):
        handler(event)
    return event


_INSERT = """
INSERT INTO journal_event (verb, subject_type, subject_id, pipeline_id,
    actor_kind, actor_user_id, actor_name, at, diff)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id, recorded_at"""


def _write(event: Event) -> None:
    """Insert one event: the most written row of all, so its SQL is made once (ADR 8)."""
    e = event
    values = [
        *(e.verb, e.subject_type, e.subject_id, e.pipeline_id),
        *(e.actor_kind, e.actor_user_id, e.actor_name, e.at, json.dumps(e.diff)),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        event.pk, event.recorded_at = cursor.fetchone()
    event._state.adding, event._state.db = False, connection.alias


def record_many(events: Iterable[Event]) -> list[Event]:
    """Write many prepared events at once (imports, bulk actions).

    Handlers named for bulk work are not called one by one: a load of history wakes no robots.
    """
    return Event.objects.bulk_create(events, batch_size=2000)


def plain(value: Any) -> Any:
    """Return `value` as JSON would give it back: decimals and dates as text."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder, default=str))


@cache
def _handlers(verb: str) -> list[Handler]:
    return [
        import_string(path)
        for prefix, paths in settings.EVENT_HANDLERS.items()
        if verb.startswith(prefix)
        for path in paths
    ]


@transaction.atomic
def seal_journal(*, until: datetime | None = None, batch: int = 10_000) -> Seal | None:
    """Add one link to the hash chain over events that have settled; None when there are none.

    Args:
        until: events recorded before this moment are sealed; two minutes ago when omitted.

    Does nothing while a transaction that began before `until` is open: it could add an event
    with an id inside the sealed run.
    """
    with connection.cursor() as cursor:  # one at a time: two would seal the same run
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('voronka journal seal'))")
    settled = until or timezone.now() - _SETTLED_AFTER
    if _writers_since_before(settled):  # asked before reading: a late commit must not slip between
        return None
    last = Seal.objects.order_by("-last_id").first()
    after = last.last_id if last else 0
    events = list(Event.objects.filter(pk__gt=after).order_by("pk")[:batch])
    events = list(takewhile(lambda event: event.recorded_at < settled, events))
    if not events:
        return None
    return Seal.objects.create(
        first_id=events[0].pk,
        last_id=events[-1].pk,
        count=len(events),
        digest=digest(last.digest if last else "", events),
        sealed_at=timezone.now(),
    )


def _writers_since_before(moment: datetime) -> bool:
    """Whether a transaction older than `moment` is still open and may yet commit a lower id."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND xact_start < %s"
            " AND backend_type = 'client backend'",
            [moment],
        )
        return bool(cursor.fetchone()[0])


def digest(previous: str, events: Iterable[Event]) -> str:
    """Return the hex SHA-256 of the previous seal and of every column of `events`."""
    chain = hashlib.sha256(previous.encode())
    for e in events:
        row = [e.pk, e.verb, e.subject_type, e.subject_id, e.actor_kind, e.actor_user_id]
        row += [e.actor_name, e.diff, e.at.isoformat(), e.recorded_at.isoformat(), e.pipeline_id]
        chain.update(json.dumps(row, sort_keys=True, ensure_ascii=False).encode())
    return chain.hexdigest()
