"""One cell edited where it stands: a field, the owner, the stage; each by its own command."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap

from voronka.items import commands
from voronka.items.commands.editing import stored
from voronka.items.errors import CardChanged
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel import masking
from voronka.kernel.errors import InvalidInput, Sentence
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Field, ItemType, Stage
from voronka.web import gate
from voronka.web.card import converting
from voronka.web.fields import changes_of, draw, read, show, values_of
from voronka.web.list.columns import Column, all_columns
from voronka.web.list.rows import Drawing
from voronka.web.toasts import toast


@login_required
@require_http_methods(["GET", "POST"])
def cell(request: SignedInRequest, item_id: int, code: str) -> HttpResponse:
    """GET: the cell as an input, or with ?show=1 as text; POST: save it. What is refused stays."""
    item = _card(request, item_id)
    column = _column(item, code)
    if "show" in request.GET or (request.method == "POST" and code == "stage"):
        return _shown(request, item, column)
    if request.method == "GET":
        return _input(request, item, column)
    try:
        _save(request, item, column)
    except CardChanged:
        item = _card(request, item_id)
        now = show([column.spec], [values_of(item)], user=request.user) if column.spec else [{}]
        error = _("Somebody has written “%(value)s” here meanwhile. Save again to replace it.")
        return _input(request, item, column, error=error % {"value": now[0].get(code) or "—"})
    except InvalidInput as refusal:
        return _input(request, item, column, error=refusal.fields.get(code) or refusal.detail)
    found = Item.objects.visible_to(request.user).filter(pk=item_id).first()
    if found is None:
        text = _("The card has gone to another owner, and your role no longer shows it to you")
        response = toast(HttpResponse(), text, kind="info")
        response["HX-Retarget"] = f"#row-{item_id}"
        return reswap(response, "delete")
    return _shown(request, found, column)


@login_required
@require_POST
def move(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Move a card from its cell, through the gate; a lead's way to success is its conversion."""
    item = _card(request, item_id)
    pk = request.POST.get("stage", "")
    to = get_object_or_404(
        item.pipeline.stages, pk=int(pk) if pk.isdecimal() and len(pk) < 19 else 0
    )
    left = item.stage_id
    lead = item.pipeline.item_type.kind == ItemType.Kind.LEAD
    if lead and to.kind == Stage.Kind.WON and item.stage.is_open:
        return converting.dialog_of(request, item)
    moved = gate.move(request, item, to, url=request.path)
    if isinstance(moved, HttpResponse):
        return moved
    return gate.tell(HttpResponse(status=204), moved, left=left)


def _card(request: SignedInRequest, item_id: int) -> Item:
    cards = Item.objects.visible_to(request.user).select_related("stage", "pipeline__item_type")
    return get_object_or_404(cards, pk=item_id)


def _column(item: Item, code: str) -> Column:
    fields = Field.objects.filter(item_type=item.pipeline.item_type_id, code=code, archived=False)
    columns = all_columns(item.pipeline.item_type, None, fields.select_related("section"))
    column = columns.get(code)
    if column is None or not (column.editable or column.code == "title"):
        raise Http404
    return column


def _save(request: SignedInRequest, item: Item, column: Column) -> None:
    by = Actor.user(request.user)
    if column.code == "owner":
        pk = request.POST.get("owner", "")
        to = User.objects.filter(pk=int(pk) if pk.isdecimal() and len(pk) < 19 else 0).first()
        if to is None:
            raise InvalidInput(_("Choose a person."))
        commands.assign_owner(item.pk, to=to, by=by)
        return
    if column.spec is None:
        raise Http404
    typed = read(request.POST, request.FILES, [column.spec])
    if column.code not in typed:
        return
    with transaction.atomic():
        changes = changes_of(typed, {column.code: column.spec}, by=by, item_id=item.pk)
        commands.edit_item(item.pk, changes, by=by, expected=_expected(request, changes))


def _expected(request: SignedInRequest, changes: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the person was looking at; two people may edit different fields at once."""
    try:
        seen = json.loads(request.POST.get("seen", ""))
    except ValueError:
        return None
    if not isinstance(seen, dict):
        return None
    return {c: v for c, v in seen.items() if c in changes and not masking.is_masked(v)}


def _shown(request: SignedInRequest, item: Item, column: Column) -> HttpResponse:
    return HttpResponse(Drawing.of([item], [column], request.user).cell(item, column))


def _input(
    request: SignedInRequest, item: Item, column: Column, *, error: Sentence = ""
) -> HttpResponse:
    context: dict[str, Any] = {"item": item, "column": column, "error": error}
    context["url"] = reverse("list:cell", args=[item.pk, column.code])
    if column.code == "owner":
        context["people"] = User.objects.filter(is_active=True)
        context["chosen"] = request.POST.get("owner", str(item.owner_id))
    elif column.code == "stage":
        context["stages"] = _stages(item)
    elif column.spec:
        typed = read(request.POST, request.FILES, [column.spec]) if error else None
        errors = {column.code: error} if error else None
        values = values_of(item)
        drawn = draw(
            [column.spec], values, user=request.user, typed=typed, errors=errors, focus=True
        )
        context["input"] = drawn[0]
        context["seen"] = json.dumps(masking.shown_values({column.code: stored(item, column.code)}))
    return render(request, "list/_cell.html", context, status=422 if error else 200)


def _stages(item: Item) -> list[Stage]:
    """Where the card may go: forward, or back in a funnel that allows it; the present one too."""
    stages = item.pipeline.stages.all()
    if not item.pipeline.forward_only:
        return list(stages)
    return [s for s in stages if not s.is_open or s.position >= item.stage.position]
