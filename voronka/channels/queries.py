"""Reads of channels and the ledger: the list, "received but no card", who is silent.

Source: docs/domain/intake.md (IN-10, IN-17, IN-19).
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Q

from voronka.channels import rules
from voronka.channels.contract import CardKey, Identity, RawEvent
from voronka.channels.facts import facts_of
from voronka.channels.models import UNFINISHED, Channel, ChannelQuerySet, Enquiry, RepeatRule
from voronka.channels.registry import provider_of, providers
from voronka.channels.tidying import tidy
from voronka.clients import rules as clients
from voronka.clients.queries import client_with
from voronka.items.models import Item
from voronka.kernel.errors import Sentence
from voronka.people.schedules import company_schedule
from voronka.pipelines.models import ItemType

log = logging.getLogger(__name__)
PAGE = 50  # rows of the ledger at once
_NUMBER = re.compile(r"(\D{0,10}?)(\d{1,18})")
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

    channel: Channel  # with pipeline, source, owner and distribution
    lost: int  # events without a card
    silent_for: timedelta | None  # working time since the last event; None before the first
    is_silent: bool
    with_leads: bool | None  # None while no funnel is chosen (IN-17)


def channels(*, at: datetime, archived: bool = False) -> list[ChannelRow]:
    """Return the channels in order, with what is wrong with them. Four SQL queries."""
    return _rows(Channel.objects.filter(archived_at__isnull=not archived), at=at)


def channel_row(channel_id: int, *, at: datetime) -> ChannelRow | None:
    """Return one channel, an archived one too. Four SQL queries."""
    return next(iter(_rows(Channel.objects.filter(pk=channel_id), at=at)), None)


def _rows(rows: ChannelQuerySet, *, at: datetime) -> list[ChannelRow]:
    lost = dict(
        Enquiry.objects.lost()
        .filter(received_at__lt=at - AT_WORK)
        .values_list("channel")
        .annotate(count=Count("pk"))
    )
    schedule = company_schedule()
    found = []
    for channel in rows.select_related("pipeline__item_type", "source", "owner", "distribution"):
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


def card_by_key(key: CardKey) -> Item | None:
    """Return the card that another system means: an open one first, else the newest.

    Of a client it is a lead or a deal. At most three SQL queries.
    """
    rows = Item.objects.alive().select_related("stage", "pipeline__item_type")
    if key.kind == "number":
        digits = _NUMBER.fullmatch(key.value.strip())
        found = rows.filter(pk=int(digits[2])).first() if digits else None
        prefix = (digits[1] if digits else "").strip()
        fits = found is not None and prefix in ("", "#", "№", found.pipeline.item_type.prefix)
        return found if fits else None
    if key.kind == "external":
        meant = rows.filter(external_id=key.value[:120])
    else:
        try:
            point = clients.point(key.kind, key.value, country=settings.COUNTRY)
        except clients.Unreadable:
            return None
        client = client_with([(point.kind, point.value)])[0]
        if client is None:
            return None
        theirs = Q(contact_id=client.pk) | Q(company_id=client.pk)
        sold = (ItemType.Kind.LEAD, ItemType.Kind.DEAL)
        meant = rows.filter(theirs, pipeline__item_type__kind__in=sold)
    return meant.order_by(F("closed_at").desc(nulls_first=True), "-pk").first()


def samples(channel_id: int, *, most: int = 10) -> list[Enquiry]:
    """Return the last real events of a channel that are still kept raw, newest first.

    One SQL query, without the bodies. The caller asks for the right "control" first.
    """
    rows = Enquiry.objects.filter(channel_id=channel_id, test=False).exclude(raw=b"")
    return list(rows.defer("raw").order_by("-pk")[:most])


def count_waiting(channel_id: int) -> int:
    """Return how many events of a channel have no card. One SQL query."""
    return Enquiry.objects.lost().filter(channel_id=channel_id).count()


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


def enquiry_with_raw(enquiry_id: int) -> Enquiry | None:
    """Return a row of the ledger with what came in. The caller asks for the right "control"."""
    rows = Enquiry.objects.select_related("channel", "item", "exclusion")
    return rows.filter(pk=enquiry_id).first()


def sender_of(enquiry: Enquiry) -> list[Identity]:
    """Return who sent an event, by reading it again; nobody when it can't be read."""
    event = RawEvent(
        enquiry.external_id,
        bytes(enquiry.raw),
        enquiry.content_type,
        enquiry.headers,
        enquiry.happened_at,
    )
    try:
        provider = provider_of(enquiry.channel.provider)
        incoming = tidy(provider.parse(event, facts_of(enquiry.channel)))
    except Exception:  # a provider's own mistake, too: then nobody is known
        log.info("the sender of enquiry %s can't be read", enquiry.pk, exc_info=True)
        return []
    return list(incoming.identities)


def count_lost(*, at: datetime) -> int:
    """Count what was received and has no card: it must be 0 (IN-10). One index-only query."""
    return Enquiry.objects.lost().filter(received_at__lt=at - AT_WORK).count()


def repeat_rules() -> dict[int, rules.Repeat]:
    """Return funnel id -> its own rule for repeat enquiries; others follow `rules.USUAL`."""
    names = ("when_open", "join_within", "when_lost", "return_within", "from_nurturing")
    rows = RepeatRule.objects.values("pipeline_id", *names, "thread_stays")
    return {row.pop("pipeline_id"): rules.Repeat(**row) for row in rows}


def heard_channels() -> dict[int, str]:
    """Return id -> a mark of its settings for active channels that must be listened to.

    One SQL query. The mark changes when a listener must begin anew.
    """
    codes = [code for code, provider in providers().items() if provider.listens]
    rows = Channel.objects.active().filter(provider__in=codes).order_by("pk")
    found = rows.values_list("pk", "settings", "sealed")
    return {pk: f"{hash((str(plain), sealed))}" for pk, plain, sealed in found}


def enquiries_by_channel(*, since: datetime, until: datetime) -> list[tuple[Channel, int]]:
    """Return the channels in use with how many enquiries each brought in a period. Two queries.

    Args:
        until: exclusive.
    """
    span = Enquiry.objects.filter(received_at__gte=since, received_at__lt=until).order_by()
    came = dict(span.values_list("channel_id").annotate(n=Count("pk")))
    rows = [(row, came.get(row.pk, 0)) for row in Channel.objects.filter(archived_at=None)]
    return sorted(rows, key=lambda row: (-row[1], row[0].name))
