"""The start page, and the pages that say what went wrong."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Pipeline
from voronka.timeline.counters import waiting
from voronka.web.frame import navigation
from voronka.web.frame.counters import figures


@login_required
def home(request: SignedInRequest) -> HttpResponse:
    """Lead to the first place this person may open: My day when there is one.

    Who sets the CRM up is led to its first steps while there is no funnel; "begin" leaves them.
    """
    access = request.user.access
    sets_up = access.has("setup") and access.has("people") and "begin" not in request.GET
    if sets_up and not Pipeline.objects.exists():
        return redirect("welcome:company")
    links = navigation.rail(request.user, request.path)
    return redirect(links[0].url if links else "account:profile")


@login_required
@require_GET
def counters(request: SignedInRequest) -> HttpResponse:
    """Draw the counters of the rail again, out of band."""
    context = {"figures": figures(waiting(request.user))}
    return render(request, "frame/_counters.html", context)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what the browser sent wrongly."""
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what the person may not do."""
    return render(request, "errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address where nothing is."""
    return render(request, "errors/404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer when we broke; needs neither database nor session."""
    return render(request, "errors/500.html", status=500)


def expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose protection token is too old."""
    return render(request, "errors/expired.html", status=403)
