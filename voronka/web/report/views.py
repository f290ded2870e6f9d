"""The sales report: two dimensions, a period, a table."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from voronka.analytics.queries import DIMENSIONS, ReportRow, sales_report
from voronka.kernel.errors import Forbidden
from voronka.people.access import REFUSALS
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Pipeline, Stage

MOST_BARS = 30  # of names; more are in the table


@login_required
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """Count and sum what this person may see."""
    if not request.user.access.has("reports"):
        raise Forbidden(REFUSALS["see"])
    chosen = [d for d in (request.GET.get("by", "stage"), request.GET.get("and", "")) if d]
    chosen = [d for d in dict.fromkeys(chosen) if d in DIMENSIONS] or ["stage"]
    period = request.GET.get("period", "")
    since, until = _span(period, request.GET.get("since", ""), request.GET.get("until", ""))
    funnels = [
        p
        for p in Pipeline.objects.select_related("item_type").filter(archived=False)
        if request.user.access.scope("see", p.item_type.code, p.code)
    ]
    codes = {p.code for p in funnels}
    funnel = request.GET.get("funnel", "")
    rows = sales_report(
        user=request.user,
        by=chosen,
        pipelines=[funnel] if funnel in codes else [],
        since=since,
        until=until,
    )
    totals = sales_report(
        user=request.user,
        pipelines=[funnel] if funnel in codes else [],
        since=since,
        until=until,
    )[0]
    places = _funnels_of(rows) if chosen[0] == "stage" and funnel not in codes else {}
    notes = [places.get(row.keys[0], "") for row in rows]
    chart = _chart(rows, notes, chosen[0]) if len(chosen) == 1 else None
    context = {
        "rows": list(zip(rows, notes, strict=True)),
        "totals": totals,
        "chosen": chosen,
        "second": chosen[1] if len(chosen) > 1 else "",
        "dimensions": DIMENSIONS,
        "titles": [DIMENSIONS[d] for d in chosen],
        "funnels": funnels,
        "funnel": funnel,
        "period": period,
        "periods": [
            ("", _("All time")),
            ("month", _("This month")),
            ("quarter", _("This quarter")),
            ("year", _("This year")),
            ("last_year", _("Last year")),
        ],
        "chart": chart,
    }
    return render(request, "report/index.html", context)


def _funnels_of(rows: list[ReportRow]) -> dict[int, str]:
    """Return stage -> its funnel: stages of several funnels bear the same name. One query."""
    stages = Stage.objects.filter(pk__in={row.keys[0] for row in rows}).select_related("pipeline")
    return {stage.pk: str(stage.pipeline) for stage in stages}


def _chart(rows: list[ReportRow], notes: list[str], by: str) -> dict[str, Any] | None:
    """Return the bars of what was won: names lie beside theirs, time runs from left to right."""
    over_time = by in ("month", "quarter")
    shown = [(r, note) for r, note in zip(rows, notes, strict=True) if over_time or r.won_sum]
    if len(shown) > MOST_BARS and not over_time:
        least = sorted((row.won_sum for row, _note in shown), reverse=True)[MOST_BARS - 1]
        shown = [pair for pair in shown if pair[0].won_sum >= least][:MOST_BARS]
    if not shown:
        return None
    return {
        "labels": [" · ".join(filter(None, [row.labels[0], note])) for row, note in shown],
        "sums": [float(row.won_sum) for row, _note in shown],
        "standing": over_time,
    }


def _span(period: str, since: str, until: str) -> tuple[datetime | None, datetime | None]:
    """Return the moments of a named period, or of two typed dates (the second inclusive)."""
    today = timezone.localdate()
    first = {
        "month": today.replace(day=1),
        "quarter": today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1),
        "year": today.replace(month=1, day=1),
        "last_year": today.replace(year=today.year - 1, month=1, day=1),
    }.get(period)
    last = today.replace(month=1, day=1) - timedelta(days=1) if period == "last_year" else None
    if first is None:
        first, last = _day(since), _day(until)
    begin = timezone.make_aware(datetime.combine(first, time())) if first else None
    day_after = last + timedelta(days=1) if last else None
    end = timezone.make_aware(datetime.combine(day_after, time())) if day_after else None
    return begin, end


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
