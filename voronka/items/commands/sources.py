"""Touches of clients with their sources, and what sources cost (IN-16).

Source: docs/domain/sources.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.items.commands.card import lock_card, note_event
from voronka.items.models import SourceCost, Touch
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.kernel.rows import insert_row
from voronka.people import access
from voronka.pipelines.models import Source


def add_touch(
    item_id: int,
    *,
    source_id: int | None,
    at: datetime,
    channel_id: int | None = None,
    utm: Mapping[str, str] | None = None,
    page: str = "",
    referer: str = "",
) -> Touch:
    """Keep that a client turned to us about a card; inside the transaction that knows of it."""
    touch = Touch(
        item_id=item_id,
        source_id=source_id,
        channel_id=channel_id,
        utm=dict(utm or {}),
        page=page[:1000],
        referer=referer[:1000],
        at=at,
    )
    insert_row(touch)
    return touch


def carry_touches(from_id: int, to_id: int) -> int:
    """Let a card that grew out of another know its touches too; return how many.

    For conversions, tunnels and copies: the source travels with the customer.
    """
    touches = list(Touch.objects.filter(item_id=from_id))
    known = set(Touch.objects.filter(item_id=to_id).values_list("source_id", "at"))
    deciding = Touch.objects.filter(item_id=to_id, deciding=True).exists()
    fresh = [t for t in touches if (t.source_id, t.at) not in known]
    for touch in fresh:
        touch.pk = None
        touch.item_id = to_id
        touch.deciding = touch.deciding and not deciding
    return len(Touch.objects.bulk_create(fresh))


@transaction.atomic
def name_deciding_touch(touch_id: int, *, by: Actor) -> Touch:
    """Say which touch made the customer decide; records `item.deciding_touch_named`.

    Raises:
        NotFound, Forbidden: the touch, or the right to change its card.
    """
    touch = Touch.objects.filter(pk=touch_id).first()
    if touch is None:
        raise NotFound(_("There is no such touch any more."))
    item = lock_card(touch.item_id, by=by, action="change")
    if not touch.deciding:
        Touch.objects.filter(item_id=item.pk, deciding=True).update(deciding=False)
        touch.deciding = True
        touch.save(update_fields=["deciding"])
        note_event("item.deciding_touch_named", item, by=by, source=touch.source_id)
    return touch


@transaction.atomic
def unname_deciding_touch(item_id: int, *, by: Actor) -> None:
    """Let the last touch before the card's end decide again; records `item.deciding_touch_unnamed`.

    Raises:
        NotFound, Forbidden: the card, or the right to change it.
    """
    item = lock_card(item_id, by=by, action="change")
    if Touch.objects.filter(item_id=item.pk, deciding=True).update(deciding=False):
        note_event("item.deciding_touch_unnamed", item, by=by)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a source (by code) or a campaign of it cost from one day to another, both included."""

    source: str
    first_day: date
    last_day: date
    amount: Decimal
    campaign: str = ""


@transaction.atomic
def save_costs(costs: Iterable[Cost], *, by: Actor) -> int:
    """Keep what sources cost; the same source, campaign and days again replace the amount.

    Records `cost.saved` once. Returns how many rows were written; all or nothing.

    Raises:
        Forbidden: the role has neither "setup" nor "reports".
        InvalidInput: an unknown source, days in the wrong order, a negative amount; `fields` says
            which row ("3.amount").
    """
    _require(by)
    costs = list(costs)
    sources = {s.code: s for s in Source.objects.filter(code__in={c.source for c in costs})}
    wrong = {}
    for number, cost in enumerate(costs):
        if cost.source not in sources:
            wrong[f"{number}.source"] = _("There is no such source. Choose from the list.")
        if cost.last_day < cost.first_day:
            wrong[f"{number}.last_day"] = _("The last day comes before the first.")
        if cost.amount < 0 or cost.amount >= Decimal("1e12"):
            wrong[f"{number}.amount"] = _("This amount can't be right.")
    if wrong:
        raise InvalidInput(_("Some rows can't be saved. Mend them and try again."), fields=wrong)
    now = timezone.now()
    rows = {  # the last of the same key counts, as if one had been saved after the other
        (c.source, c.campaign.strip()[:200], c.first_day, c.last_day): c.amount for c in costs
    }
    saved = SourceCost.objects.bulk_create(
        [
            SourceCost(
                source=sources[code],
                campaign=campaign,
                first_day=first_day,
                last_day=last_day,
                amount=amount,
                by_user_id=by.user_id,
                at=now,
            )
            for (code, campaign, first_day, last_day), amount in rows.items()
        ],
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["source", "campaign", "first_day", "last_day"],
        update_fields=["amount", "by_user_id", "at"],
    )
    if saved:
        total = sum((c.amount for c in costs), Decimal())
        record("cost.saved", saved[-1], by=by, rows=len(costs), amount=total)
    return len(costs)


@transaction.atomic
def delete_cost(cost_id: int, *, by: Actor) -> None:
    """Take a cost away; records `cost.deleted`."""
    _require(by)
    row = SourceCost.objects.filter(pk=cost_id).first()
    if row is None:
        raise NotFound(_("There is no such cost any more."))
    record("cost.deleted", row, by=by, source=row.source_id, amount=row.amount)
    row.delete()


def _require(by: Actor) -> None:
    rights = access.of_actor(by)
    if rights is not None and not rights.has("reports"):
        access.require_right(by, "setup")
