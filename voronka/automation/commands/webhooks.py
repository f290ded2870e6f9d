"""Webhooks out: addresses that are told of events, in order for each card (AP-2).

The note that an event leaves for the worker is the outbox: it is written in the transaction of the
event itself (`waking`). The worker turns it into an errand for each address that asked for it; an
errand is tried until it is taken, with the same key, and those of one card keep their order.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from voronka.automation import payloads
from voronka.automation.catalogue import CATALOGUE
from voronka.automation.commands import errands
from voronka.automation.errors import NoSuchWebhook
from voronka.automation.models import Errand, Webhook
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.journal.models import Event
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.kernel.outgoing import check_url, is_incomplete, without_secrets
from voronka.kernel.vault import seal
from voronka.people.access import require_right
from voronka.people.models import User
from voronka.pipelines.codes import code_from
from voronka.pipelines.models import Pipeline
from voronka.timeline.commands.notifications import notify

KIND = "webhook"  # of errands
KEEP_LOG = timedelta(days=30)
MOST = 50  # webhooks at once
_TELL_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WebhookSpec:
    """What a webhook should be. `pipelines`: codes; none means all funnels."""

    name: str
    url: str
    verbs: Sequence[str]
    pipelines: Sequence[str] = ()
    code: str = ""  # of a new one; made of the name when empty


@transaction.atomic
def save_webhook(
    spec: WebhookSpec, *, by: Actor, webhook_id: int | None = None, active: bool = True
) -> Webhook:
    """Add a webhook, or change one; records `webhook.created` or `webhook.changed`.

    A new one gets a signing secret; `secret_of` tells it.

    Args:
        active: whether a new one is told of events at once.
    Raises:
        Forbidden: the role may not set up.
        InvalidInput: no name, an address that can't be called, no events, an unknown one.
        NoSuchWebhook: it is gone.
    """
    require_right(by, "setup")
    new = Webhook(created_by_id=by.user_id, active=active)
    row = _lock(webhook_id) if webhook_id is not None else new
    _refuse(spec, new=webhook_id is None)
    row.name, row.url = spec.name.strip()[:120], spec.url.strip()
    if not row.code:
        taken = Webhook.objects.values_list("code", flat=True)
        row.code = spec.code or code_from(row.name, taken=set(taken), fallback="webhook")
    row.verbs = [verb for verb in CATALOGUE if verb in spec.verbs]
    row.pipelines = sorted(set(spec.pipelines))
    row.changed_at = timezone.now()
    row.sealed = row.sealed or _new_secret()
    row.save()
    verb = "webhook.created" if webhook_id is None else "webhook.changed"
    url = without_secrets(row.url)
    record(verb, row, by=by, name=row.name, url=url, verbs=row.verbs, pipelines=row.pipelines)
    return row


@transaction.atomic
def switch_webhook(webhook_id: int, *, on: bool, by: Actor) -> Webhook:
    """Switch a webhook on or off; records `webhook.switched`. Off, what waits is given up.

    Raises:
        Forbidden, NoSuchWebhook: the right to set up, or it.
        InvalidInput: its address came from a blueprint, without its secrets.
    """
    require_right(by, "setup")
    row = _lock(webhook_id)
    if on and is_incomplete(row.url):
        raise InvalidInput(_("Complete the address first: the blueprint has left its keys out."))
    if row.active != on:
        row.active, row.changed_at = on, timezone.now()
        row.save(update_fields=["active", "changed_at"])
        if not on:
            _give_up(row)
        record("webhook.switched", row, by=by, name=row.name, on=on)
    return row


@transaction.atomic
def remove_webhook(webhook_id: int, *, by: Actor) -> None:
    """Take a webhook away; records `webhook.removed`. Its log goes after a month.

    Raises:
        Forbidden, NoSuchWebhook: the right to set up, or it.
    """
    require_right(by, "setup")
    row = _lock(webhook_id)
    row.active, row.removed_at = False, timezone.now()
    row.save(update_fields=["active", "removed_at"])
    _give_up(row)
    record("webhook.removed", row, by=by, name=row.name)


@transaction.atomic
def renew_secret(webhook_id: int, *, by: Actor) -> Webhook:
    """Give a webhook another signing secret, good at once; records `webhook.secret_renewed`.

    Raises:
        Forbidden, NoSuchWebhook: the right to set up, or it.
    """
    require_right(by, "setup")
    row = _lock(webhook_id)
    row.sealed = _new_secret()
    row.save(update_fields=["sealed"])
    record("webhook.secret_renewed", row, by=by, name=row.name)
    return row


@transaction.atomic
def try_webhook(webhook_id: int, *, by: Actor) -> Errand:
    """Send a "ping" now, outside of every order; its errand tells what came of it.

    Raises:
        Forbidden, NoSuchWebhook: the right to set up, or it.
        InvalidInput: it is switched off.
    """
    require_right(by, "setup")
    row = _lock(webhook_id)
    if not row.active:
        raise InvalidInput(_("Switch the webhook on first."))
    now = timezone.now()
    key = f"ping-{row.pk}-{secrets.token_hex(8)}"
    return errands.order(KIND, payloads.ping(row.pk, at=now), key=key, webhook_id=row.pk)


@transaction.atomic
def replay_delivery(errand_id: int, *, by: Actor) -> Errand:
    """Send a delivery of the log once more, with the same key; records `webhook.replayed`.

    Raises:
        Forbidden: the role may not set up.
        NoSuchWebhook: the delivery or its webhook is gone.
        InvalidInput: the webhook is switched off.
    """
    require_right(by, "setup")
    errand = Errand.objects.select_related("webhook").filter(pk=errand_id, kind=KIND).first()
    if errand is None or errand.webhook is None or errand.webhook.removed_at is not None:
        raise NoSuchWebhook
    if not errand.webhook.active:
        raise InvalidInput(_("Switch the webhook on first."))
    record("webhook.replayed", errand.webhook, by=by, delivery=errand.pk)
    return errands.replay(errand.pk)


def tell(events: Sequence[Event]) -> int:
    """Order the deliveries of events, in their order; return how many. Called by the worker.

    Two SQL queries when no webhook asks for any of them, or there is none: one.
    """
    hooks = list(Webhook.objects.filter(active=True))
    wanted = [(event, hook) for event in events for hook in hooks if event.verb in hook.verbs]
    if not wanted:
        return 0
    items, clients = payloads.subjects(event for event, _hook in wanted)
    told = 0
    for event, hook in wanted:
        of_card = event.subject_type == Item.journal_type
        item = items.get(event.subject_id) if of_card else None
        client = clients.get(event.subject_id) if not of_card else None
        if item is None and client is None:
            continue
        if item is not None and hook.pipelines and item.pipeline.code not in hook.pipelines:
            continue
        errands.order(
            KIND,
            payloads.payload_of(event, item, client),
            key=f"event-{event.pk}-{hook.pk}",
            item=item,
            lane=f"{hook.pk}:{event.subject_type}:{event.subject_id}",
            webhook_id=hook.pk,
        )
        told += 1
    return told


@transaction.atomic
def on_given_up(errand: Errand) -> None:
    """Tell the maker of a webhook, once a day, that a delivery was given up."""
    now = timezone.now()
    row = Webhook.objects.select_for_update().filter(pk=errand.webhook_id or 0).first()
    if row is None or row.removed_at or (row.told_at and now - row.told_at < _TELL_AGAIN):
        return
    row.told_at = now
    row.save(update_fields=["told_at"])
    user = User.objects.filter(pk=row.created_by_id or 0, is_active=True).first()
    if user is None:
        return
    with override(user.language):
        text = _("The webhook “%(name)s” does not get through: its log tells why.") % {"name": row}
    notify(user.pk, "webhook", text, url_name="webhooks:show", url_id=row.pk)


def forget_old(*, at: datetime | None = None, batch: int = 5000) -> int:
    """Delete the log of deliveries older than a month; return how many. Runs each night."""
    until = (at or timezone.now()) - KEEP_LOG
    old = Errand.objects.filter(kind=KIND, ended_at__lt=until).order_by("pk")
    ids = list(old.values_list("pk", flat=True)[:batch])
    return Errand.objects.filter(pk__in=ids).delete()[0]


def _give_up(row: Webhook) -> None:
    waiting = Errand.objects.filter(webhook=row, state=Errand.State.WAITING)
    waiting.update(
        state=Errand.State.FAILED, ended_at=timezone.now(), answer={"error": "switched off"}
    )


def _new_secret() -> str:
    return seal({"secret": "whsec_" + secrets.token_urlsafe(32)})


def _lock(webhook_id: int) -> Webhook:
    rows = Webhook.objects.select_for_update().filter(removed_at=None)
    row = rows.filter(pk=webhook_id).first()
    if row is None:
        raise NoSuchWebhook
    return row


def _refuse(spec: WebhookSpec, *, new: bool) -> None:
    wrong: dict[str, str] = {}
    if not spec.name.strip():
        wrong["name"] = _("Give it a name.")
    try:
        check_url(spec.url.strip(), private=settings.ALLOW_PRIVATE_REQUESTS)
    except DomainError as error:
        wrong["url"] = str(error.detail)
    if not spec.verbs:
        wrong["verbs"] = _("Choose at least one event.")
    elif unknown := [verb for verb in spec.verbs if verb not in CATALOGUE]:
        wrong["verbs"] = _("There is no event “%(name)s”.") % {"name": unknown[0]}
    known = Pipeline.objects.filter(code__in=spec.pipelines).values_list("code", flat=True)
    if missing := sorted(set(spec.pipelines) - set(known)):
        wrong["pipelines"] = _("There is no funnel “%(name)s”.") % {"name": missing[0]}
    if wrong:
        raise InvalidInput(_("The webhook is not complete yet."), fields=wrong)
    if new and Webhook.objects.filter(removed_at=None).count() >= MOST:
        raise InvalidInput(_("There are 50 webhooks already. Remove one first."))
