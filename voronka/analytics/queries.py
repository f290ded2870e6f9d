"""The sales report: counts, sums, win rate and cycle by any of a few dimensions.

Source: docs/domain/report.md (C16, C21).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth, TruncQuarter
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.analytics import kept
from voronka.items.models import Item
from voronka.kernel.errors import InvalidInput
from voronka.kernel.texts import LocalText
from voronka.people.models import User
from voronka.pipelines.models import Pipeline, Stage

DIMENSIONS = {
    "stage": gettext_lazy("Stage"),
    "agent": gettext_lazy("Responsible"),
    "product": gettext_lazy("Product"),
    "quarter": gettext_lazy("Quarter of closing"),
    "month": gettext_lazy("Month of closing"),
    "source": gettext_lazy("Source"),
    "pipeline": gettext_lazy("Funnel"),
    "reason": gettext_lazy("Loss reason"),
}
_COLUMNS: dict[str, tuple[str, ...]] = {
    "stage": ("pipeline__position", "pipeline__name", "stage__position", "stage__name", "stage_id"),
    "agent": ("owner__name", "owner_id"),
    "product": ("lines__product__code", "lines__product__name"),
    "source": ("source__position", "source__name"),
    "pipeline": ("pipeline__position", "pipeline__name"),
    "reason": ("loss_reason__position", "loss_reason__name"),
}
_NAMES = {
    name: [c for c in columns if c.endswith("__name")][-1] for name, columns in _COLUMNS.items()
}
_PERIODS: dict[str, Callable[..., Any]] = {"quarter": TruncQuarter, "month": TruncMonth}


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One line of the report.

    Attributes:
        labels: the value of each asked dimension, in order; "—" where a card has none.
        keys: the same for machines: ids, codes, ISO dates.
        cards, open, won, lost: distinct cards.
        won_sum, open_sum: in the company currency.
        win_rate: won / (won + lost), 0..1; None while nothing is closed.
        average: won_sum / won; None without a won card.
        cycle: mean time from creation to winning; None without a won card.
    """

    labels: tuple[str, ...]
    keys: tuple[Any, ...]
    cards: int
    open: int
    won: int
    lost: int
    won_sum: Decimal
    open_sum: Decimal
    win_rate: float | None
    average: Decimal | None
    cycle: timedelta | None


def sales_report(
    *,
    user: User | None,
    by: Sequence[str] = (),
    pipelines: Sequence[str] = (),
    item_type: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[ReportRow]:
    """Count and sum cards by up to two dimensions. At most six SQL queries.

    By products and by time of closing every card is read; anything else comes from kept totals.
    A card with several products counts once under each of them.

    Args:
        user: whose rights bind the reading; None for the installation's own command line.
        by: dimensions from DIMENSIONS; none gives a single line of totals.
        pipelines: codes; all pipelines whose type counts as revenue when neither they nor
            `item_type` are given.
        since, until: cards closed, or created while they are open, in [since, until).
    Raises:
        InvalidInput: an unknown dimension, or more than two.
    """
    if len(by) > 2 or not set(by) <= DIMENSIONS.keys():
        raise InvalidInput(
            _("Group by one or two of: %(names)s.") % {"names": ", ".join(DIMENSIONS)}
        )
    funnels = Pipeline.objects.select_related("item_type").order_by()
    if pipelines:
        funnels = funnels.filter(code__in=pipelines)
    elif item_type:
        funnels = funnels.filter(item_type__code=item_type)
    else:
        funnels = funnels.filter(item_type__counts_in_revenue=True)
    meant = list(funnels)
    if set(by) <= kept.COLUMNS.keys():
        found = kept.figures_by(by, meant, user=user, since=since, until=until)
        lines = [_line(by, values, figures) for values, figures in found]
        return lines or ([] if by else [_line((), (), kept.Figures())])
    cards = Item.objects.visible_to(user, pipelines=meant) if user else Item.objects.alive()
    cards = cards.filter(pipeline__in=meant)
    if since:
        cards = cards.filter(Q(closed_at__gte=since) | Q(closed_at=None, created_at__gte=since))
    if until:
        cards = cards.filter(Q(closed_at__lt=until) | Q(closed_at=None, created_at__lt=until))
    for period in {"quarter", "month"} & set(by):
        cards = cards.annotate(**{period: _PERIODS[period]("closed_at")})
    groups = [column for name in by for column in _COLUMNS.get(name, (name,))]
    return [_row(by, raw) for raw in _totals(cards, groups, distinct="product" in by)]


def _totals(
    cards: QuerySet[Item], groups: list[str], *, distinct: bool
) -> Sequence[dict[str, Any]]:
    won, lost = Q(stage__kind=Stage.Kind.WON), Q(stage__kind=Stage.Kind.LOST)
    opened = Q(closed_at=None)

    def count(condition: Q | None = None) -> Count:
        return Count("pk", filter=condition, distinct=distinct)

    figures = {
        "n_cards": count(),
        "n_open": count(opened),
        "n_won": count(won),
        "n_lost": count(lost),
        "s_won": Sum("amount", filter=won),
        "s_open": Sum("amount", filter=opened),
        "cycle": Avg(F("closed_at") - F("created_at"), filter=won),
    }
    if not groups:
        return [cards.aggregate(**figures)]
    return list(cards.order_by(*groups).values(*groups).annotate(**figures))


def _line(by: Sequence[str], values: tuple[Any, ...], figures: kept.Figures) -> ReportRow:
    raw = {
        c: v
        for name, said in zip(by, values, strict=True)
        for c, v in zip(_COLUMNS[name], said, strict=True)
    }
    cycle = figures.cycle / figures.cycles if figures.cycles else None
    return _row(
        by,
        raw
        | {
            "n_cards": figures.cards,
            "n_open": figures.open,
            "n_won": figures.won,
            "n_lost": figures.lost,
            "s_won": figures.won_sum,
            "s_open": figures.open_sum,
            "cycle": cycle,
        },
    )


def _row(by: Sequence[str], raw: dict[str, Any]) -> ReportRow:
    won, lost = raw["n_won"], raw["n_lost"]
    won_sum = raw["s_won"] or Decimal(0)
    return ReportRow(
        labels=tuple(_label(name, raw) for name in by),
        keys=tuple(_machine_key(name, raw) for name in by),
        cards=raw["n_cards"],
        open=raw["n_open"],
        won=won,
        lost=lost,
        won_sum=won_sum,
        open_sum=raw["s_open"] or Decimal(0),
        win_rate=won / (won + lost) if won + lost else None,
        average=(won_sum / won).quantize(Decimal("0.01")) if won else None,
        cycle=raw["cycle"],
    )


def _label(name: str, raw: dict[str, Any]) -> str:
    if name in _PERIODS:
        at = raw[name]
        if at is None:
            return _("not closed")
        return f"{at.year} Q{(at.month + 2) // 3}" if name == "quarter" else f"{at:%Y-%m}"
    value = raw[_NAMES[name]]
    return str(LocalText.of(value)) if value else "—"


def _machine_key(name: str, raw: dict[str, Any]) -> Any:
    if name in _PERIODS:
        return raw[name].date().isoformat() if raw[name] else None
    last = _COLUMNS[name][-1] if name != "product" else "lines__product__code"
    value = raw[last]
    return value.as_dict() if isinstance(value, LocalText) else value
