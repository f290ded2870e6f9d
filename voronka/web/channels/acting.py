"""What is done with a channel by one click: switched, tried, put away."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from voronka.channels import commands
from voronka.channels.commands import Trial
from voronka.channels.models import Channel
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, NotFound
from voronka.people.requests import SignedInRequest
from voronka.web.channels.states import span_words
from voronka.web.rights import needs_right
from voronka.web.toasts import toast


@require_POST
@needs_right("setup")
def switch(request: SignedInRequest, channel_id: int, to: str) -> HttpResponse:
    """Switch a channel "on" or "off"."""
    if to not in ("on", "off"):
        raise Http404
    by = Actor.user(request.user)
    channel = commands.set_channel_active(channel_id, active=to == "on", by=by)
    said = _("Switched on: %(name)s") if to == "on" else _("Switched off: %(name)s")
    back = reverse("channels:switch", args=[channel_id, "off" if to == "on" else "on"])
    response = toast(HttpResponse(status=204), said % {"name": channel}, undo_url=back)
    return trigger_client_event(response, "channels:changed", {})


@require_POST
@needs_right("setup")
def archive(request: SignedInRequest, channel_id: int) -> HttpResponse:
    """Put a channel away; its passwords are forgotten, its history stays."""
    channel = commands.archive_channel(channel_id, by=Actor.user(request.user))
    if not request.POST.get("in_slider"):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("channels:index")})
    said = _("In the archive: %(name)s. Its cards and history stay.") % {"name": channel}
    response = toast(HttpResponse(status=204), said)
    response = trigger_client_event(response, "channels:changed", {})
    return trigger_client_event(response, "slider:close", {})


@require_POST
@needs_right("setup")
def restore(request: SignedInRequest, channel_id: int) -> HttpResponse:
    """Take a channel out of the archive and open its page again, where it can be switched on."""
    try:
        channel = commands.restore_channel(channel_id, by=Actor.user(request.user))
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return toast(HttpResponse(status=204), str(error.detail), kind="error")
    said = restored_words(channel)
    url = reverse("channels:show", args=[channel_id])
    if not request.POST.get("in_slider"):
        messages.success(request, said)
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    response = toast(HttpResponse(status=204), said)
    response = trigger_client_event(response, "channels:changed", {})
    return trigger_client_event(response, "slider:open", {"url": url})


def restored_words(channel: Channel) -> str:
    """Return what to say of a channel that is back: whether it works at once."""
    if channel.active:
        said = _("Out of the archive, at its old address: %(name)s.")
    else:
        said = _("Out of the archive, still switched off: %(name)s. Type its password again.")
    return said % {"name": channel}


@require_POST
@needs_right("setup")
def try_it(request: SignedInRequest, channel_id: int) -> HttpResponse:
    """Send a marked enquiry through the channel and tell what came of it."""
    try:
        trial = commands.try_channel(channel_id, by=Actor.user(request.user))
    except DomainError as error:
        trial = Trial(False, problem=error.detail)
    context = {"trial": trial, "took": span_words(trial.took)}
    response = render(request, "channels/_trial.html", context)
    return trigger_client_event(response, "channels:changed", {})
