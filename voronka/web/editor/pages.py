"""One funnel: its page, and the small edits that are done where the thing stands."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.blueprints.schema import StageSpec, Text
from voronka.drafts import commands
from voronka.drafts.queries import Canvas, canvas
from voronka.items.models import StageVisit
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.kernel.texts import LocalText
from voronka.people.requests import SignedInRequest
from voronka.pipelines.errors import InvalidSetup
from voronka.pipelines.models import COLORS, Pipeline, Stage
from voronka.pipelines.naming_advice import naming_hint
from voronka.pipelines.usage import cards_of
from voronka.web.editor.table import FunnelTable
from voronka.web.rights import needs_right
from voronka.web.toasts import toast


def funnel_or_404(pipeline_id: int) -> Pipeline:
    """Find a funnel with what the editor reads of it."""
    rows = Pipeline.objects.select_related("item_type", "calendar")
    return get_object_or_404(rows, pk=pipeline_id)


def table_of(pipeline: Pipeline) -> FunnelTable:
    """Lay a funnel on the table."""
    return FunnelTable(canvas(pipeline))


@require_GET
@needs_right("setup")
def pipeline(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Show the funnel as columns; for htmx only the table."""
    funnel = funnel_or_404(pipeline_id)
    table = table_of(funnel)
    siblings = Pipeline.objects.filter(archived=False).select_related("item_type")
    context: dict[str, Any] = {"table": table, "funnel": funnel}
    if request.htmx.target == "funnel":
        return render(request, "editor/_table.html", context)
    context["siblings"] = siblings.order_by("item_type__position", "item_type_id", "position", "id")
    return render(request, "editor/pipeline.html", context)


def redrawn(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Answer an edit with the table as it is now."""
    funnel = funnel_or_404(pipeline_id)
    context = {"table": table_of(funnel), "funnel": funnel}
    return render(request, "editor/_table.html", context)


def saved(request: SignedInRequest, url: str, *, event: str = "funnel:changed") -> HttpResponse:
    """Answer a form that was saved: the slider closes over the page, which reads itself anew.

    Args:
        url: where to go when the form was a page of its own.
        event: what the page underneath listens to.
    """
    if not request.POST.get("in_slider"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    text = _("Saved in the draft") if event == "funnel:changed" else _("Saved")
    response = toast(HttpResponse(status=204), text)
    response = trigger_client_event(response, event, {})  # first: the slider takes the form along
    return trigger_client_event(response, "slider:close", {})


@require_GET
@needs_right("setup")
def hint(request: SignedInRequest) -> HttpResponse:
    """Say while a name is being typed whether it fits: ?name=…&naming=…&language=…"""
    found = naming_hint(
        request.GET.get("name", "")[:80],
        request.GET.get("naming", "results"),
        language=request.GET.get("language", "ru"),
    )
    return render(request, "editor/_hint.html", {"hint": found})


@require_POST
@needs_right("setup")
def change(request: SignedInRequest, pipeline_id: int, code: str) -> HttpResponse:
    """Change what the column's head shows: name, colour, key stage, critical."""
    changes: dict[str, Any] = {}
    data = request.POST
    if "name" in data:
        funnel = funnel_or_404(pipeline_id)
        part = canvas(funnel).wanted.stages.get(code)
        changes["name"] = renamed(part, data["name"])
    if data.get("color") in COLORS:
        changes["color"] = data["color"]
    for mark in ("key", "critical"):
        if mark in data:
            changes[mark] = data[mark] == "1"
    commands.change_stage(pipeline_id, code, changes, by=Actor.user(request.user))
    return redrawn(request, pipeline_id)


def renamed(part: StageSpec | None, typed: str) -> Text:
    """Put a typed name into the person's language, leaving the other one.

    Raises:
        InvalidSetup: nothing was typed; the other language is no reason to take this one away.
    """
    words = " ".join(typed.split())
    if not words:
        raise InvalidSetup({"name": _("Give it a name.")})
    before = part.name if part else Text()
    if (get_language() or "ru").startswith("en"):
        return Text(ru=before.ru, en=words)
    return Text(ru=words, en=before.en)


@require_POST
@needs_right("setup")
def move(request: SignedInRequest, pipeline_id: int, code: str) -> HttpResponse:
    """Put a stage behind another one; an empty `after` is the front."""
    after = request.POST.get("after") or None
    commands.move_stage(pipeline_id, code, after=after, by=Actor.user(request.user))
    return redrawn(request, pipeline_id)


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def add(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """GET ?after=…&kind=…: the dialog; POST: add a stage to the draft."""
    funnel = funnel_or_404(pipeline_id)
    data = request.POST if request.method == "POST" else request.GET
    context = {
        "funnel": funnel,
        "after": data.get("after", ""),
        "kind": data.get("kind", "open"),
        "naming": canvas(funnel).wanted.naming,
        "name_ru": data.get("name_ru", ""),
        "name_en": data.get("name_en", ""),
    }
    if request.method == "GET":
        return render(request, "editor/_add.html", context)
    name = LocalText(*(" ".join(str(context[n]).split()) for n in ("name_ru", "name_en")))
    if "name" in data:  # typed into the board's own box, in the person's language
        typed = " ".join(data["name"].split())
        name = LocalText(en=typed) if get_language() == "en" else LocalText(ru=typed)
    try:
        commands.add_stage(
            pipeline_id,
            name=name,
            kind=str(context["kind"]),
            after=str(context["after"]) or None,
            by=Actor.user(request.user),
        )
    except InvalidInput as refusal:
        if "name" in data:
            raise
        context["error"] = refusal.fields.get("name") or refusal.detail
        response = render(request, "editor/_add.html", context, status=422)
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
        return response
    return redrawn(request, pipeline_id)


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def drop(request: SignedInRequest, pipeline_id: int, code: str) -> HttpResponse:
    """GET: ask where cards and history go; POST: take the stage out of the draft."""
    funnel = funnel_or_404(pipeline_id)
    if request.method == "POST":
        try:
            heir = request.POST.get("heir")
            commands.drop_stage(pipeline_id, code, heir=heir, by=Actor.user(request.user))
        except DomainError as refusal:
            context = _leaving(funnel, code)
            context["error"] = refusal.fields.get("heir") or refusal.detail
            response = render(request, "editor/_drop.html", context, status=422)
            response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
            return response
        undo = reverse("editor:undo", args=[pipeline_id])
        text = _("The stage leaves once the draft is published")
        return toast(redrawn(request, pipeline_id), text, undo_url=undo)
    return render(request, "editor/_drop.html", _leaving(funnel, code))


def _leaving(funnel: Pipeline, code: str) -> dict[str, Any]:
    """Say what stands on a stage: exact numbers, because something is about to go."""
    laid: Canvas = canvas(funnel)
    part = laid.wanted.stages.get(code)
    row = Stage.objects.filter(pipeline=funnel, code=code).first()
    order = list(laid.wanted.stages)
    heirs = []
    if part is not None:
        same = [c for c in order if c != code and laid.wanted.stages[c].kind == part.kind]
        here = order.index(code)
        nearest = min(same, key=lambda c: abs(order.index(c) - here), default="")
        heirs = [(c, str(laid.wanted.stages[c].name), c == nearest) for c in same]
    cards = cards_of(row) if row else 0
    open_cards = cards_of(row, only_open=True) if row else 0
    return {
        "funnel": funnel,
        "code": code,
        "part": part,
        "row": row,
        "heirs": heirs,
        "open_cards": open_cards,
        "other_cards": cards - open_cards,
        "visits": StageVisit.objects.filter(stage=row).count() if row else 0,
    }


@require_POST
@needs_right("setup")
def bring_back(request: SignedInRequest, pipeline_id: int, code: str) -> HttpResponse:
    """Put a stage back that the draft took out."""
    commands.return_stage(pipeline_id, code, by=Actor.user(request.user))
    return redrawn(request, pipeline_id)


@require_POST
@needs_right("setup")
def undo(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Take the last edit back."""
    commands.undo_edit(pipeline_id, by=Actor.user(request.user))
    response = redrawn(request, pipeline_id)
    if request.htmx.target != "funnel":  # a toast asked, which swaps nothing in
        response["HX-Trigger"] = "funnel:changed"
    return response
