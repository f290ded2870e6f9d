"""What a visitor's window asks for: the conversation, to say something, to confirm, a file.

No cookie and no log-in: the token in the header says who it is. A line is answered 200 once it is
committed to the ledger.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from django.conf import settings as house
from django.core.exceptions import RequestDataTooBig
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from voronka.channels.commands import receive
from voronka.channels.contract import RawEvent
from voronka.channels.models import Channel
from voronka.channels.providers.chat.commands import note_seen
from voronka.channels.providers.chat.provider import LARGEST_FILE, VISITOR, readable
from voronka.channels.providers.chat.queries import (
    consent_of,
    file_of,
    has_written,
    history,
    opens_at,
)
from voronka.channels.providers.chat.visitors import (
    Visitor,
    file_key,
    new_visitor,
    read_file_key,
    token_of,
)
from voronka.kernel.buckets import Buckets
from voronka.timeline.models import Message
from voronka.web.chat.doors import (
    chat_or_404,
    in_its_language,
    is_from_elsewhere,
    refusal,
    settings_of,
    visitor_of,
)

_OWN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_PER_ADDRESS = 4  # visitors of one office share an address
_READS = 10  # times as often as one may write
_buckets = Buckets()


@in_its_language
@require_GET
def talk(request: HttpRequest, key: str) -> HttpResponse:
    """Return the visitor's conversation and a token; somebody new gets a token of their own."""
    channel = chat_or_404(key)
    if wait := _too_often(request, channel, "read", house.CHAT_RATE_PER_MINUTE * _READS):
        return wait
    visitor = visitor_of(request, channel)
    messages = history(visitor) if visitor else []
    visitor = visitor or new_visitor(channel.pk)
    opens = opens_at(settings_of(channel))
    told = {
        "token": token_of(visitor),
        "opens": opens.isoformat() if opens else None,
        "messages": [_shown(message, visitor, key) for message in messages],
        "known": any(m.conversation.client_id for m in messages[-1:]),
    }
    response = JsonResponse(told)
    response["Cache-Control"] = "no-store"
    return response


@csrf_exempt
@in_its_language
@require_POST
def write(request: HttpRequest, key: str) -> HttpResponse:
    """Take one line of a visitor. The same `id` again changes nothing and is answered alike."""
    channel = chat_or_404(key)
    if is_from_elsewhere(request):
        return refusal("elsewhere", 403)
    visitor = visitor_of(request, channel)
    if visitor is None:
        return refusal("token", 401)
    rate = house.CHAT_RATE_PER_MINUTE
    if wait := _too_often(request, channel, "write", rate * _PER_ADDRESS) or _too_often(
        request, channel, visitor.name, rate
    ):
        return wait
    try:
        body = request.body
        said = json.loads(body)
        own_id = said["id"]
        if not isinstance(own_id, str) or not _OWN_ID.fullmatch(own_id):
            raise ValueError("no id")
    except RequestDataTooBig:
        return _too_large()
    except (ValueError, LookupError, TypeError, RecursionError):
        return refusal("garbled", 400)
    if wrong := _wrong(channel, visitor, said):
        return wrong
    headers = {VISITOR: visitor.name, "address": request.META.get("REMOTE_ADDR", "")}
    for name in ("User-Agent", "Accept-Language"):
        headers[name.lower()] = request.headers.get(name, "")[:500]
    event = RawEvent(
        f"{visitor.name}:{own_id}", body, "application/json", headers, at=timezone.now()
    )
    receive(channel, event)
    return JsonResponse({"ok": True})


@csrf_exempt
@require_POST
def seen(request: HttpRequest, key: str) -> HttpResponse:
    """Note up to which message the visitor's browser has, or shows, what we wrote."""
    channel = chat_or_404(key)
    visitor = None if is_from_elsewhere(request) else visitor_of(request, channel)
    if visitor is None:
        return refusal("token", 401)
    if wait := _too_often(request, channel, "read", house.CHAT_RATE_PER_MINUTE * _READS):
        return wait
    for state in ("delivered", "read"):
        up_to = request.POST.get(state, "")
        if up_to.isdecimal() and len(up_to) < 19:
            note_seen(visitor, up_to=int(up_to), state=state)
    return HttpResponse(status=204)


@require_GET
def file(request: HttpRequest, key: str, file: str) -> HttpResponse | FileResponse:
    """Send a file of the visitor's own conversation; only plain pictures are ever shown."""
    channel = chat_or_404(key)
    asked = read_file_key(file)
    if asked is None or asked[0].channel_id != channel.pk:
        raise Http404
    found = file_of(*asked)
    if found is None:
        raise Http404
    try:
        content = found.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    picture = found.content_type in _PICTURES
    response = FileResponse(
        content,
        as_attachment=not picture,
        filename=found.name,
        content_type=found.content_type if picture else "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _too_often(
    request: HttpRequest, channel: Channel, what: str, per_minute: int
) -> HttpResponse | None:
    key = (channel.pk, what, request.META.get("REMOTE_ADDR", ""))
    wait = _buckets.take(key, per_minute)
    if not wait:
        return None
    response = refusal("often", 429, _("Too many at once. Try again in a minute."))
    response["Retry-After"] = str(math.ceil(wait))
    return response


def _too_large() -> HttpResponse:
    most = LARGEST_FILE // 2**20
    return refusal("large", 413, _("This file is too large. At most %(most)d MB.") % {"most": most})


def _wrong(channel: Channel, visitor: Visitor, said: dict[str, Any]) -> HttpResponse | None:
    """Say what a line lacks. Only what our window asks for before it lets anything be sent."""
    settings = settings_of(channel)
    if said.get("files") and not settings.files:
        return refusal("files", 403, _("Files can't be sent here."))
    if any(len(str(f)) > LARGEST_FILE * 4 / 3 + 1000 for f in said.get("files") or []):
        return _too_large()
    wrong: dict[str, str] = {}
    for kind, sentence in (
        ("phone", _("Write the phone with its code, like +7 916 123-45-67.")),
        ("email", _("Write the e-mail like name@company.com.")),
    ):
        given = said.get(kind)
        if given and not (isinstance(given, str) and readable(kind, given)):
            wrong[kind] = sentence
    if not wrong and not has_written(visitor):
        asked = {
            "name": settings.ask_name,
            "phone": settings.ask_phone,
            "email": settings.ask_email,
        }
        for name, need in asked.items():
            if need == "required" and not str(said.get(name) or "").strip():
                wrong[name] = _("This is needed to answer you.")
        if consent_of(channel.pk) is not None and not said.get("consent"):
            wrong["consent"] = _("Please agree first.")
    if wrong:
        return refusal("fields", 422, fields=wrong)
    return None


def _shown(message: Message, visitor: Visitor, key: str) -> dict[str, Any]:
    """Return one message as the window draws it; all of it is text."""
    mine = message.is_incoming
    who = "" if mine else str(message.author or message.author_name)
    return {
        "id": message.pk,
        "own": message.external_id.partition(":")[2] if mine else "",
        "mine": mine,
        "who": who,
        "text": message.text,
        "at": message.at.isoformat(),
        "read": message.read_at is not None,
        "files": [
            {
                "name": row.name,
                "size": row.size,
                "picture": row.content_type in _PICTURES,
                "url": reverse("chat:file", args=[key, file_key(visitor, row.pk)]),
            }
            for row in message.attachments.all()
            if row.deleted_at is None
        ],
    }
