"""One person: details, working time, absences, devices, keys, and what they may do."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from voronka.items.models import Item, Watch
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people import commands, queries
from voronka.people.access import ACTIONS
from voronka.people.models import User, WorkingCalendar
from voronka.people.requests import SignedInRequest
from voronka.people.schedules import schedule_of
from voronka.web.account.devices import devices_of
from voronka.web.forms import refuse
from voronka.web.people import matrix
from voronka.web.people.forms import AbsenceForm, PersonForm, PersonHoursForm
from voronka.web.people.hours import write_week
from voronka.web.people.views.people import link_for
from voronka.web.rights import needs_right

_BAD = 422


@require_http_methods(["GET", "POST"])
@needs_right("people")
def index(request: SignedInRequest, user_id: int) -> HttpResponse:
    """Show a person; a POST changes the details."""
    person = _person(user_id)
    if request.method == "GET":
        return _page(request, person)
    form = PersonForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            commands.change_user(person.pk, by=Actor.user(request.user), **form.values())
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved"))
            return redirect("people:person", person.pk)
    return _page(request, person, form=form)


@require_POST
@needs_right("people")
def hours(request: SignedInRequest, user_id: int) -> HttpResponse:
    """Set the calendar, or own hours instead of it."""
    person = _person(user_id)
    form = PersonHoursForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        calendar = WorkingCalendar.objects.filter(pk=data["calendar"]).first()
        own = data["hours"] if data["own"] else None
        by = Actor.user(request.user)
        try:
            commands.change_user(person.pk, calendar=calendar, hours=own, by=by)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Working hours saved"))
            return redirect("people:person", person.pk)
    return _page(request, person, hours_form=form)


@require_POST
@needs_right("people")
def absences(request: SignedInRequest, user_id: int) -> HttpResponse:
    """Note that a person is away; days are those of the person's time zone."""
    person = _person(user_id)
    form = AbsenceForm(request.POST, person=person)
    if form.is_valid():
        data = form.cleaned_data
        zone = ZoneInfo(person.time_zone)
        try:
            commands.plan_absence(
                person.pk,
                starts_at=datetime.combine(data["first_day"], time(), zone),
                ends_at=datetime.combine(data["last_day"] + timedelta(days=1), time(), zone),
                reason=data["reason"],
                substitute=User.objects.filter(pk=data["substitute"]).first(),
                by=Actor.user(request.user),
            )
        except DomainError as error:
            fields = {"ends_at": "last_day", "starts_at": "first_day"}
            error.fields = {fields.get(k, k): v for k, v in error.fields.items()}
            refuse(form, error)
        else:
            messages.success(request, _("The absence is noted"))
            return redirect("people:person", person.pk)
    return _page(request, person, absence_form=form)


@require_POST
@needs_right("people")
def cancel_absence(request: SignedInRequest, user_id: int, absence_id: int) -> HttpResponse:
    """Take an absence back."""
    commands.cancel_absence(absence_id, by=Actor.user(request.user))
    messages.success(request, _("The absence is cancelled"))
    return redirect("people:person", user_id)


@require_POST
@needs_right("people")
def link(request: SignedInRequest, user_id: int) -> HttpResponse:
    """Show a new link for setting a password; earlier ones stop working."""
    person = _person(user_id)
    return render(
        request, "people/_link.html", {"person": person, "link": link_for(request, person.pk)}
    )


@require_POST
@needs_right("people")
def sign_out(request: SignedInRequest, user_id: int) -> HttpResponse:
    """Sign a person out on every device."""
    commands.close_sessions(user_id, by=Actor.user(request.user))
    messages.success(request, _("Signed out on every device"))
    return redirect("people:person", user_id)


@require_POST
@needs_right("people")
def revoke(request: SignedInRequest, user_id: int, token_id: int) -> HttpResponse:
    """Revoke a key of a person."""
    commands.revoke_token(token_id, by=Actor.user(request.user))
    messages.success(request, _("The key is revoked"))
    return redirect("people:person", user_id)


@require_GET
@needs_right("people")
def why(request: SignedInRequest, user_id: int) -> HttpResponse:
    """Say why a person may or may not do something with a card (AC-1)."""
    person = _person(user_id)
    number, action = request.GET.get("card", ""), request.GET.get("action", "see")
    cards = Item.objects.visible_to(request.user).select_related("pipeline__item_type")
    card = cards.filter(pk=number).first() if number.isdecimal() and len(number) < 16 else None
    context: dict[str, object] = {
        "person": person,
        "card": card,
        "number": number,
        "action": action,
    }
    if card is not None and action in ACTIONS:
        pipeline = card.pipeline
        told = queries.explain(
            person, action, pipeline.item_type.code, pipeline.code, owner_id=card.owner_id
        )
        context |= {"told": told, "allowed": told.allowed}
        watches = Watch.objects.filter(item=card, user=person).exists()
        if action == "see" and watches and person.is_active and not told.allowed:
            context |= {"allowed": True, "watches": True}
    return render(request, "people/_why.html", context)


def _person(user_id: int) -> User:
    people = User.objects.select_related("role", "department", "calendar")
    return get_object_or_404(people, pk=user_id)


def _page(
    request: SignedInRequest,
    person: User,
    *,
    form: PersonForm | None = None,
    hours_form: PersonHoursForm | None = None,
    absence_form: AbsenceForm | None = None,
) -> HttpResponse:
    bound = form or hours_form or absence_form
    names = ("name", "email", "phone", "language", "time_zone")
    initial = {name: getattr(person, name) for name in names}
    initial |= {"role": person.role_id, "department": person.department_id}
    week = write_week(schedule_of(person.pk).hours)
    own = {"calendar": person.calendar_id, "own": person.hours is not None, **week}
    context = {
        "person": person,
        "state": queries.state_of(person),
        "form": form or PersonForm(initial=initial, user=request.user),
        "hours_form": hours_form or PersonHoursForm(initial=own),
        "week": week,
        "absence_form": absence_form or AbsenceForm(person=person),
        "absences": person.absences.select_related("substitute").order_by("-starts_at")[:10],
        "devices": devices_of(person, request.session.session_key or ""),
        "tokens": queries.tokens(person),
        "rows": matrix.effective(person.access),
        "actions": matrix.titles(),
        "action_choices": matrix.ACTION_TITLES.items(),
        "tab": "people",
    }
    return render(request, "people/person.html", context, status=_BAD if bound else 200)
