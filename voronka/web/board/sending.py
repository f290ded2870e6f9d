"""Sending a card on into another funnel: where to, and what is asked there (TN-1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from voronka.items.commands import Tunnel, tunnel_item
from voronka.items.errors import GateClosed
from voronka.items.models import Item, Passage
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Stage
from voronka.web.card.answers import dialog, said
from voronka.web.fields import carry_out, changes_of, draw, read, specs_of, values_of
from voronka.web.gate.moving import asked_specs


@login_required
@require_http_methods(["GET", "POST"])
def send(request: SignedInRequest, pipeline_id: int, item_id: int) -> HttpResponse:
    """GET: ask where the card goes; POST: send it there, or ask for what the stage wants."""
    cards = Item.objects.visible_to(request.user).filter(pipeline_id=pipeline_id)
    item = get_object_or_404(
        cards.select_related("stage", "pipeline__item_type", "contact", "company"), pk=item_id
    )
    stages = _entries(request.user, item)
    if request.method == "GET":
        return _ask(request, item, stages)
    wanted = request.POST.get("stage", "")
    to = next((stage for stage in stages if str(stage.pk) == wanted), None)
    if to is None:
        return _ask(request, item, stages, refusal=InvalidInput(_("Choose a stage.")))
    left, by = item.stage_id, Actor.user(request.user)
    specs = asked_specs(request, item)
    typed = read(request.POST, request.FILES, specs.values())
    try:
        with transaction.atomic():
            carry_out(item.pk, typed, specs, by=by)
            changes = changes_of(typed, specs, by=by, item_id=item.pk)
            tunnel_item(item.pk, Tunnel(to, Passage.How.MOVE, changes=changes), by=by)
    except (GateClosed, InvalidInput) as refusal:
        return _ask(request, item, stages, to=to, refusal=refusal, typed=typed)
    names = {"funnel": to.pipeline, "stage": to}
    text = _("Sent on to “%(funnel)s”, “%(stage)s”") % names
    response = said(text, undo_url=reverse("card:undo_move", args=[item.pk]))
    moved = {"id": item.pk, "stage": to.pk, "left": left}
    return trigger_client_event(response, "item:moved", moved)


def _entries(user: User, item: Item) -> list[Stage]:
    """Return the stages of work in other funnels of the card's type to which it may be sent."""
    kind = item.pipeline.item_type
    rows = Stage.objects.filter(
        kind=Stage.Kind.OPEN, pipeline__item_type=kind, pipeline__archived=False
    ).exclude(pipeline_id=item.pipeline_id)
    may = user.access.may
    return [
        stage
        for stage in rows.select_related("pipeline").order_by(
            "pipeline__position", "pipeline_id", "position"
        )
        if may("add", kind.code, stage.pipeline.code, owner_id=item.owner_id)
    ]


def _ask(
    request: SignedInRequest,
    item: Item,
    stages: list[Stage],
    *,
    to: Stage | None = None,
    refusal: DomainError | None = None,
    typed: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Answer with the dialog; sentences appear at their fields once these have been asked for."""
    missing = list(refusal.missing) if isinstance(refusal, GateClosed) else []
    codes = list(dict.fromkeys([*missing, *(typed or {})]))
    errors = dict(refusal.fields) if refusal and typed else {}
    specs = specs_of(item.pipeline.item_type, codes) if codes else {}
    inputs = draw(
        specs.values(),
        values_of(item),
        user=request.user,
        typed=typed,
        errors=errors,
        required=codes,
        focus=True,
    )
    shown = isinstance(refusal, GateClosed) or bool(errors)
    context: dict[str, object] = {
        "item": item,
        "stages": stages,
        "to": to,
        "inputs": inputs,
        "refusal": None if shown else refusal,
    }
    return dialog(request, "board/_send.html", context, status=422 if refusal else 200)
