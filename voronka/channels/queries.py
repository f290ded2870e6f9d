"""Reads of channels and the ledger: the list, "received but no card", who is silent.

Source: docs/domain/intake.md (IN-10, IN-17, IN-19).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from voronka.channels import rules
from voronka.channels.models import UNFINISHED, Channel, Enquiry
from voronka.channels.registry import providers
from voronka.kernel.errors import Sentence
from voronka.people.schedules import company_schedule
from voronka.pipelines.models import ItemType

PAGE = 50  # rows of the ledger at once
AT_WORK = timedelta(seconds=30)  # an event just received is being worked on, not lost


def channel_of(code_or_key: str) -> Channel | None:
    """Return the channel behind a code or a public key, not an archived one. One SQL query."""
    wanted = Q(code=code_or_key) | Q(key=code_or_key)
    rows = Channel.objects.filter(wanted, archived_at=None)
    return rows.select_related("pipeline__item_type", "source", "owner").first()


def channel_names() -> dict[str, Sentence]:
    """Return code -> name of the channels in use. One SQL query."""
    return dict(Channel.objects.filter(archived_at=None).values_list("code", "name"))


def provider_names() -> dict[str, Sentence]:
    """Return code -> title of the kinds of channels that are installed. No SQL query."""
    return {code: provider.title for code, provider in providers().items()}


def channel_codes() -> dict[int, tuple[str, str]]:
    """Return id -> (code, provider) of all channels, for a rehearsal of the routing table."""
    rows = Channel.objects.values_list("pk", "code", "provider")
    return {pk: (code, provider) for pk, code, provider in rows}


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A line of the list of channels."""

    channel: Channel  # with pipeline, source and owner
    lost: int  # events without a card
    silent_for: timedelta | None  # working time since the last event; None before the first
    is_silent: bool
    with_leads: bool | None  # None while no funnel is chosen (IN-17)


def channels(*, at: datetime, archived: bool = False) -> list[ChannelRow]:
    """Return the channels in order, with what is wrong with them. Four SQL queries."""
    rows = Channel.objects.select_related("pipeline__item_type", "source", "owner")
    rows = rows.filter(archived_at__isnull=not archived)
    lost = dict(
        Enquiry.objects.lost()
        .filter(received_at__lt=at - AT_WORK)
        .values_list("channel")
        .annotate(count=Count("pk"))
    )
    schedule = company_schedule()
    found = []
    for channel in rows:
        since = channel.last_received_at
        pause = schedule.between(since, at) if since else None
        usual = channel.usual_pause or channel.learned_pause
        silent = channel.active and pause is not None and rules.is_silent(pause, usual)
        kind = channel.pipeline.item_type.kind if channel.pipeline else None
        leads = None if kind is None else kind == ItemType.Kind.LEAD
        found.append(ChannelRow(channel, lost.get(channel.pk, 0), pause, silent, leads))
    return found


def silent_channels(*, at: datetime) -> list[ChannelRow]:
    """Return the active channels that have been silent longer than they usually are (IN-19)."""
    return [row for row in channels(at=at) if row.is_silent]


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Rows of the ledger, newest first, without their raw bodies; `before` is the next cursor."""

    rows: list[Enquiry]
    before: int | None


def ledger(
    *,
    state: str = "",
    lost: bool = False,
    channel_id: int | None = None,
    at: datetime | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> LedgerPage:
    """Return a page of the ledger with channel, card and exclusion. One SQL query.

    The caller asks for the right "control" first.

    Args:
        lost: only what was received and has no card; with `at`, without what is being worked on.
    """
    rows = Enquiry.objects.defer("raw").select_related("channel", "item", "exclusion")
    if lost:
        rows = rows.filter(state__in=UNFINISHED)
        if at is not None:
            rows = rows.filter(received_at__lt=at - AT_WORK)
    if state:
        rows = rows.filter(state=state)
    if channel_id is not None:
        rows = rows.filter(channel_id=channel_id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: limit + 1])
    more = len(found) > limit
    return LedgerPage(found[:limit], found[limit - 1].pk if more else None)


def count_lost(*, at: datetime) -> int:
    """Count what was received and has no card: it must be 0 (IN-10). One index-only query."""
    return Enquiry.objects.lost().filter(received_at__lt=at - AT_WORK).count()
