"""Every request speaks the person's language and lives in their time zone."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.template.response import TemplateResponse
from django.utils import timezone, translation

from voronka.kernel.errors import DomainError
from voronka.people.models import User

UNAUTHORIZED = 401  # for fragments: a log-in page must not be swapped into a column


class PersonMiddleware:
    """Turns on the language and time zone, and turns refusals into answers.

    A signed-in person's own settings count; for a stranger the browser's language, Russian when it
    says nothing. A fragment asked for after the session ended is answered 401 instead of being
    redirected, so that the page stays and says how to go on.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        person = user if isinstance(user, User) else None
        language = person.language if person else translation.get_language_from_request(request)
        zone = person.time_zone if person else settings.TIME_ZONE
        with translation.override(language), timezone.override(ZoneInfo(zone)):
            response = self.get_response(request)
            if isinstance(response, TemplateResponse) and not response.is_rendered:
                response.render()
        response.headers.setdefault("Content-Language", language)
        if _is_fragment(request):
            response.headers.setdefault("Cache-Control", "no-store")
            if _leads_to_log_in(response):
                return HttpResponse(status=UNAUTHORIZED)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal that no view caught: a sentence for the toast, or a page."""
        if not isinstance(error, DomainError):
            return None
        if _is_fragment(request):
            response = HttpResponse(status=error.status)
            response["Voronka-Detail"] = quote(str(error.detail))
            return response
        return render(request, "errors/refused.html", {"error": error}, status=error.status)


def _is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _leads_to_log_in(response: HttpResponse) -> bool:
    place = response.headers.get("Location", "")
    return bool(place) and place.split("?")[0] == resolve_url(settings.LOGIN_URL)
