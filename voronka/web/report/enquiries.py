"""Two reports about enquiries: what each source brings and costs, how fast they are answered."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from voronka.analytics.sources import sources
from voronka.channels.models import Channel
from voronka.items.first_response import Speed, speed
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Pipeline, Source
from voronka.web.periods import period
from voronka.web.rights import needs_right

TOUCHES: dict[str, Promise] = {
    "first": gettext_lazy("the first touch"),
    "last": gettext_lazy("the last touch"),
    "deciding": gettext_lazy("the deciding touch"),
}
BY: dict[str, Promise] = {
    "source": gettext_lazy("Source"),
    "hour": gettext_lazy("Hour of the day"),
    "owner": gettext_lazy("Responsible"),
    "channel": gettext_lazy("Channel"),
    "pipeline": gettext_lazy("Funnel"),
}


@require_GET
@needs_right("reports")
def by_source(request: SignedInRequest) -> HttpResponse:
    """Show what each source, or campaign, brings and costs in a period."""
    chosen = period(request.GET.get("period", ""))
    touch = request.GET.get("touch", "")
    touch = touch if touch in TOUCHES else "first"
    campaigns = "campaigns" in request.GET
    first_day = timezone.localdate(chosen.since)
    last_day = timezone.localdate(chosen.until - timedelta(microseconds=1))
    rows = sources(
        user=request.user,
        first_day=first_day,
        last_day=last_day,
        touch=touch,
        campaigns=campaigns,
    )
    context = {
        "rows": rows,
        "period": chosen,
        "touch": touch,
        "touches": TOUCHES,
        "campaigns": campaigns,
        "spent": any(row.cost for row in rows),
    }
    return render(request, "report/sources.html", context)


@require_GET
@needs_right("reports")
def answers(request: SignedInRequest) -> HttpResponse:
    """Show how fast first answers came in a period, by source, hour, person, channel or funnel."""
    chosen = period(request.GET.get("period", ""))
    by = request.GET.get("by", "")
    by = by if by in BY else "source"
    now = timezone.now()
    rows, whole = (
        speed(one, since=chosen.since, until=chosen.until, at=now, user=request.user)
        for one in (by, "")
    )
    names = _names(by, rows)
    context = {
        "rows": [(names.get(row.key, _("not known")), row) for row in rows],
        "total": next(iter(whole), None),
        "period": chosen,
        "by": by,
        "choices": BY,
        "title": BY[by],
    }
    return render(request, "report/answers.html", context)


def _names(by: str, rows: list[Speed]) -> dict[int | None, str]:
    """Return key -> its name. At most one SQL query."""
    if by == "hour":
        return {hour: f"{hour}:00–{(hour + 1) % 24}:00" for hour in range(24)}
    ids = [row.key for row in rows if row.key]
    model = {"source": Source, "owner": User, "channel": Channel, "pipeline": Pipeline}[by]
    return {pk: str(one) for pk, one in model._default_manager.in_bulk(ids).items()}
