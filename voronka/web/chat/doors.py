"""Who comes in: which chat, which visitor, from where; the answers that refuse."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import translation

from voronka.channels.facts import facts_of
from voronka.channels.models import Channel
from voronka.channels.providers.chat.provider import Settings
from voronka.channels.providers.chat.visitors import Visitor, read_token
from voronka.channels.queries import channel_of
from voronka.kernel.texts import LANGUAGES

View = Callable[..., HttpResponse]


def chat_or_404(key: str) -> Channel:
    """Return the chat behind a public key. One SQL query."""
    channel = channel_of(key)
    if channel is None or channel.key != key or channel.provider != "chat":
        raise Http404
    return channel


def settings_of(channel: Channel) -> Settings:
    """Return a chat's settings in their own type."""
    return cast(Settings, facts_of(channel).settings)


def language_of(request: HttpRequest) -> str:
    """Return the language of the site's page, which is asked for by name, else the browser's."""
    asked = request.GET.get("lang", "")
    return asked if asked in LANGUAGES else translation.get_language_from_request(request)[:2]


def in_its_language(view: View) -> View:
    """Have a view speak the language of the site's page."""

    @functools.wraps(view)
    def speaking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with translation.override(language_of(request)):
            return view(request, *args, **kwargs)

    return speaking


def visitor_of(request: HttpRequest, channel: Channel) -> Visitor | None:
    """Return the visitor whose token came along; None when it is not one of this chat."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    visitor = read_token(token) if scheme == "Bearer" else None
    return visitor if visitor and visitor.channel_id == channel.pk else None


def is_from_elsewhere(request: HttpRequest) -> bool:
    """Whether a page that is not our window calls: the window alone knows the visitor."""
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc.lower() != request.get_host().lower()


def refusal(code: str, status: int, why: str = "", **more: Any) -> JsonResponse:
    """Answer that it was not taken; `why` is a sentence for the visitor."""
    return JsonResponse({"error": code, "why": why, **more}, status=status)
