"""The only way into the journal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain, takewhile
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from voronka.journal import live
from voronka.journal.actors import Actor
from voronka.journal.models import Event, Reading, Seal

Handler = Callable[[Event], None]
N = TypeVar("N")
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
    heap = _heap.get()
    if heap is not None:
        heap.add(event)
        return event
    handlers = _handlers(verb)
    beside = [h.beside for h in handlers if isinstance(h, Writer) and h.beside is not None]
    _write(event, live.messages_of(event) if announce in handlers else None, beside)
    for handler in handlers:
        if handler is not announce and getattr(handler, "beside", None) is None:
            handler(event)
    return event


@dataclass(frozen=True, slots=True)
class Beside:
    """What is written in the same statement as a single event (ADR 8).

    Args:
        parts: further parts of the statement's WITH; `event` is the new row with its `id`.
        last: a scalar to be selected at the end, so that the parts are carried out.
        values: event without its id -> the values of `parts`.
        then: is given what `last` was.
    """

    parts: str
    last: str
    values: Callable[[Event], Sequence[Any]]
    then: Callable[[Any], None]


class Writer(Generic[N]):
    """A handler that only writes rows: what it has to say of many events goes in one statement.

    Args:
        note: what to write of an event; None: nothing. Called at once, in its context.
        write: writes the notes of one or many events.
        beside: does for a single event what both do, in the statement that writes it.
    """

    def __init__(
        self,
        note: Callable[[Event], N | None],
        write: Callable[[list[N]], None],
        *,
        beside: Beside | None = None,
    ) -> None:
        self.note, self.write, self.beside = note, write, beside

    def __call__(self, event: Event) -> None:
        """Write what there is to say of one event."""
        if (note := self.note(event)) is not None:
            self.write([note])


announce = Writer(live.messages_of, live.send)  # a handler of every event


@contextmanager
def together() -> Iterator[Heap]:
    """Write the events of the block at its end in one statement, and so with `Writer` handlers.

    For work in batches inside a transaction. Other handlers are called at once, as ever. Whoever
    reads the journal in the block asks the heap to `write` first. If the block fails, nothing is
    written: its transaction fails as well.
    """
    heap = Heap()
    token = _heap.set(heap)
    try:
        yield heap
    finally:
        _heap.reset(token)
    heap.write()


class Heap:
    """Events of one block that wait to be written. Those of a failed savepoint are left out."""

    def __init__(self) -> None:
        self._kept: list[tuple[Event, Callable[[], None], list[tuple[Writer[Any], Any]]]] = []
        self._ids: list[int] = []

    def add(self, event: Event) -> None:
        """Give an event its id, and call the handlers that don't wait."""
        if not self._ids:
            self._ids = _next_ids()
        event.pk, event.recorded_at = self._ids.pop(), timezone.now()
        event._state.adding, event._state.db = False, connection.alias
        notes: list[tuple[Writer[Any], Any]] = []
        mark = _Mark()
        transaction.on_commit(mark)
        self._kept.append((event, mark, notes))
        for handler in _handlers(event.verb):
            if not isinstance(handler, Writer):
                handler(event)
            elif (note := handler.note(event)) is not None:
                notes.append((handler, note))

    def write(self) -> None:
        """Write what waits now."""
        # Django takes the marks of a savepoint away when it is rolled back: these stand.
        standing = {id(entry[1]) for entry in connection.run_on_commit}
        kept = [(event, notes) for event, mark, notes in self._kept if id(mark) in standing]
        self._kept = []
        if not kept:
            return
        with connection.cursor() as cursor:
            columns = zip(*(_columns(event) for event, _notes in kept), strict=True)
            cursor.execute(_INSERT_MANY, [list(column) for column in columns])
        heaps: dict[Writer[Any], list[Any]] = {}
        for _event, notes in kept:
            for writer, note in notes:
                heaps.setdefault(writer, []).append(note)
        for writer, many in heaps.items():
            writer.write(many)


class _Mark:
    """Stands among what is to be called at commit as long as its event's savepoint does."""

    def __call__(self) -> None:
        """Do nothing: to stand there is all."""


_heap: ContextVar[Heap | None] = ContextVar("voronka_heap_of_events", default=None)
_AHEAD = 50  # ids taken at once; those left over are lost, like those of a failed transaction


def _next_ids() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('journal_event', 'id'))"
            " FROM generate_series(1, %s)",
            [_AHEAD],
        )
        return sorted((row[0] for row in cursor.fetchall()), reverse=True)


def _columns(event: Event) -> list[Any]:
    e = event
    return [
        *(e.pk, e.verb, e.subject_type, e.subject_id, e.pipeline_id),
        *(e.actor_kind, e.actor_user_id, e.actor_name, e.at, json.dumps(e.diff)),
    ]


_INSERT_MANY = """
INSERT INTO journal_event (id, verb, subject_type, subject_id, pipeline_id,
    actor_kind, actor_user_id, actor_name, at, diff)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],
    %s::text[], %s::bigint[], %s::text[], %s::timestamptz[], %s::jsonb[])"""

_INSERT = """
WITH event AS (
    INSERT INTO journal_event (verb, subject_type, subject_id, pipeline_id,
        actor_kind, actor_user_id, actor_name, at, diff)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id, recorded_at
){}
SELECT id, recorded_at{} FROM event"""


def _write(event: Event, messages: list[str] | None, beside: list[Beside]) -> None:
    """Insert one event and tell the live streams: the most written row of all (ADR 8)."""
    text = _INSERT.format(
        "".join(f", {one.parts}" for one in beside), "".join(f", {one.last}" for one in beside)
    )
    values = [*_columns(event)[1:], *chain.from_iterable(one.values(event) for one in beside)]
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        event.pk, event.recorded_at, *told = cursor.fetchone()
    event._state.adding, event._state.db = False, connection.alias
    if messages:
        live.send([messages])
    for one, answer in zip(beside, told, strict=True):
        one.then(answer)


def record_many(events: Iterable[Event]) -> list[Event]:
    """Write many prepared events at once (imports, bulk actions).

    Handlers named for bulk work are not called one by one: a load of history wakes no robots.
    """
    return Event.objects.bulk_create(events, batch_size=2000)


def note_reading(
    subject: Subject, *, by: Actor, pipeline_id: int | None = None, at: datetime | None = None
) -> None:
    """Count that a person has opened a card or a client (AC-6). One SQL statement.

    The first opening of an hour is an event too, `item.read` or `client.read`; no handler wakes on
    it. The face has asked for the right to see. Robots and the system read without leaving a trace.

    Args:
        by: whose eyes it is: of who looks as somebody else, the one who looks.
        at: aware; now when omitted.
    """
    if by.user_id is None:
        return
    now = at or timezone.now()
    kind = subject.journal_type
    values = [
        *(by.user_id, kind, _hour(now), now, now, [subject.pk]),
        *(f"{kind}.read", kind, subject.pk, pipeline_id, by.kind, by.user_id, by.name, now),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_READ_ONE.format(_READ_MANY), values)


def note_listing(kind: str, ids: Iterable[int], *, by: Actor, at: datetime | None = None) -> None:
    """Count what a program has listed whole, contacts and all. One SQL statement, no event.

    Args:
        kind: the `journal_type` of cards or clients.
        at: aware; now when omitted.
    """
    wanted = sorted(set(ids))
    if by.user_id is None or not wanted:
        return
    now = at or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_READ_MANY, [by.user_id, kind, _hour(now), now, now, wanted])


def forget_old_readings(*, before: datetime) -> int:
    """Delete the counts of readings of hours before `before`; return how many. Events stay."""
    return Reading.objects.filter(hour__lt=before).delete()[0]


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


_READ_MANY = """
INSERT INTO journal_reading (reader_id, subject_type, subject_id, hour, count, first_at, last_at)
SELECT %s::bigint, %s::text, one, %s::timestamptz, 1, %s::timestamptz, %s::timestamptz
FROM unnest(%s::bigint[]) AS one
ON CONFLICT (subject_type, subject_id, reader_id, hour)
DO UPDATE SET count = journal_reading.count + 1, last_at = excluded.last_at"""

_READ_ONE = """
WITH reading AS ({} RETURNING count)
INSERT INTO journal_event (verb, subject_type, subject_id, pipeline_id,
    actor_kind, actor_user_id, actor_name, at, diff)
SELECT %s::text, %s::text, %s::bigint, %s::bigint,
    %s::text, %s::bigint, %s::text, %s::timestamptz, jsonb_build_object()
FROM reading WHERE reading.count = 1"""


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
