"""What the checks tell: overturned refusals by person, and stages whose norm is doubted."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from voronka.automation.verdict_queries import norm_review, verdict_shares
from voronka.people.requests import SignedInRequest
from voronka.web.periods import period
from voronka.web.rights import needs_right


@require_GET
@needs_right("control")
def people(request: SignedInRequest) -> HttpResponse:
    """Shares of overturned refusals by person for a period (QL-6)."""
    span = period(request.GET.get("period", ""))
    rows = verdict_shares(since=span.since, until=span.until, user=request.user)
    context = {"rows": rows, "period": span, "tab": "people"}
    return render(request, "verdicts/people.html", context)


@require_GET
@needs_right("control")
def norms(request: SignedInRequest) -> HttpResponse:
    """Stages whose deadline was escalated, prolonged, paused or called wrong (FS-9, RB-2)."""
    span = period(request.GET.get("period", ""))
    access = request.user.access
    may_set_up = access.has("setup")
    rows = []
    for row in norm_review(since=span.since, until=span.until):
        pipeline = row.stage.pipeline
        if not access.scope("see", pipeline.item_type.code, pipeline.code):
            continue
        url = reverse("editor:passport", args=[pipeline.pk, row.stage.code]) if may_set_up else ""
        rows.append((row, url))
    context = {"rows": rows, "period": span, "tab": "norms"}
    return render(request, "verdicts/norms.html", context)
