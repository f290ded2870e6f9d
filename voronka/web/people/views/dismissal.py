"""The dismissal: what is open, who takes it over, one button (AC-4)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from voronka.clients.models import Client
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people import commands
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.timeline.commands.handover import dismiss_user
from voronka.timeline.models import Activity
from voronka.web.rights import needs_right


@require_http_methods(["GET", "POST"])
@needs_right("people")
def index(request: SignedInRequest, user_id: int) -> HttpResponse:
    """Show what is open of a person; a POST hands it over and closes the account."""
    person = get_object_or_404(User.objects.select_related("role"), pk=user_id, is_active=True)
    chosen = [int(pk) for pk in request.POST.getlist("heirs") if pk.isdecimal()]
    error: DomainError | None = None
    if request.method == "POST":
        try:
            report = dismiss_user(person.pk, heirs=chosen, by=Actor.user(request.user))
        except DomainError as refusal:
            error = refusal
        else:
            heirs = User.objects.in_bulk(chosen)
            lines = [
                (
                    heirs[pk],
                    report.items.get(pk, 0),
                    report.activities.get(pk, 0),
                    report.clients.get(pk, 0),
                )
                for pk in chosen
            ]
            context = {"person": person, "lines": lines, "tab": "people"}
            return render(request, "people/dismissed.html", context)
    context = {
        "person": person,
        "error": error,
        "chosen": chosen,
        "cards": Item.objects.open().filter(owner=person).count(),
        "activities": Activity.objects.planned().filter(owner=person).count(),
        "clients": Client.objects.alive().filter(owner=person).count(),
        "colleagues": _colleagues(person),
        "tab": "people",
    }
    return render(request, "people/dismiss.html", context, status=422 if error else 200)


@require_POST
@needs_right("people")
def take_back(request: SignedInRequest, user_id: int) -> HttpResponse:
    """Open a dismissed person's account again."""
    commands.reopen_account(user_id, by=Actor.user(request.user))
    messages.success(request, _("The account is open again. Send a link for a new password."))
    return redirect("people:person", user_id)


def _colleagues(person: User) -> list[User]:
    """The working people who could take over: those of the own department first."""
    others = User.objects.filter(is_active=True).exclude(pk=person.pk).select_related("department")
    return sorted(others, key=lambda user: user.department_id != person.department_id)
