"""Who works where, from either side."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.clients import commands
from voronka.clients.models import Client
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, Sentence
from voronka.people.requests import SignedInRequest
from voronka.web.card.answers import dialog, said
from voronka.web.clients.page import ClientPage
from voronka.web.clients.views import client_or_404, left_of
from voronka.web.toasts import toast


@login_required
@require_http_methods(["GET", "POST"])
def link(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Choose a company for a person, or a person for a company; a new name makes a new client."""
    page = client_or_404(request.user, client_id)
    if request.method == "GET":
        return _dialog(request, page)
    by = Actor.user(request.user)
    try:
        with transaction.atomic():
            other = _chosen(request, page, by=by)
            if other is None:
                return _dialog(request, page, error=_("Choose from the list, or type a new name."))
            person, company = (
                (other, page.client) if page.client.is_company else (page.client, other)
            )
            commands.link_person_to_company(
                person.pk, company.pk, role=request.POST.get("role", ""), by=by
            )
    except DomainError as refusal:
        return _dialog(request, page, error=refusal.detail)
    text = _("Linked with “%(name)s”") % {"name": other.name}
    return trigger_client_event(said(text), "client:read")


def _chosen(request: SignedInRequest, page: ClientPage, *, by: Actor) -> Client | None:
    """Return the chosen client, or a new one of the typed name; None when nothing was chosen."""
    wanted = Client.Kind.PERSON if page.client.is_company else Client.Kind.COMPANY
    chosen = request.POST.get("other", "").strip()
    if chosen.isdecimal():
        seen = Client.objects.visible_to(request.user).filter(kind=wanted)
        return seen.filter(pk=int(chosen[:18])).first()
    return commands.create_client(wanted, {"name": chosen}, by=by) if chosen else None


def _dialog(request: SignedInRequest, page: ClientPage, *, error: Sentence = "") -> HttpResponse:
    context: dict[str, object] = {
        "client": page.client,
        "error": error,
        "other": request.POST.get("other", ""),
        "role": request.POST.get("role", ""),
    }
    return dialog(request, "clients/_link.html", context, status=422 if error else 200)


@login_required
@require_POST
def unlink(request: SignedInRequest, client_id: int, other_id: int) -> HttpResponse:
    """Take the link between a person and a company away."""
    page = client_or_404(request.user, client_id)
    other = client_or_404(request.user, other_id).client
    person, company = (other, page.client) if page.client.is_company else (page.client, other)
    commands.unlink_person_from_company(person.pk, company.pk, by=Actor.user(request.user))
    response = left_of(request, client_or_404(request.user, client_id))
    return toast(response, _("The link with “%(name)s” is taken away") % {"name": other.name})
