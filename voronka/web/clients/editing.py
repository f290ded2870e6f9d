"""Fields edited where they stand, each saved by itself; who is responsible; delete and restore."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.clients import commands
from voronka.clients.commands.editing import stored
from voronka.clients.models import Client
from voronka.journal.actors import Actor
from voronka.kernel import masking
from voronka.kernel.errors import Conflict, InvalidInput, Sentence
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.web.clients.page import ClientPage
from voronka.web.clients.specs import values_of_client
from voronka.web.clients.views import client_or_404, head_of
from voronka.web.fields import changes_of, draw, read
from voronka.web.toasts import toast


@login_required
@require_http_methods(["GET", "POST"])
def field(request: SignedInRequest, client_id: int, code: str) -> HttpResponse:
    """GET: the field as an input, or with ?show=1 as text; POST: save it alone (UI-12)."""
    page = client_or_404(request.user, client_id)
    spec = page.specs.get(code)
    if spec is None:
        raise Http404
    if request.method == "GET":
        return _shown(request, page, code) if "show" in request.GET else _input(request, page, code)
    typed = read(request.POST, request.FILES, [spec])
    if code not in typed:
        return _shown(request, page, code)
    by = Actor.user(request.user)
    try:
        with transaction.atomic():
            changes = changes_of(typed, {code: spec}, by=by, client_id=client_id)
            commands.edit_client(client_id, changes, by=by, expected=_expected(request, code))
    except InvalidInput as refusal:
        error = refusal.fields.get(code) or refusal.detail
        return _input(request, page, code, typed=typed, error=error)
    except Conflict:
        page = client_or_404(request.user, client_id)
        error = _("Somebody has written “%(value)s” here meanwhile. Save again to replace it.") % {
            "value": page.prop(code).text or "—"
        }
        return _input(request, page, code, typed=typed, error=error)
    page = client_or_404(request.user, client_id)
    response = _shown(request, page, code)
    if code != "name":
        response.write(head_of(request, page, oob=True).content.decode())
    return response


def _expected(request: SignedInRequest, code: str) -> dict[str, Any] | None:
    """Return what the person was looking at."""
    try:
        seen = json.loads(request.POST.get("seen", ""))
    except ValueError:
        return None
    return {} if masking.is_masked(seen) else {code: seen}


def _shown(request: SignedInRequest, page: ClientPage, code: str) -> HttpResponse:
    template = "clients/_name.html" if code == "name" else "clients/_prop.html"
    return render(request, template, {"page": page, "client": page.client, "prop": page.prop(code)})


def _input(
    request: SignedInRequest,
    page: ClientPage,
    code: str,
    *,
    typed: dict[str, Any] | None = None,
    error: Sentence = "",
) -> HttpResponse:
    drawn = draw(
        [page.specs[code]],
        values_of_client(page.client),
        user=page.user,
        typed=typed,
        errors={code: error} if error else None,
        focus=True,
    )
    context = {
        "client": page.client,
        "input": drawn[0],
        "seen": json.dumps(masking.shown_values({code: stored(page.client, code)})[code]),
        "place": "title" if code == "name" else "prop",
    }
    return render(request, "clients/_prop_input.html", context, status=422 if error else 200)


@login_required
@require_GET
def owners(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Draw the list of people to choose the responsible from."""
    page = client_or_404(request.user, client_id)
    people = User.objects.filter(is_active=True).select_related("department")
    return render(request, "clients/_owners.html", {"client": page.client, "people": people})


@login_required
@require_POST
def owner(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Make somebody else responsible. Who loses sight of the client by it is told so."""
    client_or_404(request.user, client_id)
    pk = request.POST.get("owner", "")
    to = get_object_or_404(User, pk=int(pk) if pk.isdecimal() and len(pk) < 19 else 0)
    commands.assign_client(client_id, to=to, by=Actor.user(request.user))
    if not Client.objects.visible_to(request.user).filter(pk=client_id).exists():
        text = _("The client has gone to %(name)s, and your role no longer shows it to you") % {
            "name": to
        }
        response = toast(HttpResponse(), text, kind="info")
        response["HX-Reswap"] = "none"
        response["HX-Trigger-After-Settle"] = "slider:close"
        return response
    text = _("%(name)s is now responsible") % {"name": to}
    return toast(head_of(request, client_or_404(request.user, client_id)), text)


@login_required
@require_POST
def delete(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Put the client into the recycle bin, with a way back."""
    page = client_or_404(request.user, client_id)
    commands.delete_client(client_id, by=Actor.user(request.user))
    text = _("“%(name)s” is in the recycle bin") % {"name": page.client}
    may_restore = request.user.access.has("recycle")
    undo_url = reverse("clients:restore", args=[client_id]) if may_restore else ""
    response = toast(HttpResponse(status=204), text, undo_url=undo_url)
    response = trigger_client_event(response, "client:deleted", {"id": client_id})
    return trigger_client_event(response, "slider:close", {})


@login_required
@require_POST
def restore(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Bring a client back from the recycle bin."""
    client = commands.restore_client(client_id, by=Actor.user(request.user))
    text = _("“%(name)s” is back") % {"name": client}
    response = toast(HttpResponse(status=204), text, kind="info")
    return trigger_client_event(response, "client:restored", {"id": client_id})
