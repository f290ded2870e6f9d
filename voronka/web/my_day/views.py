"""The list for today, tomorrow and the week, and all work of a person."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.timeline import day, queries
from voronka.timeline.models import Activity
from voronka.web.addresses import address
from voronka.web.card.moments import moments
from voronka.web.my_day.words import SPANS, STATES, why

PAGE = 30  # rows that are shown at once
MOST_SHOWN = 900


@login_required
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """Show somebody's day, tomorrow or week; for htmx only the list."""
    person = person_of(request)
    when = request.GET.get("when", "")
    when = when if when in SPANS else "today"
    shown = _shown(request)
    if when == "today":
        found = day.day(person, request.user, shown=shown)
    else:
        first, last = (1, 2) if when == "tomorrow" else (1, 1 + day.WEEK)
        since, until = day.midnight(person, days=first), day.midnight(person, days=last)
        found = day.ahead(person, request.user, since=since, until=until, shown=shown)
    context = {
        "day": found,
        "rows": [(row, why(row)) for row in found.rows],
        "further": shown + PAGE if found.left > shown else 0,
        "when": when,
        "spans": SPANS.items(),
        "moments": moments()[1:],
        "client_url": "clients:show" if address("clients:show", 1) else "",
        "board_url": address("board:index"),
        "board_action": _("Open the funnels") if address("board:index") else "",
        **_whose(request, person),
    }
    in_place = request.htmx.target == "day"
    return render(request, "my_day/_list.html" if in_place else "my_day/index.html", context)


@login_required
@require_GET
def work(request: SignedInRequest) -> HttpResponse:
    """List somebody's tasks, calls and meetings: planned, overdue, without a date, done."""
    person = person_of(request)
    state = request.GET.get("state", "")
    state = state if state in STATES else "planned"
    kind = request.GET.get("kind", "")
    kind = kind if kind in Activity.Kind.values else ""
    page = queries.work(
        person, request.user, state=state, kind=kind, after=request.GET.get("after", "")
    )
    context = {
        "rows": page.rows,
        "after": page.after,
        "state": state,
        "states": STATES.items(),
        "kind": kind,
        "kinds": Activity.Kind.choices,
        "moments": moments()[1:],
        **_whose(request, person),
    }
    return render(request, "my_day/work.html", context)


def person_of(request: SignedInRequest) -> User:
    """Return the person of `?who=`, oneself by default; 404 for whom one may not look at."""
    asked = request.GET.get("who", "")
    if not asked or asked == str(request.user.pk):
        return request.user
    if not asked.isdecimal() or len(asked) > 18:
        raise Http404
    person = User.objects.filter(pk=int(asked), is_active=True).first()
    if person is None or not day.may_look(request.user, person):
        raise Http404
    return person


def _whose(request: SignedInRequest, person: User) -> dict[str, Any]:
    team = day.team(request.user)
    return {
        "person": person,
        "own": person.pk == request.user.pk,
        "team": team if len(team) > 1 else [],
    }


def _shown(request: SignedInRequest) -> int:
    asked = request.GET.get("shown", "")
    return max(PAGE, min(int(asked), MOST_SHOWN)) if asked.isdecimal() and len(asked) < 6 else PAGE
