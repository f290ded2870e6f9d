"""The list of webhooks, one with its log, and what is done with it by one click."""

from __future__ import annotations

import json

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.automation.commands import webhooks
from voronka.automation.commands.errands import ATTEMPTS
from voronka.automation.models import Errand, Webhook
from voronka.automation.queries import deliveries, webhook_row, webhook_rows
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.kernel.vault import VaultLocked, unseal
from voronka.people.requests import SignedInRequest
from voronka.web.card.answers import dialog
from voronka.web.forms import refuse
from voronka.web.rights import needs_right
from voronka.web.toasts import toast
from voronka.web.webhooks.forms import WebhookForm

PAGE = 30  # deliveries at once
_STATES = {"", *Errand.State.values}


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """List the webhooks; for htmx only the list."""
    in_place = request.htmx.target == "webhooks"
    name = "webhooks/_list.html" if in_place else "webhooks/index.html"
    return render(request, name, {"rows": webhook_rows()})


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def edit(request: SignedInRequest, webhook_id: int | None = None) -> HttpResponse:
    """Ask in a dialog what a webhook should be, and save it."""
    webhook = _webhook(webhook_id) if webhook_id is not None else None
    form = WebhookForm(request.POST or None, webhook=webhook)
    if request.method == "POST" and form.is_valid():
        by = Actor.user(request.user)
        try:
            saved = webhooks.save_webhook(form.spec(), by=by, webhook_id=webhook_id)
        except DomainError as error:
            refuse(form, error)
        else:
            if webhook is None:
                url = reverse("webhooks:show", args=[saved.pk])
                return HttpResponse(status=204, headers={"HX-Redirect": url})
            response = _changed(_("Saved: %(name)s") % {"name": saved})
            return trigger_client_event(response, "dialog:close", {})
    context: dict[str, object] = {"form": form, "webhook": webhook}
    return dialog(request, "webhooks/_form.html", context, status=422 if form.errors else 200)


@require_GET
@needs_right("setup")
def show(request: SignedInRequest, webhook_id: int) -> HttpResponse:
    """Show one webhook with the newest of its log; for htmx only what changes."""
    webhook = _webhook(webhook_id)
    row = webhook_row(webhook)
    in_place = request.htmx.target == "webhook-state"
    name = "webhooks/_state.html" if in_place else "webhooks/show.html"
    return render(request, name, {"webhook": webhook, "row": row, **_log(request, webhook)})


@require_GET
@needs_right("setup")
def log(request: SignedInRequest, webhook_id: int) -> HttpResponse:
    """Return a page of the log: of one state, or what comes before a delivery."""
    webhook = _webhook(webhook_id)
    return render(request, "webhooks/_log.html", {"webhook": webhook, **_log(request, webhook)})


@require_GET
@needs_right("setup")
def delivery(request: SignedInRequest, errand_id: int) -> HttpResponse:
    """Show in a dialog what was sent and what came back."""
    errand = _delivery(errand_id)
    sent = json.dumps(errand.payload, ensure_ascii=False, indent=2, sort_keys=True)
    context = {"errand": errand, "sent": sent, "attempts": ATTEMPTS}
    return dialog(request, "webhooks/_delivery.html", context)


@require_POST
@needs_right("setup")
def replay(request: SignedInRequest, errand_id: int) -> HttpResponse:
    """Send a delivery once more."""
    try:
        webhooks.replay_delivery(_delivery(errand_id).pk, by=Actor.user(request.user))
    except DomainError as error:
        return toast(HttpResponse(status=204), str(error.detail), kind="error")
    response = _changed(_("It is being sent once more."))
    return trigger_client_event(response, "dialog:close", {})


@require_POST
@never_cache
@needs_right("setup")
def secret(request: SignedInRequest, webhook_id: int) -> HttpResponse:
    """Tell the signing secret to who asked for it."""
    webhook = _webhook(webhook_id)
    try:
        value = unseal(webhook.sealed)["secret"]
    except VaultLocked:
        value = ""
    return render(request, "webhooks/_secret.html", {"webhook": webhook, "value": value})


@require_POST
@never_cache
@needs_right("setup")
def renew(request: SignedInRequest, webhook_id: int) -> HttpResponse:
    """Give a webhook another secret, and tell it."""
    webhook = webhooks.renew_secret(webhook_id, by=Actor.user(request.user))
    value = unseal(webhook.sealed)["secret"]
    response = render(request, "webhooks/_secret.html", {"webhook": webhook, "value": value})
    return toast(response, _("The old secret is no longer good."))


@require_POST
@needs_right("setup")
def try_it(request: SignedInRequest, webhook_id: int) -> HttpResponse:
    """Send a ping; the log shows what came of it."""
    try:
        webhooks.try_webhook(webhook_id, by=Actor.user(request.user))
    except DomainError as error:
        return toast(HttpResponse(status=204), str(error.detail), kind="error")
    return _changed(_("A ping is on its way: see the log."))


@require_POST
@needs_right("setup")
def switch(request: SignedInRequest, webhook_id: int, to: str) -> HttpResponse:
    """Switch a webhook "on" or "off"."""
    if to not in ("on", "off"):
        raise Http404
    by = Actor.user(request.user)
    webhook = webhooks.switch_webhook(webhook_id, on=to == "on", by=by)
    said = _("Switched on: %(name)s") if to == "on" else _("Switched off: %(name)s")
    back = reverse("webhooks:switch", args=[webhook_id, "off" if to == "on" else "on"])
    return _changed(said % {"name": webhook}, undo_url=back)


@require_POST
@needs_right("setup")
def remove(request: SignedInRequest, webhook_id: int) -> HttpResponse:
    """Take a webhook away."""
    webhooks.remove_webhook(webhook_id, by=Actor.user(request.user))
    return HttpResponse(status=204, headers={"HX-Redirect": reverse("webhooks:index")})


def _log(request: SignedInRequest, webhook: Webhook) -> dict[str, object]:
    state = request.GET.get("state", "")
    state = state if state in _STATES else ""
    before = request.GET.get("before", "")
    cut = int(before) if before.isdecimal() and len(before) < 19 else None
    rows = deliveries(webhook, state=state, before=cut, limit=PAGE + 1)
    return {
        "log": rows[:PAGE],
        "state": state,
        "states": [("", _("All")), *Errand.State.choices],
        "more": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "continued": cut is not None,
    }


def _webhook(webhook_id: int) -> Webhook:
    return get_object_or_404(Webhook, pk=webhook_id, removed_at=None)


def _delivery(errand_id: int) -> Errand:
    rows = Errand.objects.select_related("webhook").filter(webhook__removed_at=None)
    return get_object_or_404(rows, pk=errand_id, kind=webhooks.KIND)


def _changed(said: str, *, undo_url: str = "") -> HttpResponse:
    response = toast(HttpResponse(status=204), said, undo_url=undo_url)
    return trigger_client_event(response, "webhooks:changed", {})
