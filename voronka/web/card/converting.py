"""A lead becomes a deal: who it is, where the deal goes, and only what is missing (QL-7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.clients.commands import create_client
from voronka.clients.models import Client
from voronka.clients.queries import Match, doubles_of, recognise
from voronka.items import commands, gate, rules
from voronka.items.commands.converting import carried
from voronka.items.errors import GateClosed
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Field, ItemType, Pipeline, Stage
from voronka.web.card.answers import dialog, open_slider, said
from voronka.web.card.views import card_or_404
from voronka.web.fields import Spec, changes_of, draw, read, specs_of, values_of
from voronka.web.toasts import toast

LEAD = "l-"  # prefix of the lead's own missing fields; the deal's have the usual one
MOST_DEALS = 8


@login_required
@require_http_methods(["GET", "POST"])
def convert(request: SignedInRequest, item_id: int) -> HttpResponse:
    """GET: the dialog (again when another funnel is chosen); POST: convert."""
    lead = card_or_404(request.user, item_id).item
    if lead.pipeline.item_type.kind != ItemType.Kind.LEAD:
        raise Http404
    if request.method == "GET":
        return dialog_of(request, lead)
    try:
        deal = _convert(request, lead)
    except (GateClosed, InvalidInput) as refusal:
        return dialog_of(request, lead, refusal=refusal)
    text = _("Converted into “%(title)s”") % {"title": deal.title}
    undo_url = reverse("card:undo_conversion", args=[lead.pk])
    response = toast(HttpResponse(status=204), text, undo_url=undo_url)
    moved = {"id": lead.pk, "stage": None, "left": lead.stage_id}
    response = trigger_client_event(response, "item:moved", moved)
    return open_slider(response, reverse("card:show", args=[deal.pk]))


@login_required
@require_POST
def undo(request: SignedInRequest, item_id: int) -> HttpResponse:
    """Take a conversion back; possible for seven days."""
    lead = card_or_404(request.user, item_id).item
    try:
        lead = commands.undo_conversion(lead.pk, by=Actor.user(request.user))
    except InvalidInput as refusal:
        return said(str(refusal.detail), kind="warning")
    text = _("The lead is back at “%(stage)s”") % {"stage": lead.stage}
    response = toast(HttpResponse(status=204), text, kind="info")
    response = trigger_client_event(response, "item:moved", {"id": lead.pk, "stage": lead.stage_id})
    return open_slider(response, reverse("card:show", args=[lead.pk]))


def _convert(request: SignedInRequest, lead: Item) -> Item:
    by = Actor.user(request.user)
    goal = request.POST.get("goal", "new")
    pipeline = _chosen(request, _funnels(request, lead))
    attach_to = int(goal) if goal.isdecimal() and len(goal) < 19 else None
    lead_specs = specs_of(lead.pipeline.item_type, _posted(request, LEAD))
    lead_typed = read(request.POST, request.FILES, lead_specs.values(), prefix=LEAD)
    with transaction.atomic():
        lead_changes = changes_of(lead_typed, lead_specs, by=by, item_id=lead.pk)
        changes: dict[str, Any] = {}
        if pipeline is not None and attach_to is None:
            specs = specs_of(pipeline.item_type, _posted(request, "f-"))
            typed = read(request.POST, request.FILES, specs.values())
            changes = changes_of(typed, specs, by=by)
        who = _client_changes(request, lead, by=by)
        if not (lead.contact_id or lead.company_id):
            lead_changes = {**who, **lead_changes}
        return commands.convert_lead(
            lead.pk,
            by=by,
            pipeline=pipeline,
            attach_to=attach_to,
            title=request.POST.get("title", ""),
            changes={**who, **changes},
            lead_changes=lead_changes,
            lead_confirmed=tuple(request.POST.getlist("confirm")),
        )


def _client_changes(request: SignedInRequest, lead: Item, *, by: Actor) -> dict[str, Any]:
    """Return the client columns that the person chose: a match, a new one, or none."""
    changes: dict[str, Any] = {}
    for column in ("contact", "company", "client"):
        chosen = request.POST.get(column, "")
        if chosen.isdecimal() and len(chosen) < 19:
            found = Client.objects.visible_to(request.user).filter(pk=int(chosen)).first()
            if found is None:
                raise InvalidInput(_("There is no such client any more. Choose again."))
            changes["company" if found.is_company else "contact"] = found.pk
        elif chosen == "new":
            points = _points(lead)
            made = create_client(
                Client.Kind.PERSON,
                {"name": request.POST.get("client_name", "").strip()},
                phones=[value for kind, value in points if kind == "phone"],
                emails=[value for kind, value in points if kind == "email"],
                by=by,
                owner_id=lead.owner_id,
            )
            changes["contact"] = made.pk
    return changes


def dialog_of(
    request: SignedInRequest, lead: Item, *, refusal: DomainError | None = None
) -> HttpResponse:
    """Answer with the conversion dialog: matches, open deals, funnel, what is missing."""
    user, data = request.user, request.POST if request.method == "POST" else request.GET
    lead = Item.objects.select_related(
        "stage", "pipeline__item_type", "owner", "contact", "company"
    ).get(pk=lead.pk)
    funnels = _funnels(request, lead)
    pipeline = _chosen(request, funnels)
    errors = dict(refusal.fields) if refusal else {}
    lead_inputs, checks = _lead_gate(request, lead, errors)
    deals = _open_deals(request, lead)
    goal = data.get("goal", "new")
    inputs = []
    if pipeline is not None:
        wanted = gate.wanted_by_new(pipeline, carried(lead, pipeline.item_type))
        specs: Mapping[str, Spec] = specs_of(
            pipeline.item_type, dict.fromkeys([*wanted, *_posted(request, "f-")])
        )
        typed = read(request.POST, request.FILES, specs.values())
        inputs = draw(specs.values(), user=user, typed=typed, errors=errors, required=wanted)
    context = {
        "item": lead,
        "funnels": funnels,
        "pipeline": pipeline,
        "deals": deals,
        "goal": goal if goal in {"new", *(str(d.pk) for d in deals)} else "new",
        "title": data.get("title", lead.title),
        "lead_inputs": lead_inputs,
        "checks": checks,
        "inputs": inputs,
        "contact_doubles": doubles_of(lead.contact, user) if lead.contact else [],
        "company_doubles": doubles_of(lead.company, user) if lead.company else [],
        "matches": _matches(request, lead),
        "no_client": not (lead.contact_id or lead.company_id),
        "points": _points(lead),
        "chosen": {c: data.get(c, "") for c in ("contact", "company", "client", "client_name")},
        "refusal": None if _all_at_fields(refusal, lead_inputs, inputs) else refusal,
    }
    return dialog(request, "card/_convert.html", context, status=422 if refusal else 200)


def _all_at_fields(refusal: DomainError | None, *inputs: list[Any]) -> bool:
    """Whether every sentence of the refusal stands at a field that is drawn."""
    drawn = {i.spec.code for group in inputs for i in group}
    return refusal is not None and bool(refusal.fields) and set(refusal.fields) <= drawn


def _lead_gate(
    request: SignedInRequest, lead: Item, errors: dict[str, Any]
) -> tuple[list[Any], list[rules.Criterion]]:
    """Return inputs for what the lead itself lacks, and its open exit criteria."""
    stages = list(lead.pipeline.stages.all())
    won = next((s for s in stages if s.kind == Stage.Kind.WON), None)
    if won is None:
        return [], []
    verdict = gate.ask(lead, won, stages, by=Actor.user(request.user))
    codes = [c for c in verdict.missing if c not in ("contact", "company", "client")]
    specs = specs_of(lead.pipeline.item_type, dict.fromkeys([*codes, *_posted(request, LEAD)]))
    typed = read(request.POST, request.FILES, specs.values(), prefix=LEAD)
    inputs = draw(
        specs.values(),
        values_of(lead),
        user=request.user,
        typed=typed,
        errors=errors,
        required=codes,
        prefix=LEAD,
    )
    return inputs, verdict.criteria


def _funnels(request: SignedInRequest, lead: Item) -> list[Pipeline]:
    """Return the funnels of deals to which the person may add, the usual one first."""
    rows = Pipeline.objects.filter(item_type__kind=ItemType.Kind.DEAL, archived=False)
    order = {Pipeline.Purpose.NEW_SALES: 0, Pipeline.Purpose.REPEAT: 1}
    if lead.repeat:
        order = {Pipeline.Purpose.REPEAT: 0, Pipeline.Purpose.NEW_SALES: 1}
    access = request.user.access
    found = [
        p
        for p in rows.select_related("item_type")
        if access.may("add", p.item_type.code, p.code, owner_id=lead.owner_id)
    ]
    return sorted(found, key=lambda p: (order.get(Pipeline.Purpose(p.purpose), 2), p.position))


def _chosen(request: SignedInRequest, funnels: list[Pipeline]) -> Pipeline | None:
    data = request.POST if request.method == "POST" else request.GET
    wanted = data.get("pipeline", "")
    return next((p for p in funnels if str(p.pk) == wanted), funnels[0] if funnels else None)


def _open_deals(request: SignedInRequest, lead: Item) -> list[Item]:
    """Return open deals of the lead's clients, and of those recognised, that may be changed."""
    ids = {pk for pk in (lead.contact_id, lead.company_id) if pk}
    ids |= {match.client.pk for match in _matches(request, lead)}
    for client in (lead.contact, lead.company):
        if client is not None:
            ids |= {match.client.pk for match in doubles_of(client, request.user)}
    if not ids:
        return []
    cards = Item.objects.visible_to(request.user, "change").filter(
        Q(contact_id__in=ids) | Q(company_id__in=ids),
        closed_at=None,
        pipeline__item_type__kind=ItemType.Kind.DEAL,
    )
    return list(cards.select_related("stage", "pipeline", "owner").order_by("-pk")[:MOST_DEALS])


def _matches(request: SignedInRequest, lead: Item) -> list[Match]:
    """Return who a lead without a client may be, by the phones and e-mails in its fields."""
    if lead.contact_id or lead.company_id:
        return []
    points = _points(lead)
    return recognise(request.user, points=points) if points else []


def _points(lead: Item) -> list[tuple[str, str]]:
    fields = Field.objects.filter(
        item_type_id=lead.pipeline.item_type_id, kind__in=(Field.Kind.PHONE, Field.Kind.EMAIL)
    )
    return [(f.kind, str(lead.values[f.code])) for f in fields if lead.values.get(f.code)]


def _posted(request: SignedInRequest, prefix: str) -> list[str]:
    names = [*request.POST, *request.FILES]
    return [n.removeprefix(prefix).split(".")[0] for n in names if n.startswith(prefix)]
