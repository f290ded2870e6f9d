"""Changing cards from the board: a move through the gate, a new card in place."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from voronka.items.commands import create_item
from voronka.items.errors import GateClosed
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import ItemType, Stage
from voronka.web import gate
from voronka.web.board.page import board_or_404
from voronka.web.card import converting, creating
from voronka.web.fields import changes_of, read, specs_of
from voronka.web.toasts import toast


@login_required
@require_POST
def move(request: SignedInRequest, pipeline_id: int, item_id: int) -> HttpResponse:
    """Move a card to the stage it was dropped on; a lead's way to success is its conversion.

    Answers 204 with `item:moved`, or a dialog that asks for what is missing.
    """
    cards = Item.objects.visible_to(request.user).filter(pipeline_id=pipeline_id)
    item = get_object_or_404(
        cards.select_related("stage", "pipeline__item_type", "owner"), pk=item_id
    )
    wanted = request.POST.get("stage", "")
    to = get_object_or_404(
        item.pipeline.stages, pk=int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0
    )
    left = item.stage_id
    lead = item.pipeline.item_type.kind == ItemType.Kind.LEAD
    if lead and to.kind == Stage.Kind.WON and item.stage.is_open:
        return converting.dialog_of(request, item)
    moved = gate.move(request, item, to, url=request.path)
    if isinstance(moved, HttpResponse):
        return moved
    return gate.tell(HttpResponse(status=204), moved, left=left)


@login_required
@require_POST
def add(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Make a card from two short fields, at `stage` if its gate lets it, else at the first one.

    What the first stage asks for besides opens the dialog. Answers with the form, empty again for
    the next card, and `item:created`.
    """
    board = board_or_404(request.user, pipeline_id)
    codes = ["title", "client"] if board.kind.has_client else ["title"]
    specs = specs_of(board.kind, codes)
    typed = read(request.POST, None, specs.values())
    by = Actor.user(request.user)
    work = [stage for stage in board.stages if stage.is_open]
    wanted = request.POST.get("stage", "")
    at = next((stage for stage in work if str(stage.pk) == wanted), None)
    first = at is None or at == work[0]
    context = {"board": board, "pipeline": board.pipeline, "open": True, "stage": at}
    context["first"] = first

    def make(stage: Stage | None) -> Item:
        with transaction.atomic():
            changes = changes_of(typed, specs, by=by)
            title = str(changes.pop("title", "")).strip() or typed.get("client", "")
            return create_item(board.pipeline, title=title, by=by, stage=stage, changes=changes)

    text = _("“%(title)s” is made")
    try:
        try:
            item = make(at)
        except GateClosed:
            if first:
                raise
            item = make(None)
            text = _("“%(title)s” is made at the first stage: “%(stage)s” asks for more")
    except GateClosed:
        return creating.new(request)
    except InvalidInput as refusal:
        context |= {"refusal": refusal, "typed": typed}
        return render(request, "board/_quick_add.html", context, status=422)
    response = render(request, "board/_quick_add.html", context)
    response = toast(response, text % {"title": item.title, "stage": at})
    made = {"id": item.pk, "stage": item.stage_id}
    return trigger_client_event(response, "item:created", made)
