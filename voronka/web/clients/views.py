"""The client's page and its pieces."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from voronka.clients.models import Client
from voronka.journal.commands import note_reading
from voronka.people.models import User
from voronka.people.requests import SignedInRequest, reader
from voronka.timeline import queries
from voronka.timeline.feed import feed
from voronka.timeline.history import PAGE
from voronka.timeline.models import Activity
from voronka.web.card.moments import REMINDERS, moments
from voronka.web.card.views import MOST_SHOWN
from voronka.web.clients.page import ClientPage


def client_or_404(user: User, client_id: int) -> ClientPage:
    """Return a client that the person may see; else 404."""
    seen = Client.objects.visible_to(user).select_related("owner", "source")
    client = seen.prefetch_related("contact_points").filter(pk=client_id).first()
    if client is None:
        raise Http404
    return ClientPage(client, user)


def keeper_of(user: User, client_id: int) -> Client | None:
    """Return into whom a client was merged in the end, if the person may see that one."""
    wanted, known = client_id, set[int]()
    while wanted not in known:
        known.add(wanted)
        into = Client.objects.filter(pk=wanted).values_list("merged_into_id", flat=True).first()
        if into is None:
            break
        wanted = into
    if wanted == client_id:
        return None
    return Client.objects.visible_to(user).filter(pk=wanted).first()


@login_required
@require_GET
def show(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Draw the client: in the slider for htmx, else as a page of its own.

    Who has been merged into another leads to that one. Reading is counted.
    """
    if not Client.objects.visible_to(request.user).filter(pk=client_id).exists():
        keeper = keeper_of(request.user, client_id)
        if keeper is None:
            raise Http404
        return redirect("clients:show", keeper.pk)
    page = client_or_404(request.user, client_id)
    note_reading(page.client, by=reader(request))
    context = {"page": page, "client": page.client, **feed_context(page)}
    return render(request, "clients/show.html", context | cards_context(page))


@login_required
@require_GET
def head(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Draw the head again: name, figures, owner."""
    return head_of(request, client_or_404(request.user, client_id))


@login_required
@require_GET
def left(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Draw contacts, companies and fields again."""
    return left_of(request, client_or_404(request.user, client_id))


@login_required
@require_GET
def side(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Draw the right column again: cards, doubles, files."""
    return side_of(request, client_or_404(request.user, client_id))


@login_required
@require_GET
def cards(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Draw the next cards of the client."""
    page = client_or_404(request.user, client_id)
    skip = request.GET.get("skip", "")
    context = cards_context(page, skip=int(skip) if skip.isdecimal() and len(skip) < 7 else 0)
    return render(request, "clients/_cards.html", {"page": page, "client": page.client, **context})


@login_required
@require_GET
def history(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Draw the feed again, or its next page (`before`), or only words (`words`)."""
    page = client_or_404(request.user, client_id)
    before = request.GET.get("before", "")
    if before:
        context = _history(page, before=before, words=bool(request.GET.get("words")))
        context |= {"page": page, "client": page.client}
        return render(request, "clients/_entries.html", context)
    shown = request.GET.get("shown", "")
    limit = int(shown) + 5 if shown.isdecimal() and len(shown) < 6 else 0
    return feed_of(request, page, limit=limit)


def head_of(request: SignedInRequest, page: ClientPage, *, oob: bool = False) -> HttpResponse:
    """Render the head, by itself or to be swapped in beside another answer."""
    context = {"page": page, "client": page.client, "oob": oob}
    return render(request, "clients/_head.html", context)


def left_of(request: SignedInRequest, page: ClientPage) -> HttpResponse:
    """Render the left column."""
    return render(request, "clients/_left.html", {"page": page, "client": page.client})


def side_of(request: SignedInRequest, page: ClientPage) -> HttpResponse:
    """Render the right column."""
    context = {"page": page, "client": page.client, **cards_context(page)}
    return render(request, "clients/_side.html", context)


def feed_of(request: SignedInRequest, page: ClientPage, *, limit: int = 0) -> HttpResponse:
    """Render what is planned and the feed's first page."""
    words = bool(request.GET.get("words") or request.POST.get("words"))
    context = {"page": page, "client": page.client, **feed_context(page, limit=limit, words=words)}
    return render(request, "clients/_feed.html", context)


def cards_context(page: ClientPage, *, skip: int = 0) -> dict[str, Any]:
    """Return what clients/_cards.html shows."""
    found, more = page.cards(skip=skip)
    return {"cards": found, "more": more}


def feed_context(page: ClientPage, *, limit: int = 0, words: bool = False) -> dict[str, Any]:
    """Return what clients/_feed.html and the composer show."""
    return {
        "plans": queries.planned(page.client),
        "pinned": queries.pinned(page.client),
        "moments": moments(),
        "reminders": REMINDERS.items(),
        "kinds": Activity.Kind.choices,
        **_history(page, limit=limit, words=words),
    }


def _history(
    page: ClientPage, *, before: str = "", limit: int = 0, words: bool = False
) -> dict[str, Any]:
    limit = max(PAGE, min(limit, MOST_SHOWN))
    found = feed(page.client, page.user, before=before, limit=limit, words=words)
    texts = [e.note.text for e in found.entries if e.note]
    return {"feed": found, "words": words, "names": queries.mentioned(texts)}
