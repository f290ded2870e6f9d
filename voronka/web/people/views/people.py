"""The list of people, invitations, and looking as somebody else."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people import commands, queries
from voronka.people.requests import SignedInRequest
from voronka.web.forms import refuse
from voronka.web.middleware import VIEWING_AS
from voronka.web.people.forms import InviteForm
from voronka.web.rights import needs_right


@require_GET
@needs_right("people")
def index(request: SignedInRequest) -> HttpResponse:
    """List people; by default those who work here or are invited."""
    state = request.GET.get("state", "")
    text = request.GET.get("q", "")
    rows = queries.people(text=text, role=request.GET.get("role", ""))
    counts = {name: sum(row.state == name for row in rows) for name in queries.STATES}
    if state in queries.STATES:
        shown = [row for row in rows if row.state == state]
    else:
        state = ""
        shown = [row for row in rows if row.state != "dismissed"]
    context = {
        "rows": shown,
        "state": state,
        "text": text,
        "tab": "people",
        "states": [
            ("", _("All at work"), counts["active"] + counts["invited"]),
            ("invited", _("Invited"), counts["invited"]),
            ("dismissed", _("Dismissed"), counts["dismissed"]),
        ],
    }
    return render(request, "people/index.html", context)


@require_http_methods(["GET", "POST"])
@needs_right("people")
def invite(request: SignedInRequest) -> HttpResponse:
    """Open an account and show the link by which the person comes in."""
    initial = {"language": queries.company().language}
    form = InviteForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        by = Actor.user(request.user)
        data = form.values()
        try:
            person = commands.create_user(data.pop("email"), by=by, **data)
        except DomainError as error:
            refuse(form, error)
        else:
            context = {"person": person, "link": link_for(request, person.pk), "tab": "people"}
            return render(request, "people/invited.html", context)
    status = 422 if form.errors else 200
    return render(request, "people/invite.html", {"form": form, "tab": "people"}, status=status)


def link_for(request: SignedInRequest, user_id: int) -> str:
    """Make a new invitation link, as it is to be sent."""
    token = commands.invite_user(user_id, by=Actor.user(request.user))
    return request.build_absolute_uri(reverse("account:invitation", args=[token]))


@require_POST
@needs_right("people")
def view_as(request: SignedInRequest, user_id: int) -> HttpResponse:
    """Begin to look at the CRM as another person; nothing can be changed meanwhile."""
    commands.start_viewing_as(user_id, by=Actor.user(request.user))
    request.session[VIEWING_AS] = user_id
    return redirect("home")
