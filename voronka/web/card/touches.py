"""Where a card's client came from, each time: the first, the last, the deciding touch (IN-16)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from voronka.channels.models import Channel
from voronka.items.attribution import attribution
from voronka.items.commands.sources import name_deciding_touch, unname_deciding_touch
from voronka.journal.actors import Actor
from voronka.people.requests import SignedInRequest
from voronka.web.card.answers import said
from voronka.web.card.views import card_or_404


@login_required
@require_GET
def touches(request: SignedInRequest, item_id: int) -> HttpResponse:
    """List the touches, newest first; asked for when the fold is opened."""
    card = card_or_404(request.user, item_id)
    found = attribution(card.item)
    known = {touch.channel_id for touch in found.touches if touch.channel_id is not None}
    names = dict(Channel.objects.filter(pk__in=known).values_list("pk", "name"))
    rows = [(touch, names.get(touch.channel_id or 0, "")) for touch in reversed(found.touches)]
    context = {"card": card, "item": card.item, "found": found, "rows": rows}
    return render(request, "card/_touches.html", context)


@login_required
@require_POST
def decide(request: SignedInRequest, item_id: int, touch_id: int) -> HttpResponse:
    """Name the deciding touch of a card."""
    card = card_or_404(request.user, item_id)
    found = attribution(card.item)
    if touch_id not in {touch.pk for touch in found.touches}:
        raise Http404
    before = next((touch.pk for touch in found.touches if touch.deciding), None)
    name_deciding_touch(touch_id, by=Actor.user(request.user))
    back = (
        reverse("card:decide_touch", args=[item_id, before])
        if before
        else reverse("card:undecide_touch", args=[item_id])
    )
    return _told(_("This touch counts as the deciding one"), back)


@login_required
@require_POST
def undecide(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Let the last touch before the end decide again."""
    card = card_or_404(request.user, item_id)
    before = next((touch for touch in attribution(card.item).touches if touch.deciding), None)
    unname_deciding_touch(item_id, by=Actor.user(request.user))
    back = reverse("card:decide_touch", args=[item_id, before.pk]) if before else ""
    return _told(_("The last touch before the end counts as the deciding one"), back)


def _told(text: str, back: str) -> HttpResponse:
    return trigger_client_event(said(text, undo_url=back), "card:touches")
