"""Phones, e-mail and messengers of a client, changed one by one where they stand."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import retarget

from voronka.automation.commands.calling import call_contact
from voronka.clients import commands
from voronka.clients.models import ContactPoint
from voronka.journal.actors import Actor
from voronka.kernel import masking, phones
from voronka.kernel.errors import InvalidInput, Sentence
from voronka.people.requests import SignedInRequest
from voronka.web.clients.page import ClientPage
from voronka.web.clients.views import client_or_404, left_of
from voronka.web.toasts import toast


@login_required
@require_http_methods(["GET", "POST"])
def add(request: SignedInRequest, client_id: int) -> HttpResponse:
    """GET: an input for one more contact (?kind=…); POST: keep it."""
    page = client_or_404(request.user, client_id)
    kind = request.POST.get("kind", request.GET.get("kind", ""))
    if kind not in ContactPoint.Kind.values:
        raise Http404
    if request.method == "GET":
        return _input(request, page, kind)
    value, label = request.POST.get("value", ""), request.POST.get("label", "")
    if not value.strip():
        return left_of(request, page)
    by = Actor.user(request.user)
    try:
        commands.add_contact_point(client_id, kind, value, label=label, by=by)
    except InvalidInput as refusal:
        return _input(request, page, kind, value=value, label=label, error=_sentence(refusal))
    return left_of(request, client_or_404(request.user, client_id))


@login_required
@require_http_methods(["GET", "POST"])
def change(request: SignedInRequest, client_id: int, point_id: int) -> HttpResponse:
    """GET: a contact as an input; POST: correct it, or take it away when it was emptied."""
    page = client_or_404(request.user, client_id)
    point = _point(page, point_id)
    if request.method == "GET":
        value = phones.pretty(point.value) if point.value.startswith("+") else point.value
        value = masking.shown(point.kind, value)
        if point.extension and not point.masked:
            value = f"{value} ext. {point.extension}"
        return _input(request, page, point.kind, point=point, value=value, label=point.label)
    value, label = request.POST.get("value", ""), request.POST.get("label", "")
    by = Actor.user(request.user)
    if not value.strip():
        commands.remove_contact_point(point_id, by=by)
        return left_of(request, client_or_404(request.user, client_id))
    corrected = None if masking.is_masked(value) else value  # came back as it was: untouched
    try:
        commands.change_contact_point(point_id, value=corrected, label=label, by=by)
    except InvalidInput as refusal:
        error = _sentence(refusal)
        return _input(request, page, point.kind, point=point, value=value, label=label, error=error)
    return left_of(request, client_or_404(request.user, client_id))


@login_required
@require_POST
def remove(request: SignedInRequest, client_id: int, point_id: int) -> HttpResponse:
    """Take a contact away."""
    point = _point(client_or_404(request.user, client_id), point_id)
    commands.remove_contact_point(point_id, by=Actor.user(request.user))
    value = phones.pretty(point.value) if point.kind == "phone" else point.value
    value = masking.shown(point.kind, value)
    response = left_of(request, client_or_404(request.user, client_id))
    return toast(response, _("%(value)s is removed") % {"value": value}, kind="info")


@login_required
@require_POST
def put_first(request: SignedInRequest, client_id: int, point_id: int) -> HttpResponse:
    """Make a contact the main one of its kind."""
    _point(client_or_404(request.user, client_id), point_id)
    commands.put_contact_point_first(point_id, by=Actor.user(request.user))
    return left_of(request, client_or_404(request.user, client_id))


@login_required
@require_POST
def reveal(request: SignedInRequest, client_id: int, point_id: int) -> HttpResponse:
    """Show one masked contact; that it was shown is written down."""
    point = _point(client_or_404(request.user, client_id), point_id)
    commands.reveal_contact(point_id, by=Actor.user(request.user))
    with masking.hiding(False):
        return render(request, "clients/_reach.html", {"point": point})


@login_required
@require_POST
def call(request: SignedInRequest, client_id: int, point_id: int) -> HttpResponse:
    """Let the telephony call: first the person's own phone rings, then the client's."""
    _point(client_or_404(request.user, client_id), point_id)
    call_contact(point_id, by=Actor.user(request.user))
    return toast(HttpResponse(status=204), _("Your phone will ring, then the client's"))


def _point(page: ClientPage, point_id: int) -> ContactPoint:
    found = next((p for p in page.points if p.pk == point_id), None)
    if found is None:
        raise Http404
    return found


def _sentence(refusal: InvalidInput) -> Sentence:
    return next(iter(refusal.fields.values()), refusal.detail)


def _input(
    request: SignedInRequest,
    page: ClientPage,
    kind: str,
    *,
    point: ContactPoint | None = None,
    value: str = "",
    label: str = "",
    error: Sentence = "",
) -> HttpResponse:
    input_id = f"client-contact-{point.pk if point else kind}-{page.client.pk}"
    context = {
        "client": page.client,
        "input_id": input_id,
        "kind": kind,
        "kind_title": ContactPoint.Kind(kind).label,
        "input_type": {"phone": "tel", "email": "email"}.get(kind, "text"),
        "point": point,
        "value": value,
        "label": label,
        "error": error,
    }
    template = "clients/_contact_input.html"
    if not error:
        return render(request, template, context)
    return retarget(render(request, template, context, status=422), f"#{input_id}")
