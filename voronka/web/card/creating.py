"""A new card: what it is called, whose it is, and what its first stage asks for."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from voronka.items import commands, gate
from voronka.items.errors import GateClosed
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Pipeline
from voronka.web.card.answers import dialog, open_slider
from voronka.web.fields import carry_out, changes_of, draw, read, specs_of
from voronka.web.fields.specs import OWN_COMMANDS
from voronka.web.toasts import toast

USUAL = ("title", "client", "amount", "source")


@login_required
@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """GET ?pipeline=…[&contact=…|&company=…]: the dialog; POST: make the card and open it."""
    data = request.POST if request.method == "POST" else request.GET
    funnels = _funnels(request)
    wanted = data.get("pipeline", "")
    pipeline = next((p for p in funnels if str(p.pk) == wanted), funnels[0] if funnels else None)
    if pipeline is None:
        refusal = InvalidInput(_("Your role lets you add cards to no funnel."))
        return dialog(request, "card/_new.html", {"refusal": refusal, "funnels": []})
    refusal_at: DomainError | None = None
    known = {c: data.get(c) for c in ("contact", "company") if data.get(c)}
    codes = [*USUAL, *gate.wanted_by_new(pipeline, known)]
    codes = [c for c in dict.fromkeys(codes) if c != "client" or not known]
    if "client" in codes:  # one chooser for both
        codes = [c for c in codes if c not in ("contact", "company")]
    specs = specs_of(pipeline.item_type, codes)
    typed = read(request.POST, request.FILES, specs.values())
    again = request.POST.get("redraw")
    if request.method == "POST" and not again:
        by = Actor.user(request.user)
        try:
            with transaction.atomic():
                changes = {**known, **changes_of(typed, specs, by=by)}
                title = str(changes.pop("title", ""))
                item = commands.create_item(pipeline, title=title, by=by, changes=changes)
                carry_out(item.pk, typed, specs, by=by)
        except (GateClosed, InvalidInput) as refused:
            refusal_at = refused
        else:
            text = _("“%(title)s” is made") % {"title": item.title}
            response = toast(HttpResponse(status=204), text)
            response = trigger_client_event(
                response, "item:created", {"id": item.pk, "stage": item.stage_id}
            )
            return open_slider(response, reverse("card:show", args=[item.pk]))
    required = ["title", *gate.wanted_by_new(pipeline, known)]
    errors = dict(refusal_at.fields) if refusal_at else {}
    inputs = draw(
        specs.values(),
        user=request.user,
        typed=typed,
        errors=errors,
        required=required,
        focus=True,
    )
    somewhere = set(errors) <= {i.spec.code for i in inputs} and errors
    context = {
        "funnels": funnels,
        "pipeline": pipeline,
        "inputs": [i for i in inputs if i.spec.code not in OWN_COMMANDS or i.required],
        "known": known,
        "refusal": None if somewhere else refusal_at,
    }
    return dialog(request, "card/_new.html", context, status=422 if refusal_at else 200)


def _funnels(request: SignedInRequest) -> list[Pipeline]:
    """Return the funnels to which the person may add cards of their own."""
    rows = Pipeline.objects.filter(archived=False).select_related("item_type")
    access = request.user.access
    return [
        p
        for p in rows.order_by("item_type__position", "item_type_id", "position")
        if access.may("add", p.item_type.code, p.code, owner_id=request.user.pk)
    ]
