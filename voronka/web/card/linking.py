"""Cards that belong together."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.items import commands
from voronka.items.models import Item, ItemLink
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.requests import SignedInRequest
from voronka.web.card.answers import dialog, said
from voronka.web.card.views import card_or_404


@login_required
@require_http_methods(["GET", "POST"])
def link(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Choose a card to link this one with."""
    card = card_or_404(request.user, item_id)
    if request.method == "GET":
        return dialog(request, "card/_link.html", {"item": card.item})
    pk = request.POST.get("other", "")
    other = (
        Item.objects.visible_to(request.user)
        .filter(pk=int(pk) if pk.isdecimal() and len(pk) < 19 else 0)
        .first()
    )
    if other is None:
        context = {"item": card.item, "error": _("Choose a card from the list.")}
        return dialog(request, "card/_link.html", context, status=422)
    try:
        commands.link_items(item_id, other.pk, by=Actor.user(request.user))
    except DomainError as refusal:
        context = {"item": card.item, "error": str(refusal.detail)}
        return dialog(request, "card/_link.html", context, status=422)
    text = _("Linked with “%(title)s”") % {"title": other.title}
    return trigger_client_event(said(text), "card:read")


@login_required
@require_POST
def unlink(request: SignedInRequest, item_id: int, link_id: int) -> HttpResponse:
    """Take a link away."""
    card = card_or_404(request.user, item_id)
    found = get_object_or_404(ItemLink, pk=link_id)
    if item_id in (found.parent_id, found.child_id):
        commands.unlink_items(link_id, by=Actor.user(request.user))
    return render(request, "card/_side.html", {"card": card, "item": card.item})
