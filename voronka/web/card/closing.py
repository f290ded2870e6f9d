"""Moving, correcting, deleting: what changes where the card stands, and the way back."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import retarget, trigger_client_event

from voronka.items import commands
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import ItemType, Stage
from voronka.web import gate
from voronka.web.card import converting
from voronka.web.card.views import card_or_404, head_of
from voronka.web.gate.moving import correction
from voronka.web.toasts import toast


@login_required
@require_POST
def move(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Move by the stage bar; a lead's way to success is its conversion."""
    item = card_or_404(request.user, item_id).item
    to = _stage(request, item)
    left = item.stage_id
    lead = item.pipeline.item_type.kind == ItemType.Kind.LEAD
    if lead and to.kind == Stage.Kind.WON and item.stage.is_open:
        return converting.dialog_of(request, item)
    moved = gate.move(request, item, to, url=request.path)
    if isinstance(moved, HttpResponse):
        return moved
    return gate.tell(_new_head(request, item_id), moved, left=left)


@login_required
@require_POST
def correct(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Return a card to an earlier stage with a reason (FS-7)."""
    item = card_or_404(request.user, item_id).item
    to = _stage(request, item)
    left = item.stage_id
    try:
        item = commands.correct_item(
            item.pk, to=to, why=request.POST.get("why", ""), by=Actor.user(request.user)
        )
    except InvalidInput as refusal:
        return correction(request, item, to, refusal=refusal)
    response = toast(_new_head(request, item_id), _("Returned to “%(stage)s”") % {"stage": to})
    moved = {"id": item.pk, "stage": item.stage_id, "left": left}
    response = trigger_client_event(response, "item:moved", moved)
    return trigger_client_event(response, "dialog:close", {})


@login_required
@require_POST
def undo(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Take the last move back (UI-13)."""
    item = card_or_404(request.user, item_id).item
    left = item.stage_id
    try:
        item = commands.undo_move(item.pk, by=Actor.user(request.user))
    except DomainError as refusal:
        return toast(HttpResponse(status=204), str(refusal), kind="warning")
    text = _("Back at “%(stage)s”") % {"stage": item.stage}
    response = toast(HttpResponse(status=204), text, kind="info")
    moved = {"id": item.pk, "stage": item.stage_id, "left": left}
    return trigger_client_event(response, "item:moved", moved)


@login_required
@require_POST
def delete(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Put the card into the recycle bin, with a way back."""
    item = card_or_404(request.user, item_id).item
    commands.delete_item(item.pk, by=Actor.user(request.user))
    text = _("“%(title)s” is in the recycle bin") % {"title": item.title}
    undo_url = reverse("card:restore", args=[item.pk])
    response = toast(HttpResponse(status=204), text, undo_url=undo_url)
    response = trigger_client_event(response, "item:deleted", {"id": item.pk})
    return trigger_client_event(response, "slider:close", {})


@login_required
@require_POST
def restore(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Bring a card back from the recycle bin."""
    item = commands.restore_item(item_id, by=Actor.user(request.user))
    text = _("“%(title)s” is back") % {"title": item.title}
    response = toast(HttpResponse(status=204), text, kind="info")
    return trigger_client_event(response, "item:moved", {"id": item.pk, "stage": item.stage_id})


def _stage(request: SignedInRequest, item: Item) -> Stage:
    pk = request.POST.get("stage", "")
    return get_object_or_404(
        item.pipeline.stages, pk=int(pk) if pk.isdecimal() and len(pk) < 19 else 0
    )


def _new_head(request: SignedInRequest, item_id: int) -> HttpResponse:
    response = head_of(request, card_or_404(request.user, item_id))
    response["HX-Reswap"] = "morph"
    return retarget(response, f"#item-head-{item_id}")
