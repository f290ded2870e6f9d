"""Webhooks out in a blueprint (AP-2): addresses and events, never the secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from voronka.automation.catalogue import CATALOGUE
from voronka.automation.commands.webhooks import WebhookSpec as Spec
from voronka.automation.commands.webhooks import remove_webhook, save_webhook
from voronka.automation.models import Errand, Webhook
from voronka.blueprints.errors import Path
from voronka.blueprints.explaining import nearest
from voronka.blueprints.outside import naming
from voronka.blueprints.outside_schema import WebhookSpec
from voronka.blueprints.schema import Blueprint
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.kernel.outgoing import check_url

KIND, SECTION, ORDERED = "webhook", "webhooks", False


def of_rows(*, people: bool) -> dict[str, WebhookSpec]:
    """Read the webhooks. One SQL query."""
    return {
        row.code: WebhookSpec(
            name=row.name, url=row.url, events=list(row.verbs), pipelines=list(row.pipelines)
        )
        for row in Webhook.objects.filter(removed_at=None)
    }


def mistakes(blueprint: Blueprint) -> Iterator[tuple[Path, str]]:
    """Find addresses that can't be called, unknown events and funnels."""
    for code, part in (blueprint.webhooks or {}).items():
        path: Path = (SECTION, code)
        yield from naming.no_name(path, part.name)
        try:
            check_url(part.url.strip(), private=settings.ALLOW_PRIVATE_REQUESTS)
        except DomainError as refusal:
            yield (*path, "url"), str(refusal.detail)
        for number, event in enumerate(part.events):
            if event not in CATALOGUE:
                sentence = _("There is no event “%(name)s”.") % {"name": event}
                yield (*path, "events", number), sentence + nearest(event, list(CATALOGUE))
        for number, pipeline in enumerate(part.pipelines):
            yield from naming.no_funnel(blueprint, (*path, "pipelines", number), pipeline)


def attrs(part: WebhookSpec) -> dict[str, Any]:
    """Return what is compared; the order of events and funnels does not count."""
    return {
        "name": part.name.strip(),
        "url": part.url.strip(),
        "events": [verb for verb in CATALOGUE if verb in part.events],
        "pipelines": sorted(set(part.pipelines)),
    }


def save(code: str, part: WebhookSpec, *, by: Actor) -> None:
    """Write a webhook; a new one has a new secret and is off until that is known outside."""
    row = Webhook.objects.filter(code=code, removed_at=None).first()
    spec = Spec(part.name, part.url, part.events, part.pipelines, code)
    save_webhook(spec, by=by, webhook_id=row.pk if row else None, active=False)


def remove(code: str, *, by: Actor) -> None:
    """Take a webhook away."""
    remove_webhook(Webhook.objects.get(code=code, removed_at=None).pk, by=by)


def effects(code: str, before: WebhookSpec | None, after: WebhookSpec | None) -> list[str]:
    """Say that a new one is off, and what a removed one gives up."""
    if before is None:
        return [
            _("It gets a new secret and stays switched off until you switch it on, on its page.")
        ]
    if after is not None:
        return []
    waiting = Errand.objects.filter(webhook__code=code, state=Errand.State.WAITING).count()
    told = _("Deliveries that wait are given up: %(count)d.") % {"count": waiting}
    return [told] if waiting else []
