"""Every request speaks the person's language and lives in their time zone."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render, resolve_url
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from voronka.kernel import masking
from voronka.kernel.errors import DomainError, Forbidden
from voronka.people import rules
from voronka.people.commands import note_session
from voronka.people.models import User

VIEWING_AS = "viewing_as"  # in the session: the id of the person whose eyes one borrows
SAFE = {"GET", "HEAD", "OPTIONS"}
NOTE_EVERY = 60.0  # seconds
MOST_NOTED = 10_000  # sessions remembered by one process
_noted: dict[str, float] = {}
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
        person = request.user if isinstance(request.user, User) else None
        if person:
            _note_device(request, person)
            person = _other_eyes(request, person)
        language = person.language if person else translation.get_language_from_request(request)
        zone = person.time_zone if person else settings.TIME_ZONE
        masked = person is not None and person.access.hides_contacts
        with (
            translation.override(language),
            timezone.override(ZoneInfo(zone)),
            masking.hiding(masked),
        ):
            response = self._refuse_change(request) or self.get_response(request)
            if isinstance(response, TemplateResponse) and not response.is_rendered:
                response.render()
            if masked and isinstance(response, StreamingHttpResponse) and not response.is_async:
                response.streaming_content = masking.each(response.streaming_content)
        response.headers.setdefault("Content-Language", language)
        if _is_fragment(request):
            response.headers.setdefault("Cache-Control", "no-store")
            if _leads_to_log_in(response):
                return HttpResponse(status=UNAUTHORIZED)
        return response

    def _refuse_change(self, request: HttpRequest) -> HttpResponse | None:
        """Who looks with somebody else's eyes changes nothing."""
        if not getattr(request, "viewer", None) or request.method in SAFE:
            return None
        if request.path in {reverse("account:stop_viewing"), reverse("account:logout")}:
            return None
        refusal = _("Nothing can be changed while you look as somebody else.")
        return self.process_exception(request, Forbidden(refusal))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal that no view caught: a sentence for the toast, or a page."""
        if not isinstance(error, DomainError):
            return None
        if _is_fragment(request):
            response = HttpResponse(status=error.status)
            response["Voronka-Detail"] = quote(str(error.detail))
            return response
        return render(request, "errors/refused.html", {"error": error}, status=error.status)


def _note_device(request: HttpRequest, person: User) -> None:
    """Keep the list of devices up to date; most requests cost nothing."""
    key = request.session.session_key
    now = time.monotonic()
    if key is None or _noted.get(key, -NOTE_EVERY) > now - NOTE_EVERY:
        return
    if len(_noted) > MOST_NOTED:
        _noted.clear()
    _noted[key] = now
    agent = request.headers.get("User-Agent", "")
    note_session(person, key, address=request.META.get("REMOTE_ADDR") or None, agent=agent)


def _other_eyes(request: HttpRequest, person: User) -> User:
    """Return whose rights count: the other person's while somebody looks as them (AC-1).

    The right to look is asked again at every request: it may have been taken away since.
    """
    other_id = request.session.get(VIEWING_AS)
    if other_id is None:
        return person
    other = User.objects.select_related("role").filter(pk=other_id, is_active=True).first()
    may = person.access.has("people")
    if other is None or not may or not rules.sees_no_more(person.access, other.access):
        del request.session[VIEWING_AS]
        return person
    request.viewer = person  # type: ignore[attr-defined]
    request.user = other
    return other


def _is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _leads_to_log_in(response: HttpResponse) -> bool:
    place = response.headers.get("Location", "")
    return bool(place) and place.split("?")[0] == resolve_url(settings.LOGIN_URL)
