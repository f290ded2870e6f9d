"""The palette's list, and the page of everything found."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from voronka.people.requests import SignedInRequest
from voronka.search.queries import search
from voronka.search.recent import recent_cards
from voronka.search.rules import LONGEST
from voronka.web.search.places import find_places, first_places

ON_PALETTE = 6  # cards, and as many clients
ON_PAGE = 50


@login_required
@require_GET
def palette(request: SignedInRequest) -> HttpResponse:
    """Answer what was typed so far: cards, clients, places; before that, the latest cards."""
    user, text = request.user, _typed(request)
    if not text:
        context = {"recent": recent_cards(user), "first": first_places(user)}
        return render(request, "search/_first.html", context)
    found = search(user, text, limit=ON_PALETTE)
    context = {"text": text, "found": found, "places": find_places(user, text)}
    return render(request, "search/_palette.html", context)


@login_required
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """Show everything that was found, with what matched; htmx reads it again while one types."""
    user, text = request.user, _typed(request)
    context = {
        "text": text,
        "found": search(user, text, limit=ON_PAGE) if text else None,
        "places": find_places(user, text, limit=ON_PAGE) if text else [],
        "recent": [] if text else recent_cards(user, limit=20),
    }
    return render(request, "search/index.html", context)


def _typed(request: SignedInRequest) -> str:
    return request.GET.get("q", "").strip()[:LONGEST]
