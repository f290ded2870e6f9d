"""Site forms and webhooks: take what comes, keep it, answer. No log-in, no cookie, no CSRF token.

A post is answered once it is committed to the ledger; what goes wrong after that is ours to mend.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from voronka.channels.bodies import Posted, read_body
from voronka.channels.commands import receive
from voronka.channels.contract import BadEvent, WebRequest
from voronka.channels.facts import facts_of
from voronka.channels.providers.forms.checking import problems
from voronka.channels.providers.forms.models import Form
from voronka.channels.providers.forms.provider import OURS, PROVIDER
from voronka.channels.providers.forms.queries import form_by_key, shown
from voronka.channels.queries import channel_of
from voronka.channels.registry import provider_of
from voronka.kernel.buckets import Buckets
from voronka.kernel.remembering import remembering
from voronka.kernel.texts import LANGUAGES
from voronka.web.intake.drawing import drawn, thanks_of

_DAY = 24 * 3600  # seconds
_buckets = Buckets()  # of posts to one channel from one address


@csrf_exempt
@xframe_options_exempt
@require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
def form(request: HttpRequest, key: str) -> HttpResponse:
    """Show a form, or take a post: of ours, of a foreign site's browser, of a server."""
    with remembering(), _language(request):
        return _answered(request, _form(key))


def _answered(request: HttpRequest, found: Form) -> HttpResponse:
    origin = request.headers.get("Origin", "")
    if request.method == "OPTIONS":
        response = HttpResponse(status=204)
        response["Access-Control-Allow-Methods"] = "POST"
        response["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
        response["Access-Control-Max-Age"] = str(_DAY)
    elif request.method == "POST":
        response = _take(request, found, origin)
    else:
        response = _page(request, found, template="intake/page.html")
    return _shared(request, found, origin, response)


@xframe_options_exempt
@require_http_methods(["GET", "HEAD"])
def frame(request: HttpRequest, key: str) -> HttpResponse:
    """Show a form for another site's page, inside a frame."""
    found = _form(key)
    with _language(request):
        response = _page(request, found, template="intake/frame.html", framed=True)
    return _shared(request, found, "", response)


@require_GET
def embed(request: HttpRequest, key: str) -> HttpResponse:
    """The script that puts the form's frame where it is called, and tells it page and marks."""
    response = render(
        request,
        "intake/embed.js",
        {"title": _form(key).channel.name},
        content_type="text/javascript; charset=utf-8",
    )
    response["Cache-Control"] = "public, max-age=300"
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST", "PUT"])
def hook(request: HttpRequest, key: str) -> HttpResponse:
    """Take a webhook's call for any channel whose provider has one."""
    channel = channel_of(key)
    if channel is None or channel.key != key:
        raise Http404
    provider = provider_of(channel.provider)
    if not provider.has_webhook:
        raise Http404
    address = request.META.get("REMOTE_ADDR", "")
    if wait := _buckets.take((channel.pk, address), settings.HOOK_RATE_PER_MINUTE):
        return _too_many(wait)
    length, most = int(request.META.get("CONTENT_LENGTH") or 0), provider.most_bytes
    call = _call(request) if most is None or length <= most else None
    if call is None:
        return _plain(_("This is too large."), 413)
    try:
        facts = facts_of(channel)
        if not provider.verify(call, facts):
            return HttpResponse(status=403)
        events = provider.events(call, facts)
        reply = provider.reply(call, facts)
    except (BadEvent, ValueError, LookupError, TypeError, AttributeError) as error:
        return HttpResponse(str(error)[:300], status=400, content_type="text/plain; charset=utf-8")
    for event in events:
        receive(channel, event)
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)


def _language(request: HttpRequest) -> AbstractContextManager[None]:
    """Speak the language of the page around the frame, when it says one that we have."""
    asked = request.GET.get("lang", "")[:2]
    return translation.override(asked) if asked in LANGUAGES else nullcontext()


def _form(key: str) -> Form:
    found = form_by_key(key)
    if found is None:
        raise Http404
    return found


def _take(request: HttpRequest, found: Form, origin: str) -> HttpResponse:
    """Keep a post and answer in the way its sender understands."""
    if origin and not _is_welcome(request, found, origin):
        return _plain(_("This site is not among those that may use the form."), 403)
    address = request.META.get("REMOTE_ADDR", "")
    if wait := _buckets.take((found.pk, address), settings.FORM_RATE_PER_MINUTE):
        return _too_many(wait)
    call = _call(request)
    if call is None:
        return _plain(_("This is too large. Send smaller files."), 413)
    posted = _posted(call)
    if posted.first(OURS):
        view = shown(found)
        if wrong := problems(view, posted):
            return _refused(request, found, posted, {k: str(v) for k, v in wrong.items()})
    receive(found.channel, PROVIDER.events(call, facts_of(found.channel))[0])
    return _thanks(request, found, posted)


def _call(request: HttpRequest) -> WebRequest | None:
    """Return a request without HTTP's machinery; None when it is too large to be read.

    Raises:
        BadRequest: its body did not come whole: the sender has gone meanwhile, or said no length.
            Kept as it is, it would stand in the way of the whole one that they send again.
    """
    try:
        body = request.body
    except RequestDataTooBig:
        return None
    if len(body) < int(request.META.get("CONTENT_LENGTH") or 0):
        raise BadRequest("The post was cut off on its way. Send it again.")
    if not body and "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise BadRequest("The post does not say how long it is. Send it with Content-Length.")
    return WebRequest(
        method=request.method or "",
        body=body,
        content_type=request.headers.get("Content-Type", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        query={name: value for name, value in request.GET.items() if isinstance(value, str)},
        address=request.META.get("REMOTE_ADDR", ""),
    )


def _posted(call: WebRequest) -> Posted:
    """Read a post for checking and for what was typed; an unreadable one is kept all the same."""
    try:
        return read_body(call.body, call.content_type)
    except Exception:  # the ledger says what is wrong with it
        return Posted()


def _refused(
    request: HttpRequest, found: Form, posted: Posted, wrong: dict[str, str]
) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"ok": False, "errors": wrong}, status=422)
    response = _page(request, found, template=_template(request), wrong=wrong, typed=posted.values)
    response.status_code = 422
    return response


def _thanks(request: HttpRequest, found: Form, posted: Posted) -> HttpResponse:
    thanks = thanks_of(found)
    if _wants_json(request):
        return JsonResponse({"ok": True, "message": thanks, "redirect": found.redirect})
    if not posted.first(OURS) and "text/html" not in request.headers.get("Accept", ""):
        return _plain(facts_of(found.channel).settings.answer, 200)
    if found.redirect and not _in_frame(request):
        return HttpResponseRedirect(found.redirect)
    return render(
        request,
        _template(request),
        {
            "found": found,
            "thanks": thanks,
            "redirect": found.redirect,
            "theme": request.GET.get("theme", ""),
        },
    )


def _page(
    request: HttpRequest,
    found: Form,
    *,
    template: str,
    wrong: dict[str, str] | None = None,
    typed: dict[str, list[str]] | None = None,
    framed: bool = False,
) -> HttpResponse:
    asked = {name: value for name, value in request.GET.items() if isinstance(value, str)}
    if framed:
        asked["frame"] = "1"
    context = drawn(shown(found), wrong=wrong, typed=typed, asked=asked)
    response = render(request, template, context)
    response["Cache-Control"] = "no-store"  # each drawing is one enquiry
    return response


def _shared(request: HttpRequest, found: Form, origin: str, response: HttpResponse) -> HttpResponse:
    """Let the form's sites read the answer and frame the page."""
    if origin and _is_welcome(request, found, origin):
        response["Access-Control-Allow-Origin"] = origin
    response["Vary"] = "Origin, Accept-Language"
    sites = [f"{host} *.{host}" for host in found.hosts]
    framing = " ".join(["'self'", *sites]) if sites else "*"
    response["Content-Security-Policy"] = f"frame-ancestors {framing}"
    return response


def _is_welcome(request: HttpRequest, found: Form, origin: str) -> bool:
    """Whether a page of this origin may post: any, when the form names no sites."""
    try:
        host = (urlsplit(origin).hostname or "").lower()
    except ValueError:
        return False
    own = request.get_host().partition(":")[0].lower()
    if not found.hosts or host == own:
        return True
    names = [name.partition(":")[0] for name in found.hosts]
    return any(host == name or host.endswith(f".{name}") for name in names)


def _wants_json(request: HttpRequest) -> bool:
    accept = request.headers.get("Accept", "")
    return "application/json" in accept or "json" in request.headers.get("Content-Type", "")


def _in_frame(request: HttpRequest) -> bool:
    return request.GET.get("frame") == "1"


def _template(request: HttpRequest) -> str:
    return "intake/frame.html" if _in_frame(request) else "intake/page.html"


def _too_many(wait: float) -> HttpResponse:
    response = _plain(_("Too many at once. Try again in a minute."), 429)
    response["Retry-After"] = str(math.ceil(wait))
    return response


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
