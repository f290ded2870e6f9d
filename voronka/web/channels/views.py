"""The list of channels, and the page of one: its state, address, settings and last received."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.channels import commands, queries
from voronka.channels.providers.forms.models import Form
from voronka.channels.registry import providers
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.requests import SignedInRequest
from voronka.web.addresses import address
from voronka.web.card.answers import dialog
from voronka.web.channels.forms import ChannelForm
from voronka.web.channels.states import Shown, shown
from voronka.web.ledger.views import rows_for
from voronka.web.rights import needs_right
from voronka.web.toasts import toast

HOOK = "hook"  # the kind whose mapping is made on a page of its own
FORMS = "forms"  # the kind that has pages of its own, where its fields are built
LAST = 5  # received events on the page of a channel


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """List the channels with what is wrong with them; for htmx only the list."""
    at = timezone.now()
    context = {
        "rows": [shown(row) for row in queries.channels(at=at)],
        "archived": [shown(row) for row in queries.channels(at=at, archived=True)],
        "sees_ledger": request.user.access.has("control"),
        "new_form": address("forms:create"),
    }
    in_place = request.htmx.target == "channels"
    return render(request, "channels/_list.html" if in_place else "channels/index.html", context)


@require_GET
@needs_right("setup")
def kinds(request: SignedInRequest) -> HttpResponse:
    """Ask in a dialog what kind of channel to add."""
    rows = []
    for code, provider in providers().items():
        own = address("forms:create") if code == FORMS else reverse("channels:new", args=[code])
        if own:
            rows.append((provider, own))
    return dialog(request, "channels/_kinds.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def new(request: SignedInRequest, provider: str) -> HttpResponse:
    """Ask for everything that a channel of a kind needs, and connect it."""
    kind = providers().get(provider)
    if kind is None or provider == FORMS:
        raise Http404
    form = ChannelForm(request.POST or None, provider=kind, initial={"name": str(kind.title)})
    if request.method == "POST" and form.is_valid():
        try:
            made = commands.create_channel(provider, form.spec(), by=Actor.user(request.user))
        except DomainError as error:
            form.refuse(error)
        else:
            url = reverse("channels:show", args=[made.pk])
            if not request.POST.get("in_slider"):
                return HttpResponse(status=204, headers={"HX-Redirect": url})
            said = _("Connected: %(name)s. Now try it.") % {"name": made}
            response = toast(HttpResponse(status=204), said)
            response = trigger_client_event(response, "channels:changed", {})
            return trigger_client_event(response, "slider:open", {"url": url})
    context = {"form": form, "provider": kind}
    template = "channels/_form.html" if request.method == "POST" else "channels/new.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_GET
@needs_right("setup")
def show(request: SignedInRequest, channel_id: int) -> HttpResponse:
    """Show one channel; for htmx only how it is doing, so that nothing typed is lost."""
    found = found_or_404(channel_id)
    context = _about(request, found)
    if request.htmx.target == "channel-state":
        return render(request, "channels/_state.html", context)
    kind = providers().get(found.channel.provider)
    if kind is not None and not found.channel.archived_at:
        context["form"] = ChannelForm(provider=kind, channel=found.channel)
    return render(request, "channels/show.html", context)


@require_POST
@needs_right("setup")
def save(request: SignedInRequest, channel_id: int) -> HttpResponse:
    """Keep what was changed about a channel."""
    found = found_or_404(channel_id)
    kind = providers().get(found.channel.provider)
    if kind is None:
        raise Http404
    form = ChannelForm(request.POST, provider=kind, channel=found.channel)
    if form.is_valid():
        try:
            saved = commands.change_channel(channel_id, form.spec(), by=Actor.user(request.user))
        except DomainError as error:
            form.refuse(error)
        else:
            form = ChannelForm(provider=kind, channel=saved)
            response = render(request, "channels/_form.html", {"form": form, "channel": saved})
            response = toast(response, _("Saved: %(name)s") % {"name": saved})
            return trigger_client_event(response, "channels:changed", {})
    context = {"form": form, "channel": found.channel}
    return render(request, "channels/_form.html", context, status=422)


def found_or_404(channel_id: int) -> Shown:
    """Return a channel with its state, an archived one too."""
    row = queries.channel_row(channel_id, at=timezone.now())
    if row is None:
        raise Http404
    return shown(row)


def _about(request: SignedInRequest, found: Shown) -> dict[str, Any]:
    """Return what the page says of a channel besides its form."""
    channel = found.channel
    context: dict[str, Any] = {"shown": found, "channel": channel, "row": found.row}
    provider = providers().get(channel.provider)
    if provider is not None and provider.has_webhook:
        name = "intake:form" if channel.provider == FORMS else "intake:hook"
        context["webhook"] = request.build_absolute_uri(reverse(name, args=[channel.key]))
    if channel.provider == FORMS:
        form = Form.objects.filter(channel_id=channel.pk).only("pk").first()
        context["builder"] = address("forms:edit", form.pk) if form else ""
    if channel.provider == HOOK and not channel.archived_at:
        context["mapping"] = reverse("hooks:mapping", args=[channel.pk])
    if request.user.access.has("control"):
        context["last"] = rows_for(
            request.user, queries.ledger(channel_id=channel.pk, limit=LAST).rows
        )
        context["ledger"] = address("ledger:index")
    return context
