"""The mapping page of an incoming webhook: samples, places, what comes of them (AP-3)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from voronka.channels import commands, queries
from voronka.channels.contract import RawEvent
from voronka.channels.models import Channel
from voronka.channels.providers.hook.commands import CODE, save_mapping
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people.requests import SignedInRequest
from voronka.web.hooks.draft import Draft, Sample, groups, key_choices, laid_over, sample_of, stored
from voronka.web.hooks.draft import typed as typed_draft
from voronka.web.hooks.outcome import outcome
from voronka.web.ledger.raw import body_text
from voronka.web.rights import needs_right

_LONGEST_PASTED = 500_000  # characters


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def mapping(request: SignedInRequest, channel_id: int) -> HttpResponse:
    """Show what goes where beside a sample, and save it; what has waited is tried again."""
    channel = _channel(channel_id)
    chosen = _sample(request, channel)
    if request.method == "GET":
        draft = stored(channel.settings.get("mapping") or {}, chosen)
        return _page(request, channel, draft, chosen)
    draft = typed_draft(request.POST)
    by = Actor.user(request.user)
    try:
        save_mapping(channel.pk, draft.raw(), by=by)
    except InvalidInput as error:
        draft.refuse(error)
        return _page(request, channel, laid_over(draft, chosen), chosen, status=422)
    waited = queries.count_waiting(channel.pk)
    left = commands.retry_channel(channel.pk, by=by) if waited else 0
    messages.success(request, _said(waited, left))
    return HttpResponseClientRedirect(reverse("hooks:mapping", args=[channel.pk]))


@require_POST
@needs_right("setup")
def sample(request: SignedInRequest, channel_id: int) -> HttpResponse:
    """Lay what is typed over another sample; nothing is kept."""
    channel = _channel(channel_id)
    chosen = _sample(request, channel)
    draft = typed_draft(request.POST)
    draft.guessed = not (channel.settings.get("mapping") or {}).get("rows")
    draft.rows = draft.mapped
    return _page(request, channel, laid_over(draft, chosen), chosen)


@require_POST
@needs_right("setup")
def preview(request: SignedInRequest, channel_id: int) -> HttpResponse:
    """Tell how the sample would come out with what is typed; nothing is kept."""
    channel = _channel(channel_id)
    chosen = _sample(request, channel)
    context: dict[str, Any] = {"channel": channel}
    if chosen is not None:
        context["out"] = outcome(channel, typed_draft(request.POST), chosen, user=request.user)
    return render(request, "hooks/_outcome.html", context)


@require_POST
@needs_right("setup")
def readdress(request: SignedInRequest, channel_id: int) -> HttpResponse:
    """Give the webhook another secret address."""
    channel = commands.readdress_channel(_channel(channel_id).pk, by=Actor.user(request.user))
    messages.success(request, _("“%(name)s” has another address now") % {"name": channel.name})
    return HttpResponseClientRedirect(reverse("channels:show", args=[channel.pk]))


def _channel(channel_id: int) -> Channel:
    rows = Channel.objects.select_related("pipeline__item_type")
    found = rows.filter(pk=channel_id, provider=CODE, archived_at=None).first()
    if found is None:
        raise Http404
    return found


def _sample(request: SignedInRequest, channel: Channel) -> Sample | None:
    """Return what to map by: what was pasted, else the call that was chosen, else the last one.

    What came in is shown to those with the right "control" only; others paste an example.
    """
    asked = request.POST if request.method == "POST" else request.GET
    pasted = asked.get("pasted", "").strip()[:_LONGEST_PASTED]
    if pasted:
        kind = "application/json" if pasted[0] in "[{" else "application/x-www-form-urlencoded"
        return sample_of(RawEvent("pasted", pasted.encode(), kind, at=timezone.now()))
    if not request.user.access.has("control"):
        return None
    recent = queries.samples(channel.pk)
    chosen = next((one for one in recent if str(one.pk) == asked.get("sample")), None)
    chosen = chosen or next(iter(recent), None)
    full = queries.enquiry_with_raw(chosen.pk) if chosen else None
    if full is None:
        return None
    return sample_of(
        RawEvent(str(full.pk), bytes(full.raw), full.content_type, full.headers, full.happened_at)
    )


def _page(
    request: SignedInRequest,
    channel: Channel,
    draft: Draft,
    chosen: Sample | None,
    *,
    status: int = 200,
) -> HttpResponse:
    sees = request.user.access.has("control")
    asked = request.POST if request.method == "POST" else request.GET
    context: dict[str, Any] = {
        "channel": channel,
        "draft": draft,
        "sample": chosen,
        "body": body_text(chosen.event.body, chosen.event.content_type) if chosen else "",
        "recent": queries.samples(channel.pk) if sees else [],
        "sees": sees,
        "pasted": asked.get("pasted", ""),
        "groups": groups(channel.pipeline),
        "keys": key_choices(),
        "waiting": queries.count_waiting(channel.pk),
        "webhook": request.build_absolute_uri(reverse("intake:hook", args=[channel.key])),
    }
    if chosen is not None:
        context["out"] = outcome(channel, draft, chosen, user=request.user)
    return render(request, "hooks/mapping.html", context, status=status)


def _said(waited: int, left: int) -> str:
    if not waited:
        return _("The mapping is saved")
    done = ngettext(
        "The mapping is saved; %(count)d call that waited is settled.",
        "The mapping is saved; %(count)d calls that waited are settled.",
        waited - left,
    ) % {"count": waited - left}
    if not left:
        return done
    more = ngettext(
        "%(count)d still waits: the ledger says why.",
        "%(count)d still wait: the ledger says why.",
        left,
    )
    return f"{done} {more % {'count': left}}"
