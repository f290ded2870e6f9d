"""The queue of all robots: what is next, what went wrong outside, and the kill switch."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.automation import commands
from voronka.automation.queries import engine_state, failed_errands, queue
from voronka.journal.actors import Actor
from voronka.people.requests import SignedInRequest
from voronka.web.rights import needs_right
from voronka.web.robots.pages import changed
from voronka.web.robots.trying import visible

PAGE = 50


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """Show the next runs by time, a page at a time, and failed errands."""
    cursor = _cursor(request.GET.get("after", ""))
    runs = queue(limit=PAGE + 1, after=cursor)
    errands = failed_errands() if cursor is None else []
    cards = [run.item_id for run in runs] + [e.item_id for e in errands if e.item_id]
    seen = visible(request, cards)
    last = runs[PAGE - 1] if len(runs) > PAGE else None
    context = {
        "engine": engine_state(),
        "rows": [(run, run.item_id in seen) for run in runs[:PAGE]],
        "errands": [(errand, errand.item_id in seen) for errand in errands],
        "next": f"{last.due_at.isoformat()}_{last.pk}" if last else "",
        "first": cursor is None,
    }
    in_place = request.htmx.target == "queue"
    return render(request, "robots/_queue.html" if in_place else "robots/queue.html", context)


def _cursor(text: str) -> tuple[datetime, int] | None:
    moment, _sep, number = text.rpartition("_")
    try:
        at = parse_datetime(moment) if moment else None
    except ValueError:
        return None
    return (at, int(number[:18])) if at and at.tzinfo and number.isdecimal() else None


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def stop(request: SignedInRequest) -> HttpResponse:
    """GET: ask for the reason; POST: let no robot act from now on."""
    if request.method == "GET":
        return render(request, "robots/_stop.html", {})
    commands.stop_engine(why=request.POST.get("why", ""), by=Actor.user(request.user))
    response = changed(_("All robots stand still. What happens meanwhile waits for them."))
    return trigger_client_event(response, "dialog:close", {})


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def start(request: SignedInRequest) -> HttpResponse:
    """GET: ask what becomes of what was missed; POST: let the robots act again."""
    if request.method == "GET":
        return render(request, "robots/_start.html", {"engine": engine_state()})
    forget = request.POST.get("missed") == "forget"
    commands.start_engine(forget=forget, by=Actor.user(request.user))
    response = changed(_("The robots work again."))
    return trigger_client_event(response, "dialog:close", {})


@require_POST
@needs_right("setup")
def retry(request: SignedInRequest, errand_id: int) -> HttpResponse:
    """Try a failed errand once more."""
    commands.retry_errand(errand_id, by=Actor.user(request.user))
    return changed(_("It is tried once more."))
