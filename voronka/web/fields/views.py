"""JSON for <app-select data-url>: clients, cards and products by a few letters."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.views.decorators.http import require_GET

from voronka.clients.models import Client
from voronka.items.models import Item
from voronka.people.requests import SignedInRequest
from voronka.products.queries import products as find_products
from voronka.search.clients import find_clients
from voronka.search.queries import search
from voronka.web import words

MOST = 20  # rows of an answer


@login_required
@require_GET
def clients(request: SignedInRequest) -> JsonResponse:
    """Answer clients by a piece of a name, phone or e-mail; `kind` narrows to persons, companies.

    Before anything is typed, the newest.
    """
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "").strip()
    if text:
        hits = find_clients(request.user, text, kind=kind, limit=MOST)
        rows = [(hit.client, "" if hit.reason.kind == "name" else hit.reason.text) for hit in hits]
    else:
        seen = Client.objects.visible_to(request.user).order_by("-pk")
        seen = seen.filter(kind=kind) if kind else seen
        rows = [(client, "") for client in seen[:MOST]]
    return JsonResponse(
        [
            {"value": c.pk, "text": c.name, "hint": why or str(c.get_kind_display())}
            for c, why in rows
        ],
        safe=False,
    )


@login_required
@require_GET
def items(request: SignedInRequest) -> JsonResponse:
    """Answer cards by a piece of the title, number or client; at first the newest."""
    text = request.GET.get("q", "").strip()
    if text:
        cards = [hit.item for hit in search(request.user, text, limit=MOST).cards]
    else:
        seen = Item.objects.visible_to(request.user).select_related("pipeline", "stage")
        cards = list(seen.order_by("-pk")[:MOST])
    return JsonResponse(
        [{"value": i.pk, "text": i.title, "hint": f"{i.pipeline} · {i.stage}"} for i in cards],
        safe=False,
    )


@login_required
@require_GET
def products(request: SignedInRequest) -> JsonResponse:
    """Answer products on offer with their price."""
    found = find_products(request.GET.get("q", "")[:80])[:MOST]
    return JsonResponse(
        [{"value": p.pk, "text": str(p), "hint": words.money(p.price)} for p in found], safe=False
    )
