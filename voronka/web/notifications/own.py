"""How I am told: one's own page of notices."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from voronka.kernel.errors import InvalidInput
from voronka.people.queries import holders
from voronka.people.requests import SignedInRequest
from voronka.timeline.commands.notices.policies import save_own_policy
from voronka.timeline.notices.choices import choice_of, company_choice
from voronka.timeline.notices.letters import carrier
from voronka.web.forms import refuse
from voronka.web.notifications.devices import devices_of
from voronka.web.notifications.forms import OwnPolicyForm, kinds_for


@login_required
@require_http_methods(["GET", "POST"])
def index(request: SignedInRequest) -> HttpResponse:
    """Show and save how one is told of things."""
    user = request.user
    form = OwnPolicyForm(
        request.POST or None,
        choice=choice_of(user.pk),
        under=company_choice(),
        shown=kinds_for(user),
    )
    if request.method == "POST" and form.is_valid():
        try:
            save_own_policy(user, form.spec())
        except InvalidInput as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved"))
            return redirect("notifications:settings")
    no_mail = carrier() is None
    context = {
        "form": form,
        "no_mail": no_mail,
        "whom": holders("setup")[:3] if no_mail else [],
        "may_set_up": user.access.has("setup"),
        **devices_of(user, request.session.session_key or ""),
    }
    status = 422 if form.errors else 200
    return render(request, "notifications/settings.html", context, status=status)
