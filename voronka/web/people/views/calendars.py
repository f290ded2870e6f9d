"""Working calendars: hours, public holidays, own days off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.kernel.worktime import OFFICE_HOURS, holidays_of, moved_workdays
from voronka.people import commands
from voronka.people.models import WorkingCalendar
from voronka.people.requests import SignedInRequest
from voronka.pipelines.codes import code_from
from voronka.web.forms import refuse
from voronka.web.people.forms import CalendarForm, local_text
from voronka.web.people.hours import day_name, write_week
from voronka.web.rights import needs_right


@require_GET
@needs_right("people")
def index(request: SignedInRequest) -> HttpResponse:
    """List the calendars with their weeks."""
    rows = [
        (calendar, [(day_name(day), text) for day, text in write_week(calendar.hours).items()])
        for calendar in WorkingCalendar.objects.order_by("-is_default", "pk")
    ]
    return render(request, "people/calendars.html", {"rows": rows, "tab": "calendars"})


@require_http_methods(["GET", "POST"])
@needs_right("people")
def edit(request: SignedInRequest, calendar_id: int | None = None) -> HttpResponse:
    """Show and save a calendar, with the public holidays of a year beside it."""
    row = _calendar(calendar_id)
    form = CalendarForm(request.POST or None, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        name = local_text(data)
        taken = list(WorkingCalendar.objects.values_list("code", flat=True))
        try:
            saved = commands.save_calendar(
                row.pk,
                code=row.code or code_from(name.en or name.ru, taken=taken, fallback="calendar"),
                name=name,
                hours=data["hours"],
                country=data["country"],
                region=data["region"],
                days_off=data["days_off"],
                days_on=data["days_on"],
                is_default=data["is_default"],
                by=Actor.user(request.user),
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The calendar is saved"))
            return redirect("people:calendar", saved.pk)
    year = _year(request)
    context = {
        "form": form,
        "calendar": row,
        "year": year,
        "holidays": holidays_of(row.country, year, _language(), region=row.region)
        if row.country
        else {},
        "moved": sorted(moved_workdays(row.country, year)) if row.country else [],
        "tab": "calendars",
    }
    return render(request, "people/calendar.html", context, status=422 if form.errors else 200)


@require_POST
@needs_right("people")
def delete(request: SignedInRequest, calendar_id: int) -> HttpResponse:
    """Remove a calendar; its people go back to the company's."""
    commands.delete_calendar(calendar_id, by=Actor.user(request.user))
    messages.success(request, _("The calendar is deleted"))
    return redirect("people:calendars")


def _calendar(calendar_id: int | None) -> WorkingCalendar:
    if calendar_id:
        return get_object_or_404(WorkingCalendar, pk=calendar_id)
    return WorkingCalendar(hours=OFFICE_HOURS, country="RU")


def _initial(row: WorkingCalendar) -> dict[str, Any]:
    first = row.pk is None and not WorkingCalendar.objects.filter(is_default=True).exists()
    return {
        "name_ru": row.name.ru,
        "name_en": row.name.en,
        "country": row.country,
        "region": row.region,
        "days_off": _write_dates(row.days_off),
        "days_on": _write_dates(row.days_on),
        "is_default": row.is_default or first,
        **write_week(row.hours),
    }


def _write_dates(days: Iterable[str]) -> str:
    return ", ".join(".".join(reversed(day.split("-"))) for day in days)


def _year(request: SignedInRequest) -> int:
    asked = request.GET.get("year", "")
    this = timezone.localdate().year
    return int(asked) if asked.isdecimal() and abs(int(asked[:6]) - this) <= 20 else this


def _language() -> str:
    return (get_language() or "ru")[:2]
