"""The bulk door of the ledger: enquiries of the past that have their cards, for the demo."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max

from voronka.channels.models import Channel, Enquiry
from voronka.timeline.models import Message


@transaction.atomic
def load_enquiries(enquiries: Iterable[Enquiry]) -> list[Enquiry]:
    """Write enquiries of the past as they stand, and when their channels heard last. No events."""
    rows = Enquiry.objects.bulk_create(enquiries)
    ids = {row.channel_id for row in rows}
    heard = (
        Enquiry.objects.filter(channel__in=ids).values("channel").annotate(at=Max("received_at"))
    )
    for row in heard:
        Channel.objects.filter(pk=row["channel"]).update(last_received_at=row["at"])
    return rows


@transaction.atomic
def link_messages(messages: Iterable[Message]) -> None:
    """Let enquiries of the past know the messages that they became."""
    known = {m.enquiry_id: m.pk for m in messages if m.enquiry_id is not None}
    rows = list(Enquiry.objects.filter(pk__in=known).only("pk"))
    for row in rows:
        row.message_id = known[row.pk]
    Enquiry.objects.bulk_update(rows, ["message"])
