"""Sources side by side: how many enquiries each brings, how good they are, what each costs.

Source: docs/domain/sources.md (IN-16, QL-5, Q9).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DecimalField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from voronka.items.models import Item, ItemLink, SourceCost, Touch
from voronka.people.models import User
from voronka.people.schedules import company_schedule
from voronka.pipelines.models import ItemType, Source, Stage

_GROWN = (ItemLink.Kind.CONVERTED, ItemLink.Kind.COPY)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source (None: unknown), or one campaign of it, over the enquiries of a period.

    Attributes:
        enquiries: leads, and deals that did not grow out of another card.
        non_target: spam, suppliers, wrong numbers: they spoil the source's quality only.
        target_lost: refused though they were to the point: they spoil the sellers' conversion only.
        qualified: converted leads; without leads, every target deal.
        paid, revenue: won deals that came of these enquiries so far.
        quality: target enquiries, 0..1. Prices are in the company currency, None where nothing was
            spent or nothing came.
    """

    source: Source | None
    campaign: str
    enquiries: int
    non_target: int
    target_lost: int
    qualified: int
    paid: int
    revenue: Decimal
    cost: Decimal

    @property
    def target(self) -> int:
        """Enquiries to the point."""
        return self.enquiries - self.non_target

    @property
    def quality(self) -> float | None:
        """Share of enquiries to the point, 0..1."""
        return self.target / self.enquiries if self.enquiries else None

    @property
    def per_lead(self) -> Decimal | None:
        """What one enquiry costs."""
        return self._price(self.enquiries)

    @property
    def per_qualified(self) -> Decimal | None:
        """What one qualified enquiry costs."""
        return self._price(self.qualified)

    @property
    def per_payment(self) -> Decimal | None:
        """What one won deal costs."""
        return self._price(self.paid)

    def _price(self, count: int) -> Decimal | None:
        return (self.cost / count).quantize(_CENT) if count and self.cost else None


def sources(
    *,
    user: User | None,
    first_day: date,
    last_day: date,
    touch: str = "first",
    campaigns: bool = False,
) -> list[SourceRow]:
    """Return the sources of the enquiries of some days, in the set-up's order. Four SQL queries.

    Costs of longer runs of days count by the day. Without `campaigns` a source's own cost and those
    of its campaigns are added up; with them, each stands in its own row.

    Args:
        user: counts only cards they may see; None for everybody's. Costs are the company's.
        first_day, last_day: days of the company's calendar, both included.
        touch: which touch names the source: "first", "last" or "deciding".
    """
    zone = company_schedule().zone
    cards = Item.objects.alive() if user is None else Item.objects.visible_to(user)
    since = _midnight(first_day, zone)
    until = _midnight(last_day + timedelta(days=1), zone)
    enquiries = _enquiries(cards.filter(created_at__gte=since, created_at__lt=until))
    told = _named(enquiries, touch, campaigns=campaigns).values("key", "campaign")
    lost = Q(stage__kind=Stage.Kind.LOST)
    lead = Q(pipeline__item_type__kind=ItemType.Kind.LEAD)
    good = (lead & Q(stage__kind=Stage.Kind.WON)) | (~lead & ~(lost & Q(loss_reason__target=False)))
    counted = told.annotate(
        cards=Count("pk"),
        non_target=Count("pk", filter=lost & Q(loss_reason__target=False)),
        target_lost=Count("pk", filter=lost & ~Q(loss_reason__target=False)),
        qualified=Count("pk", filter=good),
        paid=Sum("deals_won"),
        revenue=Sum("won_sum"),
    )
    found: dict[tuple[int | None, str], dict[str, Any]] = {
        (row["key"], row["campaign"]): row for row in counted.order_by()
    }
    costs = _costs(first_day, last_day, campaigns=campaigns)
    known = {s.pk: s for s in Source.objects.all()}
    rows = [
        _row(known.get(key[0] or 0), key[1], found.get(key, {}), costs.get(key, Decimal()))
        for key in {*found, *costs}
    ]
    return sorted(rows, key=_order)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _order(row: SourceRow) -> tuple[bool, int, int, str]:
    source = row.source
    return (
        source is None,
        source.position if source else 0,
        source.pk if source else 0,
        row.campaign,
    )


def _row(
    source: Source | None, campaign: str, found: Mapping[str, Any], cost: Decimal
) -> SourceRow:
    return SourceRow(
        source,
        campaign,
        enquiries=found.get("cards", 0),
        non_target=found.get("non_target", 0),
        target_lost=found.get("target_lost", 0),
        qualified=found.get("qualified", 0),
        paid=found.get("paid") or 0,
        revenue=found.get("revenue") or Decimal(),
        cost=cost.quantize(_CENT),
    )


def _enquiries(cards: QuerySet[Item]) -> QuerySet[Item]:
    """Keep what came from outside, and count what was won of each."""
    grown = ItemLink.objects.filter(child=OuterRef("pk"), kind__in=_GROWN)
    won = Q(
        child__stage__kind=Stage.Kind.WON,
        child__deleted_at=None,
        child__pipeline__item_type__counts_in_revenue=True,
    )
    earlier = ItemLink.objects.filter(
        child=OuterRef("child"), kind=ItemLink.Kind.CONVERTED, pk__lt=OuterRef("pk")
    )
    deals = ItemLink.objects.filter(
        won, ~Exists(earlier), parent=OuterRef("pk"), kind=ItemLink.Kind.CONVERTED
    )
    per_card = deals.order_by().values("parent")
    own = Q(stage__kind=Stage.Kind.WON, pipeline__item_type__counts_in_revenue=True)
    money: DecimalField[Any, Any] = DecimalField(max_digits=14, decimal_places=2)
    zero = Value(Decimal(), output_field=money)
    kinds = (ItemType.Kind.LEAD, ItemType.Kind.DEAL)
    return cards.filter(~Exists(grown), pipeline__item_type__kind__in=kinds).annotate(
        deals_won=Case(
            When(own, then=Value(1)),
            default=Coalesce(Subquery(per_card.annotate(n=Count("pk")).values("n")), Value(0)),
        ),
        won_sum=Case(
            When(own, then=F("amount")),
            default=Coalesce(Subquery(per_card.annotate(s=Sum("child__amount")).values("s")), zero),
            output_field=money,
        ),
    )


def _named(cards: QuerySet[Item], touch: str, *, campaigns: bool) -> QuerySet[Any]:
    """Name each card's source and campaign by the wanted touch, by the card's own without one."""
    nothing = Value("", output_field=CharField())
    text: CharField[Any, Any] = CharField()
    own = Coalesce(KeyTextTransform("utm_campaign", "utm"), nothing, output_field=text)
    if touch == "first":
        return cards.annotate(key=F("source_id"), campaign=own if campaigns else nothing)
    touches = Touch.objects.filter(item=OuterRef("pk"))
    if touch == "deciding":
        before = Case(
            When(Q(item__closed_at=None) | Q(at__lte=F("item__closed_at")), then=Value(1)),
            default=Value(0),
        )
        touches = touches.order_by("-deciding", before.desc(), "-at")
    else:
        touches = touches.order_by("-at")
    its_campaign = Subquery(
        touches.annotate(c=KeyTextTransform("utm_campaign", "utm")).values("c")[:1],
        output_field=text,
    )
    ids: BigIntegerField[Any, Any] = BigIntegerField()
    return cards.annotate(
        key=Coalesce(Subquery(touches.values("source_id")[:1]), F("source_id"), output_field=ids),
        campaign=Coalesce(its_campaign, own, output_field=text) if campaigns else nothing,
    )


def _costs(
    first_day: date, last_day: date, *, campaigns: bool
) -> dict[tuple[int | None, str], Decimal]:
    """Add up what each source cost in these days; a longer run counts by the day."""
    spent: dict[tuple[int | None, str], Decimal] = defaultdict(Decimal)
    for cost in SourceCost.objects.filter(first_day__lte=last_day, last_day__gte=first_day):
        days = (cost.last_day - cost.first_day).days + 1
        inside = (min(cost.last_day, last_day) - max(cost.first_day, first_day)).days + 1
        key = cost.source_id, cost.campaign if campaigns else ""
        spent[key] += cost.amount * inside / days
    return spent
