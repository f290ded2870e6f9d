"""The company's page and the state of the installation on it."""

from __future__ import annotations

import shutil
from typing import Any

from babel import Locale
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

import voronka
from voronka.exports.commands import may_export_all
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people import commands, queries
from voronka.people.commands.companies import FEWEST_READ, MOST_DELETED, MOST_READ
from voronka.people.models import WorkingCalendar
from voronka.people.requests import SignedInRequest
from voronka.web.account.forms import zone_choices
from voronka.web.forms import refuse
from voronka.web.health import state
from voronka.web.rights import needs_right
from voronka.web.words import sign


class CompanyForm(forms.Form):
    """What the company is called, and what its new people start with."""

    name = forms.CharField(
        label=gettext_lazy("Name of the company"), max_length=120, required=False
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of new people"), choices=settings.LANGUAGES
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone of the company"))
    reading_limit = forms.IntegerField(
        label=gettext_lazy("Alarm when one person opens more cards and clients an hour than"),
        help_text=gettext_lazy("Whoever may read the audit journal is told at once."),
        min_value=FEWEST_READ,
        max_value=MOST_READ,
    )
    deletion_limit = forms.IntegerField(
        label=gettext_lazy("A second person agrees when one deletes more cards an hour than"),
        help_text=gettext_lazy("Whoever may open the recycle bin is asked."),
        min_value=1,
        max_value=MOST_DELETED,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = zone_choices()  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """Show and save the company."""
    company = queries.company()
    initial = {name: getattr(company, name) for name in CompanyForm.base_fields}
    form = CompanyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            commands.save_company(by=Actor.user(request.user), **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved"))
            return redirect("company:index")
    locale = Locale.parse((get_language() or settings.LANGUAGE_CODE)[:2])
    context = {
        "form": form,
        "calendar": WorkingCalendar.objects.filter(is_default=True).first(),
        "currency": settings.CURRENCY,
        "currency_name": locale.currencies.get(settings.CURRENCY, ""),
        "currency_mark": sign(),
        "country": locale.territories.get(settings.COUNTRY, settings.COUNTRY),
        "address": settings.PUBLIC_URL,
        "may_export": may_export_all(Actor.user(request.user)),
        "may_manage_people": request.user.access.has("people"),
    }
    return render(request, "company/index.html", context, status=422 if form.errors else 200)


@require_GET
@needs_right("setup")
def state_of_things(request: SignedInRequest) -> HttpResponse:
    """Say how the installation is: worker, queue, database, files, room on the disk."""
    disk = shutil.disk_usage(settings.HOME)
    context = {
        "work": state.work(),
        "database": state.database(),
        "files": state.folder(settings.HOME / "files"),
        "home": settings.HOME,
        "disk": disk,
        "tight": disk.free < disk.total / 20,
        "version": voronka.__version__,
    }
    return render(request, "company/_state.html", context)
