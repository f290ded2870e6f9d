"""The queue of losses to check, one of them open, and those that are decided."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from voronka.automation.verdict_queries import verdict_of, verdict_queue, verdicts_given
from voronka.people.requests import SignedInRequest
from voronka.web.rights import needs_right
from voronka.web.verdicts.page import Loss, evidence, losses

PAGE = 50


@require_GET
@needs_right("control")
def index(request: SignedInRequest) -> HttpResponse:
    """Show the queue, the most urgent first, with one loss open; for htmx only the queue.

    `open` names the loss to open; `at` is its place in the queue, so that after a verdict the next
    one opens there.
    """
    mine = request.GET.get("mine") == "1"
    rows = losses(verdict_queue(request.user, mine=mine))
    opened, place = _opened(request, rows)
    context = {
        "rows": rows,
        "opened": opened,
        "place": place,
        "mine": mine,
        "tab": "waiting",
        "evidence": evidence(opened.verdict) if opened else None,
        "everyone": not mine or bool(verdict_queue(request.user, limit=1)),
    }
    in_place = request.htmx.target == "verdicts"
    return render(request, "verdicts/_queue.html" if in_place else "verdicts/index.html", context)


@require_GET
@needs_right("control")
def given(request: SignedInRequest) -> HttpResponse:
    """List the losses that are decided, the newest first."""
    mine = request.GET.get("mine") == "1"
    start = _number(request.GET.get("after", ""))
    found = verdicts_given(request.user, mine=mine, before=start, limit=PAGE + 1)
    context = {
        "rows": losses(found[:PAGE]),
        "after": start + PAGE if len(found) > PAGE else "",
        "mine": mine,
        "tab": "given",
    }
    return render(request, "verdicts/given.html", context)


def _opened(request: SignedInRequest, rows: list[Loss]) -> tuple[Loss | None, int]:
    """Return the loss that stands open and its place in the queue."""
    wanted = _number(request.GET.get("open", ""))
    for place, row in enumerate(rows):
        if row.verdict.pk == wanted:
            return row, place
    if wanted and "at" not in request.GET:
        verdict = verdict_of(request.user, wanted)
        if verdict is not None:
            return losses([verdict])[0], 0
    place = min(_number(request.GET.get("at", "")), max(len(rows) - 1, 0))
    return (rows[place] if rows else None), place


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
