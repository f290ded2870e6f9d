"""The script for sites, the window it opens, and the same window as a page of its own."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET

from voronka.channels.models import Channel
from voronka.channels.providers.chat.provider import LARGEST_FILE, MOST_FILES, Settings
from voronka.channels.providers.chat.queries import consent_of
from voronka.kernel.texts import LANGUAGES, LocalText
from voronka.people.queries import company
from voronka.web.chat.doors import chat_or_404, in_its_language, language_of, settings_of

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
)


@require_GET
def embed(request: HttpRequest, key: str) -> HttpResponse:
    """The script that puts a button on any page and opens the chat's window there."""
    channel = chat_or_404(key)
    settings = settings_of(channel)
    told = {
        "colour": settings.colour,
        "ink": ink_on(settings.colour),
        "hosts": settings.hosts,
        "active": channel.active,
        "words": {language: _words_of_button(language) for language in LANGUAGES},
    }
    response = render(
        request,
        "chat/embed.js",
        {"told": json.dumps(told, ensure_ascii=False)},
        content_type="text/javascript; charset=utf-8",
    )
    response["Cache-Control"] = "public, max-age=300"
    return response


def _words_of_button(language: str) -> dict[str, str]:
    with translation.override(language):
        return {
            "open": _("Write to us"),
            "close": _("Close the chat"),
            "unread": _("new messages"),
            "window": _("Chat"),
        }


@xframe_options_exempt
@in_its_language
@require_GET
def frame(request: HttpRequest, key: str) -> HttpResponse:
    """The window inside a site's page. It may be framed by the chat's sites only."""
    channel = chat_or_404(key)
    hosts = settings_of(channel).hosts
    ports = [host if ":" in host else f"{host}:*" for host in hosts]
    framing = " ".join(["'self'", *ports, *(f"*.{host}" for host in ports)]) if hosts else "*"
    return _window(request, channel, framing)


@in_its_language
@require_GET
def page(request: HttpRequest, key: str) -> HttpResponse:
    """The window as a page of its own, for a link in a letter or a profile."""
    return _window(request, chat_or_404(key), "'none'")


def _window(request: HttpRequest, channel: Channel, framing: str) -> HttpResponse:
    settings, language = settings_of(channel), language_of(request)
    context = {
        "channel": channel,
        "settings": settings,
        "company": company().name or _("Chat"),
        "told": _told(channel, settings, language),
        "language": language,
        "theme": request.GET.get("theme", "") if request.GET.get("theme") in _THEMES else "auto",
        "files": settings.files,
    }
    response = render(request, "chat/window.html", context)
    response["Content-Security-Policy"] = _POLICY + framing
    response["Cache-Control"] = "no-cache"
    response["Referrer-Policy"] = "no-referrer"
    return response


_THEMES = ("light", "dark", "auto")


def _told(channel: Channel, settings: Settings, language: str) -> dict[str, Any]:
    """What the window's script needs to know; words of the company are shown as text."""
    consent = consent_of(channel.pk)
    return {
        "base": reverse("chat:page", args=[channel.key]),
        "key": channel.key,
        "lang": language,
        "colour": settings.colour,
        "ink": ink_on(settings.colour),
        "greeting": _text(settings.greeting_ru, settings.greeting_en, language),
        "offline": _text(settings.offline_ru, settings.offline_en, language),
        "ask": {
            "name": settings.ask_name,
            "phone": settings.ask_phone,
            "email": settings.ask_email,
        },
        "consent": (
            {"version": consent.version, "text": consent.text.in_language(language)}
            if consent
            else None
        ),
        "files": settings.files,
        "largest": LARGEST_FILE,
        "most": MOST_FILES,
        "words": {
            "today": _("Today"),
            "yesterday": _("Yesterday"),
            "read": _("Read"),
            "sent": _("Sent"),
            "sending": _("Sending…"),
            "failed": _("Not sent."),
            "again": _("Try again"),
            "opens": _("We will answer after {when}."),
            "large": _("This file is too large. At most %(most)d MB.")
            % {"most": LARGEST_FILE // 2**20},
            "offline": _("No connection. Your message is kept and will be sent."),
            "optional": _("optional"),
            "needed": _("This is needed to answer you."),
            "agree": _("Please agree first."),
            "kb": _("KB"),
            "mb": _("MB"),
            "you": _("You"),
            "file": _("Download {name}"),
        },
    }


def _text(ru: str, en: str, language: str) -> str:
    return LocalText(ru, en).in_language(language)


def ink_on(colour: str) -> str:
    """Return black or white, whichever can be read better on a colour like "#0c6a86"."""
    shares = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#ffffff" if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 else "#000000"
