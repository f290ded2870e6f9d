"""Log-in, log-out, invitation, profile, password, devices."""

from __future__ import annotations

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from voronka.demo.queries import demo_form, demo_logins, demo_mailbox
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.people import commands, queries
from voronka.people.errors import LinkSpent
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.timeline.commands.notices.devices import follow_session
from voronka.web.account import devices, hours
from voronka.web.account.forms import (
    THEMES,
    ChangePasswordForm,
    LoginForm,
    NewPasswordForm,
    ProfileForm,
)
from voronka.web.forms import refuse
from voronka.web.middleware import VIEWING_AS
from voronka.web.toasts import toast

BACKEND = "voronka.web.account.backend.Backend"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Let a person in by e-mail and password."""
    goal = _goal(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(goal)
    form = LoginForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            email, password = form.cleaned_data["email"], form.cleaned_data["password"]
            try:
                user = commands.log_in(email, password, address=devices.address(request))
            except DomainError as error:
                refuse(form, error)
                status = error.status
            else:
                enter(request, user)
                return HttpResponseRedirect(goal)
    context = {
        "form": form,
        "goal": goal,
        "demo": demo_logins(),
        "doors": {"site": demo_form(), "mail": demo_mailbox()},
        "company": queries.company(),
        "nobody": not User.objects.exists(),
    }
    return render(request, "account/login.html", context, status=status)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session on this device."""
    person = getattr(request, "viewer", None) or request.user
    if isinstance(person, User):
        commands.log_out(person, request.session.session_key)
    auth.logout(request)
    return redirect("account:login")


@require_POST
def stop_viewing(request: HttpRequest) -> HttpResponse:
    """Come back to one's own eyes."""
    other_id = request.session.pop(VIEWING_AS, None)
    viewer = getattr(request, "viewer", None)
    if other_id is not None and isinstance(viewer, User):
        commands.stop_viewing_as(other_id, by=Actor.user(viewer))
    return redirect("home")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Let an invited person set the first password."""
    link = queries.find_invitation(token)
    if link is None:
        return render(request, "account/link_spent.html", {"error": LinkSpent()}, status=410)
    with override(link.user.language):
        form = NewPasswordForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                user = commands.accept_invitation(token, form.cleaned_data["password"])
            except InvalidInput as error:
                refuse(form, error)
            else:
                enter(request, user)
                return redirect("home")
        status = 422 if form.errors else 200
        context = {"form": form, "person": link.user}
        return render(request, "account/invitation.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    """Show and change what people set about themselves."""
    user = request.user
    form = ProfileForm(request.POST) if request.method == "POST" else ProfileForm.of(user)
    if request.method == "POST" and form.is_valid():
        try:
            commands.change_profile(user.pk, by=Actor.user(user), **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            with override(form.cleaned_data["language"]):
                messages.success(request, _("Profile saved"))
            return redirect("account:profile")
    context = {
        "form": form,
        "password_form": ChangePasswordForm(),
        "devices": devices.devices_of(user, request.session.session_key or ""),
        "week": hours.week_of(user),
    }
    return render(request, "account/profile.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def theme(request: SignedInRequest) -> HttpResponse:
    """Keep the theme with the person; the page has changed already."""
    choice = request.POST.get("theme", "")
    if choice not in dict(THEMES):
        return HttpResponse(status=422)
    commands.change_profile(request.user.pk, by=Actor.user(request.user), theme=choice)
    return HttpResponse(status=204)


@login_required
@require_POST
@sensitive_post_parameters()
def password(request: SignedInRequest) -> HttpResponse:
    """Change the own password; other devices are signed out."""
    user = request.user
    form = ChangePasswordForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            changed = commands.set_password(
                user.pk,
                data["password"],
                by=Actor.user(user),
                current=data["current"],
                keep_session=request.session.session_key or "",
            )
        except InvalidInput as error:
            refuse(form, error)
        else:
            left = request.session.session_key or ""
            auth.update_session_auth_hash(request, changed)
            _note(request, changed)
            follow_session(changed, left=left, entered=request.session.session_key or "")
            response = render(request, "account/_password.html", {"form": ChangePasswordForm()})
            said = _("Password changed. Other devices are signed out.")
            return toast(response, said)
    return render(request, "account/_password.html", {"form": form}, status=422)


@login_required
@require_POST
def close_device(request: SignedInRequest, session_id: int) -> HttpResponse:
    """Sign out on one device."""
    commands.close_session(session_id, by=Actor.user(request.user))
    return _devices(request, _("Signed out on that device"))


@login_required
@require_POST
def close_devices(request: SignedInRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    keep = request.session.session_key or ""
    commands.close_sessions(request.user.pk, by=Actor.user(request.user), keep=keep)
    return _devices(request, _("Signed out on all other devices"))


def _devices(request: SignedInRequest, said: str) -> HttpResponse:
    rows = devices.devices_of(request.user, request.session.session_key or "")
    response = render(request, "account/_devices.html", {"devices": rows})
    return toast(response, said)


def enter(request: HttpRequest, user: User) -> None:
    """Open a session for a person who has shown who they are."""
    auth.login(request, user, backend=BACKEND)
    _note(request, user)


def _note(request: HttpRequest, user: User) -> None:
    if request.session.session_key is None:
        request.session.save()
    commands.note_session(
        user,
        request.session.session_key or "",
        address=devices.address(request),
        agent=request.headers.get("User-Agent", ""),
    )


def _goal(request: HttpRequest) -> str:
    """Return where to go after the log-in; never to another site."""
    goal = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        goal, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return goal if safe else resolve_url(settings.LOGIN_REDIRECT_URL)
