"""The ledger: what comes in is stored raw and committed before anything looks into it (IN-10).

Source: docs/domain/intake.md, "nothing is lost".
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from voronka.channels import rules
from voronka.channels.commands.carding import make_plan, settle
from voronka.channels.commands.drafting import CARD_ROWS
from voronka.channels.commands.placing import Plan
from voronka.channels.commands.recognising import is_plain, lock_identities
from voronka.channels.contract import BadEvent, Identity, Incoming, RawEvent
from voronka.channels.facts import facts_of
from voronka.channels.models import UNFINISHED, Channel, Enquiry
from voronka.channels.registry import provider_of
from voronka.channels.tidying import StoredFiles, external_key, store_files, tidy
from voronka.clients.queries import known_identities
from voronka.journal.actors import Actor
from voronka.journal.commands import record, together
from voronka.journal.models import Event
from voronka.kernel.combining import Combiner
from voronka.kernel.errors import DomainError, InvalidInput, NotFound
from voronka.kernel.gathering import gathered
from voronka.kernel.remembering import remembering
from voronka.kernel.rows import insert_row
from voronka.people import access
from voronka.people.queries import company

log = logging.getLogger(__name__)
_TAKEN_FOR = timedelta(seconds=30)  # whoever received it works on it; after that anybody may
_SEEN_EVERY = timedelta(minutes=1)  # how often a channel's `last_received_at` is written
_seen: dict[int, datetime] = {}  # channel -> when this process has written it


def receive(channel: Channel, event: RawEvent, *, process_now: bool = True) -> Enquiry:
    """Store an incoming event and commit it, then make a card of it in a second transaction.

    The same external id again changes nothing and returns the row that is there, so whoever sent
    it may safely repeat. An event that can't be understood or carded stays in the ledger with the
    reason and is tried again; this function does not raise because of it.

    Args:
        process_now: False leaves the work to the sweeper (`sweep`), which runs each minute.
    Raises:
        RuntimeError: called inside a transaction, where nothing would be safe yet.
    """
    try:
        enquiry = _store(channel, event)
    except IntegrityError:  # it is there already
        key = external_key(event.external_id)
        enquiry = Enquiry.objects.defer("raw").get(channel=channel, external_id=key)
        if not (enquiry.state in UNFINISHED and _is_free(enquiry)):
            return enquiry
        return process(enquiry.pk) if process_now else enquiry
    return _process(enquiry, fresh=True) if process_now else enquiry


@transaction.atomic(durable=True)
def _store(channel: Channel, event: RawEvent) -> Enquiry:
    now = timezone.now()
    enquiry = Enquiry(
        channel=channel,
        external_id=external_key(event.external_id),
        raw=event.body,
        content_type=event.content_type[:120],
        headers={str(k): str(v) for k, v in event.headers.items()},
        test=event.test,
        happened_at=min(event.at, now) if event.at else now,
        received_at=now,
        next_try_at=now + _TAKEN_FOR,
    )
    insert_row(enquiry)
    seen = _seen.get(channel.pk)
    if not event.test and (seen is None or now - seen > _SEEN_EVERY):
        Channel.objects.filter(pk=channel.pk).update(last_received_at=now)
        _seen[channel.pk] = now
    return enquiry


def _is_free(enquiry: Enquiry) -> bool:
    return enquiry.next_try_at is not None and enquiry.next_try_at <= timezone.now()


def process(enquiry_id: int) -> Enquiry:
    """Understand a stored event and card it; at most one process works on it at a time.

    Parsing and writing files come before the transaction, which makes the card, its client, the
    conversation with the message, and the ledger's state at once. A finished one is left alone.
    """
    enquiry = _read(enquiry_id)
    return _process(enquiry) if enquiry.state in UNFINISHED else enquiry


def _process(enquiry: Enquiry, *, fresh: bool = False) -> Enquiry:
    """Do the work of `process` on a row that was read with its channel.

    Args:
        fresh: we have stored it just now, so it is ours for `_TAKEN_FOR`: needs no lock.
    """
    with remembering(), translation.override(company().language):  # stored in the company's
        try:
            incoming = _understand(enquiry)
        except Exception as error:
            return _give_up(enquiry, Enquiry.State.FAILED, error)
        if fresh and not enquiry.test and is_plain(incoming):
            return _carded((enquiry, incoming))
        return _card(enquiry, incoming, fresh=fresh)


def _card(
    enquiry: Enquiry, incoming: Incoming, *, fresh: bool, plan: Plan | None = None
) -> Enquiry:
    """Make the card of one understood event, in a transaction of its own."""
    try:
        plan = plan or make_plan(enquiry, incoming)
        files = store_files(incoming)
        with transaction.atomic():
            locked = enquiry if fresh else _lock(enquiry.pk)
            if locked is not None:
                settle(locked, enquiry.channel, incoming, files, plan)
                return locked
    except Exception as error:
        return _give_up(enquiry, Enquiry.State.PARSED, error, kind=incoming.kind)
    return _read(enquiry.pk)


def _card_heap(fresh: Sequence[tuple[Enquiry, Incoming]]) -> list[Enquiry]:
    """Make the cards of plain messages that came at the same time."""
    plans: dict[int, Plan] = {}
    done: dict[int, Enquiry] = {}
    try:
        done = {row.pk: row for row in _card_strangers(fresh, plans)}
    except Exception:
        if len(fresh) > 1:
            raise
        log.debug("A heap of one has failed; it is tried in the ordinary way", exc_info=True)
    return [
        done.get(row.pk) or _card(row, incoming, fresh=True, plan=plans.get(row.pk))
        for row, incoming in fresh
    ]


def _card_strangers(
    fresh: Sequence[tuple[Enquiry, Incoming]], plans: dict[int, Plan]
) -> list[Enquiry]:
    """Make the cards of those who write for the first time, in one transaction; return their rows.

    The rows given stay as they are, so that they can be worked on one by one if this fails.

    Args:
        plans: is filled with the plan of each that was looked at: a turn is taken once.
    """
    seen: set[Identity] = set()
    heap: list[tuple[Enquiry, Incoming, Plan]] = []
    for row, incoming in fresh:
        if seen.isdisjoint(incoming.identities):
            seen |= set(incoming.identities)
            plans[row.pk] = plan = make_plan(row, incoming)
            heap.append((copy.copy(row), incoming, plan))
    with transaction.atomic(), together(), gathered(CARD_ROWS, times=len(heap)):
        lock_identities(list(seen))
        known = known_identities(seen, at=timezone.now())
        ours = [entry for entry in heap if known.isdisjoint(entry[1].identities)]
        for row, incoming, plan in ours:
            settle(row, row.channel, incoming, StoredFiles([], []), plan, stranger=True)
    return [row for row, _incoming, _plan in ours]


_MOST_AT_ONCE = 16  # events in one transaction
_carded = Combiner(_card_heap, most=_MOST_AT_ONCE)


def _read(enquiry_id: int) -> Enquiry:
    return Enquiry.objects.select_related(
        "channel__pipeline__item_type",
        "channel__pipeline__calendar",
        "channel__source",
        "channel__owner",
    ).get(pk=enquiry_id)


def _lock(enquiry_id: int) -> Enquiry | None:
    """Lock an unfinished row; None when another process is at it, or has finished it."""
    rows = Enquiry.objects.select_for_update(skip_locked=True).defer("raw")
    return rows.filter(pk=enquiry_id, state__in=UNFINISHED).first()


def _understand(enquiry: Enquiry) -> Incoming:
    channel = enquiry.channel
    event = RawEvent(
        external_id=enquiry.external_id,
        body=bytes(enquiry.raw),
        content_type=enquiry.content_type,
        headers=enquiry.headers,
        at=enquiry.happened_at,
        test=enquiry.test,
    )
    provider = provider_of(channel.provider)
    return tidy(provider.parse(event, facts_of(channel)))


@transaction.atomic
def _give_up(enquiry: Enquiry, state: str, error: Exception, *, kind: str = "") -> Enquiry:
    """Keep why an event has no card yet, and when to try again."""
    if isinstance(error, DomainError | BadEvent):
        why = str(error)
    else:
        log.exception("enquiry %s could not be carded", enquiry.pk)
        why = _("An unexpected error: %(error)s") % {"error": type(error).__name__}
    row = Enquiry.objects.select_for_update().defer("raw").get(pk=enquiry.pk)
    if row.state in UNFINISHED:
        row.attempts = row.attempts + 1
        row.state, row.kind, row.error = state, kind, why[:500]
        row.next_try_at = rules.next_try(row.attempts, timezone.now())
        row.save(update_fields=["attempts", "state", "kind", "error", "next_try_at"])
        record("enquiry.stuck", row, by=Actor.system(), channel=row.channel_id, error=why[:300])
    return row


def replay(enquiry_id: int, *, by: Actor, pardon: bool = False) -> Enquiry:
    """Try an event again that has no card; records `enquiry.replayed`.

    Args:
        pardon: card it even though an exclusion or a spam trap has stopped it.
    Raises:
        NotFound: there is no such event.
        Forbidden: the role lacks the right "control".
        InvalidInput: it was stopped so long ago that its body has been forgotten.
    """
    with transaction.atomic():
        access.require_right(by, "control")
        row = Enquiry.objects.select_for_update().defer("raw").filter(pk=enquiry_id).first()
        if row is None:
            raise NotFound(_("There is no such event in the ledger."))
        stopped = (Enquiry.State.EXCLUDED, Enquiry.State.IGNORED)
        if row.state not in UNFINISHED and pardon and _is_forgotten(row):
            raise InvalidInput(
                _("What came was forgotten after its term: nothing is left to card.")
            )
        if row.state in UNFINISHED or (pardon and row.state in stopped):
            row.state, row.next_try_at = Enquiry.State.RECEIVED, timezone.now()
            row.decision = {"pardoned": by.user_id} if pardon else {}
            row.save(update_fields=["state", "next_try_at", "decision"])
            record("enquiry.replayed", row, by=by, channel=row.channel_id, pardon=pardon)
    return process(enquiry_id)


def _is_forgotten(enquiry: Enquiry) -> bool:
    return Enquiry.objects.filter(pk=enquiry.pk, raw=b"").exists()


def retry_channel(channel_id: int, *, by: Actor, most: int = 50) -> int:
    """Try a channel's events without a card again, now that its set-up has changed.

    The oldest `most` at once, the others within a minute. Return how many have still none.

    Raises:
        Forbidden: the role lacks "setup".
    """
    access.require_right(by, "setup")
    waiting = Enquiry.objects.lost().filter(channel_id=channel_id)
    waiting.update(next_try_at=timezone.now(), attempts=0)
    for pk in waiting.order_by("pk").values_list("pk", flat=True)[:most]:
        process(pk)
    return waiting.count()


def sweep(*, at: datetime | None = None, batch: int = 200) -> int:
    """Work on what has no card yet: its receiver died, or a new attempt is due. How many.

    Runs each minute, in any number of workers: `process` skips what another one holds.
    """
    due = Enquiry.objects.due(at=at or timezone.now()).order_by("next_try_at", "pk")
    ids = list(due.values_list("pk", flat=True)[:batch])
    for pk in ids:
        process(pk)
    return len(ids)


def on_answered(event: Event) -> None:
    """A person has answered the client: so are the card's enquiries (a handler)."""
    waiting = Enquiry.objects.filter(item_id=event.subject_id, state=Enquiry.State.CARDED)
    waiting.update(state=Enquiry.State.ANSWERED, answered_at=event.at)


def forget_raw(*, before: datetime, batch: int = 5000) -> int:
    """Empty the raw bodies of finished events received before a moment; return how many.

    The row with its id stays, so that a late repetition still makes no double. What has no card
    keeps its body.
    """
    finished = Enquiry.objects.filter(received_at__lt=before).exclude(state__in=UNFINISHED)
    ids = list(finished.exclude(raw=b"").values_list("pk", flat=True)[:batch])
    empty: Any = {"raw": b"", "headers": {}}
    return Enquiry.objects.filter(pk__in=ids).update(**empty)


def forget_kept_too_long(*, at: datetime | None = None) -> int:
    """Empty a batch of raw bodies older than VORONKA_KEEP_RAW_DAYS; how many, 0 when all is done.

    The journal, the cards with their messages and files, and the rows of the ledger stay.
    """
    if not settings.KEEP_RAW_DAYS:
        return 0
    return forget_raw(before=(at or timezone.now()) - timedelta(days=settings.KEEP_RAW_DAYS))
