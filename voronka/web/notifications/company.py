"""What people begin with: the company's page of notices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from voronka.channels.commands.telling import choose_staff_mailbox
from voronka.channels.notices import mailboxes, staff_mailbox
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.requests import SignedInRequest
from voronka.timeline.commands.notices.policies import save_company_policy
from voronka.timeline.notices.choices import company_choice
from voronka.timeline.notices.kinds import kinds
from voronka.timeline.notices.rules import Choice
from voronka.web.forms import refuse
from voronka.web.notifications.forms import PolicyForm
from voronka.web.rights import needs_right


class CompanyPolicyForm(PolicyForm):
    """The company's, with the mailbox by which letters to employees go."""

    mailbox = forms.TypedChoiceField(
        label=gettext_lazy("Letters to employees go by"),
        required=False,
        coerce=int,
        empty_value=None,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = staff_mailbox()
        self.initial["mailbox"] = chosen.pk if chosen else ""
        field = self.fields["mailbox"]
        if isinstance(field, forms.TypedChoiceField):
            nobody = _("No mailbox: letters are not sent")
            field.choices = [("", nobody), *((c.pk, c.name) for c in mailboxes())]


@needs_right("setup")
@require_http_methods(["GET", "POST"])
def index(request: SignedInRequest) -> HttpResponse:
    """Show and save what people begin with."""
    form = CompanyPolicyForm(
        request.POST or None, choice=company_choice(), under=Choice(), shown=kinds()
    )
    if request.method == "POST" and form.is_valid():
        by = Actor.user(request.user)
        try:
            save_company_policy(form.spec(), by=by)
            choose_staff_mailbox(form.cleaned_data["mailbox"], by=by)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved"))
            return redirect("notifications:company")
    context = {"form": form, "has_mailboxes": bool(mailboxes())}
    status = 422 if form.errors else 200
    return render(request, "notifications/company.html", context, status=status)
