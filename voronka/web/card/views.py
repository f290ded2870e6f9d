"""The card's page and its pieces."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from voronka.items.models import Item
from voronka.journal.commands import note_reading
from voronka.kernel.prepared import Prepared
from voronka.people.models import User
from voronka.people.requests import SignedInRequest, reader
from voronka.timeline import queries
from voronka.timeline.feed import feed, open_questions
from voronka.timeline.history import PAGE
from voronka.web.card.moments import REMINDERS, moments
from voronka.web.card.page import CardPage

MOST_SHOWN = 300  # entries of the feed that are read again when something changes


def card_or_404(user: User, item_id: int) -> CardPage:
    """Return a card that the person may see, with everything its head needs; else 404."""
    item = _CARD.first(item_id)
    if item is None or not item.seen_by(user):
        raise Http404
    return CardPage(item, user)


_CARD = Prepared(
    lambda pk: (
        Item.objects.alive()
        .select_related(
            "stage",
            "pipeline__item_type",
            "owner",
            "contact",
            "company",
            "source",
            "loss_reason",
        )
        .filter(pk=pk)
        .order_by()
    ),
    int,
    model=Item,
)


@login_required
@require_GET
def show(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Draw the card: in the slider for htmx, else as a page of its own. Reading is counted."""
    card = card_or_404(request.user, item_id)
    note_reading(card.item, by=reader(request), pipeline_id=card.item.pipeline_id)
    context = {"card": card, "item": card.item, **feed_context(card)}
    return render(request, "card/show.html", context)


@login_required
@require_GET
def head(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Draw the head again: number, title, owner, stage bar, what is missing."""
    return head_of(request, card_or_404(request.user, item_id))


@login_required
@require_GET
def fields(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Draw the fields again."""
    card = card_or_404(request.user, item_id)
    return render(request, "card/_fields.html", {"card": card, "item": card.item})


@login_required
@require_GET
def side(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Draw the right column again: script, client, linked cards, products, files."""
    card = card_or_404(request.user, item_id)
    return render(request, "card/_side.html", {"card": card, "item": card.item})


@login_required
@require_GET
def history(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Draw the feed again, or its next page (`before`), or only words (`words`)."""
    card = card_or_404(request.user, item_id)
    before = request.GET.get("before", "")
    if before:
        context = _history(card, before=before, words=bool(request.GET.get("words")))
        return render(request, "card/_entries.html", {"card": card, "item": card.item, **context})
    shown = request.GET.get("shown", "")
    limit = int(shown) + 5 if shown.isdecimal() and len(shown) < 6 else 0
    return feed_of(request, card, limit=limit)


def head_of(request: SignedInRequest, card: CardPage, *, oob: bool = False) -> HttpResponse:
    """Render the head, by itself or to be swapped in beside another answer."""
    return render(request, "card/_head.html", {"card": card, "item": card.item, "oob": oob})


def feed_of(request: SignedInRequest, card: CardPage, *, limit: int = 0) -> HttpResponse:
    """Render what is planned and the feed's first page."""
    words = bool(request.GET.get("words") or request.POST.get("words"))
    context = feed_context(card, limit=limit, words=words)
    return render(request, "card/_feed.html", {"card": card, "item": card.item, **context})


def feed_context(card: CardPage, *, limit: int = 0, words: bool = False) -> dict[str, Any]:
    """Return what card/_feed.html shows."""
    plans = queries.planned(card.item)
    return {
        "plans": plans,
        "owes": queries.owes(card.item, plans),
        "pinned": queries.pinned(card.item),
        "questions": open_questions(card.item, card.user),
        "moments": moments(),
        "reminders": REMINDERS.items(),
        **_history(card, limit=limit, words=words),
    }


def _history(
    card: CardPage, *, before: str = "", limit: int = 0, words: bool = False
) -> dict[str, Any]:
    limit = max(PAGE, min(limit, MOST_SHOWN))
    found = feed(card.item, card.user, before=before, limit=limit, words=words)
    texts = [e.note.text for e in found.entries if e.note]
    return {"feed": found, "words": words, "names": queries.mentioned(texts)}
