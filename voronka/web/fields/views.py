"""JSON for <app-select data-url>: clients, cards and products by a few letters."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import JsonResponse
from django.views.decorators.http import require_GET

from voronka.clients.models import Client
from voronka.items.models import Item
from voronka.people.requests import SignedInRequest
from voronka.products.queries import products as find_products
from voronka.web import words

MOST = 20  # rows of an answer


@login_required
@require_GET
def clients(request: SignedInRequest) -> JsonResponse:
    """Answer clients by a part of the name or of a phone; `kind` narrows to persons, companies."""
    found = Client.objects.visible_to(request.user)
    if kind := request.GET.get("kind"):
        found = found.filter(kind=kind)
    text = request.GET.get("q", "").strip()[:80]
    digits = "".join(c for c in text if c.isdigit())
    for word in text.split()[:4]:
        matches = Q(name__icontains=word)
        if len(digits) >= 4:
            matches |= Q(contact_points__kind="phone", contact_points__value__contains=digits)
        found = found.filter(matches)
    rows = found.order_by("name", "pk").distinct()[:MOST] if text else found.order_by("-pk")[:MOST]
    hints = dict(Client.Kind.choices)
    return JsonResponse(
        [{"value": c.pk, "text": c.name, "hint": str(hints[Client.Kind(c.kind)])} for c in rows],
        safe=False,
    )


@login_required
@require_GET
def items(request: SignedInRequest) -> JsonResponse:
    """Answer cards by a part of the title, the newest first."""
    found = Item.objects.visible_to(request.user).select_related("pipeline", "stage")
    for word in request.GET.get("q", "").split()[:4]:
        found = found.filter(title__icontains=word)
    return JsonResponse(
        [
            {"value": i.pk, "text": i.title, "hint": f"{i.pipeline} · {i.stage}"}
            for i in found.order_by("-pk")[:MOST]
        ],
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
