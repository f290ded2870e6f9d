"""The owner, the funnels, the people: three pages that end in a working CRM."""

from __future__ import annotations

import hmac
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from voronka.blueprints import ready_companies
from voronka.blueprints.commands import apply
from voronka.journal.actors import Actor
from voronka.kernel import first_run
from voronka.kernel.errors import DomainError
from voronka.people import commands
from voronka.people.models import Role, User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Pipeline
from voronka.web.account.views import enter
from voronka.web.addresses import address
from voronka.web.forms import refuse
from voronka.web.people.views.people import link_for
from voronka.web.rights import needs_right
from voronka.web.welcome.forms import InviteRow, InviteRows, OwnerForm


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def owner(request: HttpRequest) -> HttpResponse:
    """Make the first owner; only with the key from the terminal, only while nobody works here."""
    if User.objects.exists():
        return redirect("home")
    key = request.POST.get("key") or request.GET.get("key", "")
    if not hmac.compare_digest(key.encode(), first_run.key(settings.SECRET_KEY).encode()):
        return render(request, "welcome/no_key.html", status=403)
    initial = {"language": (get_language() or "ru")[:2], "time_zone": settings.TIME_ZONE}
    form = OwnerForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            user = commands.found_company(data.pop("email"), data.pop("password"), **data)
        except DomainError as error:
            refuse(form, error)
        else:
            enter(request, user)
            return redirect("welcome:company")
    status = 422 if form.errors else 200
    return render(request, "welcome/owner.html", {"form": form, "key": key}, status=status)


@require_http_methods(["GET", "POST"])
@needs_right("people")
@needs_right("setup")
def company(request: SignedInRequest) -> HttpResponse:
    """Offer the ready companies; the chosen one is applied whole."""
    if Pipeline.objects.exists():
        return redirect("welcome:people")
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            name = request.POST.get("ready", "")
            apply(ready_companies.load(name), by=Actor.user(request.user), file=f"{name}.yaml")
        except DomainError as error:
            refusal = error
        else:
            return redirect("welcome:people")
    context = {
        "ready": ready_companies.summaries(),
        "refusal": refusal,
        "editor_url": address("editor:index"),
    }
    status = 422 if refusal else 200
    return render(request, "welcome/company.html", context, status=status)


@require_http_methods(["GET", "POST"])
@needs_right("people")
def people(request: SignedInRequest) -> HttpResponse:
    """Invite colleagues, several at once: all of them or, when a row is refused, nobody."""
    rows = InviteRows(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if rows.is_valid() and (invited := _invite(request, rows)) is not None:
            return render(request, "welcome/invited.html", {"invited": invited})
    return render(request, "welcome/people.html", {"rows": rows}, status=status)


def _invite(request: SignedInRequest, rows: Any) -> list[tuple[User, str]] | None:
    """Open the accounts and return (person, link); None when a row is refused."""
    invited: list[tuple[User, str]] = []
    wanted: list[InviteRow] = [row for row in rows if not row.is_blank]
    roles = Role.objects.in_bulk([row.cleaned_data["role"] for row in wanted])
    with transaction.atomic():
        for row in wanted:
            data = row.cleaned_data
            try:
                person = commands.create_user(
                    data["email"],
                    name=data["name"],
                    role=roles[data["role"]],
                    by=Actor.user(request.user),
                )
            except DomainError as error:
                refuse(row, error)
                transaction.set_rollback(True)
                return None
            invited.append((person, link_for(request, person.pk)))
    return invited
