"""One's devices that show notices, and the worker that shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.timeline.commands.notices.devices import close_device, open_device
from voronka.timeline.commands.notices.pushes import GONE, try_device
from voronka.timeline.models import NoticeDevice
from voronka.timeline.notices.push import public_key
from voronka.web.account.devices import describe, is_phone
from voronka.web.toasts import toast


@dataclass(frozen=True, slots=True)
class Shown:
    """A device in words."""

    device: NoticeDevice
    name: str
    here: bool
    phone: bool


def devices_of(user: User, session_key: str) -> dict[str, Any]:
    """Return what the list of devices needs. One SQL query."""
    rows = [
        Shown(row, describe(row.agent), row.session_key == session_key, is_phone(row.agent))
        for row in NoticeDevice.objects.filter(user=user)
    ]
    return {"devices": sorted(rows, key=lambda row: not row.here), "public_key": public_key()}


@login_required
@require_POST
def open_one(request: SignedInRequest) -> HttpResponse:
    """Let this browser show notices."""
    open_device(
        request.user,
        session_key=request.session.session_key or "",
        endpoint=request.POST.get("endpoint", ""),
        p256dh=request.POST.get("p256dh", ""),
        auth=request.POST.get("auth", ""),
        agent=request.headers.get("User-Agent", ""),
    )
    return toast(_list(request), _("Notices come to this device now"))


@login_required
@require_POST
def close_one(request: SignedInRequest, device_id: int) -> HttpResponse:
    """Take a device away."""
    here = request.session.session_key or ""
    was_here = NoticeDevice.objects.filter(pk=device_id, session_key=here).exists()
    close_device(device_id, user=request.user)
    response = toast(_list(request), _("No more notices come to that device"))
    return trigger_client_event(response, "notices:closed", {}) if was_here else response


@login_required
@require_POST
def try_one(request: SignedInRequest, device_id: int) -> HttpResponse:
    """Send a test notice to a device."""
    get_object_or_404(NoticeDevice, pk=device_id, user=request.user)
    answer = try_device(device_id, user=request.user)
    response = _list(request)
    if answer.is_good:
        return toast(response, _("A test notice is on its way"))
    if answer.status in GONE:
        said = _("That browser does not take notices any more: it is off the list.")
    else:
        said = _("The browser's service has not taken the notice. Try again a little later.")
    return toast(response, said, kind="error")


@require_GET
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker from here: where it lies says which pages it may work for."""
    return render(request, "notifications/worker.js", content_type="text/javascript")


def _list(request: SignedInRequest) -> HttpResponse:
    context = devices_of(request.user, request.session.session_key or "")
    return render(request, "notifications/_devices.html", context)
