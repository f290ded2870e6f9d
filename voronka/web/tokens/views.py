"""Keys of programs: make one, see it once, revoke it."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people import commands, queries
from voronka.people.requests import SignedInRequest
from voronka.web.forms import refuse
from voronka.web.people.forms import TokenForm


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def index(request: SignedInRequest) -> HttpResponse:
    """List the own keys; a POST makes one and shows its text this once."""
    form = TokenForm(request.POST or None)
    made: tuple[object, str] | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        ends = timezone.now() + timedelta(days=data["days"]) if data["days"] else None
        try:
            made = commands.create_token(
                request.user.pk,
                name=data["name"],
                scopes=data["scopes"],
                expires_at=ends,
                by=Actor.user(request.user),
            )
        except DomainError as error:
            refuse(form, error)
        else:
            form = TokenForm()
    context = {"form": form, "made": made, "tokens": queries.tokens(request.user)}
    return render(request, "tokens/index.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke(request: SignedInRequest, token_id: int) -> HttpResponse:
    """Make a key useless from now on."""
    commands.revoke_token(token_id, by=Actor.user(request.user))
    messages.success(request, _("The key is revoked"))
    return redirect("tokens:index")
