"""The ways into the demo company that work at once, without anybody's account elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voronka.automation.commands.webhooks import WebhookSpec, save_webhook
from voronka.channels.commands import ChannelSpec, create_channel
from voronka.channels.models import Channel
from voronka.demo.cast import CAST
from voronka.demo.post.places import COMPANY, HERE, IMAP_PORT, SMTP_PORT, WORD
from voronka.journal.actors import Actor
from voronka.people.models import User
from voronka.pipelines.models import ItemType, Pipeline, Source

_CONSENT_RU = "Согласен на обработку персональных данных"
_CONSENT_EN = "I agree to the processing of my personal data"
_SIGNATURE = "Светлый дом, Казань, Чистопольская, 5\n+7 843 000-00-00"


def connect_channels(*, by: Actor) -> None:
    """Connect the chat of the company's site, its mailbox, and its accounting."""
    _connect("chat", "Чат на сайте", {"consent_ru": _CONSENT_RU, "consent_en": _CONSENT_EN}, by=by)
    connect_mailbox(by=by)
    _tell_accounting(by=by)


def _tell_accounting(*, by: Actor) -> None:
    """Show a webhook as accounting would have it: off, for nobody listens at a sample address."""
    spec = WebhookSpec(
        "1С: Бухгалтерия",
        "https://1c.svetlydom.example/hs/voronka/events",
        ["item.won", "item.lost", "item.changed"],
        ["retail_office", "wholesale_new", "wholesale_repeat"],
        "accounting",
    )
    save_webhook(spec, by=by, active=False)


def connect_mailbox(*, by: Actor) -> None:
    """Connect the company's mailbox at the sample post office, unless it ever had a mailbox.

    Demo companies made before there was one get it at their next start.
    """
    if Channel.objects.filter(provider="mail").exists():
        return
    settings = {
        "address": COMPANY,
        "password": WORD,
        "from_name": "Светлый дом",
        "signature": _SIGNATURE,
        **{"imap_host": HERE, "imap_port": IMAP_PORT, "imap_security": "none"},
        "track": True,  # whoever plays the client sees what robots hear
        **{"smtp_host": HERE, "smtp_port": SMTP_PORT, "smtp_security": "none"},
        "from_days": 1,  # what was written before the first connection comes in as well
    }
    _connect("mail", "Почта отдела продаж", settings, by=by)


def _connect(provider: str, name: str, settings: Mapping[str, Any], *, by: Actor) -> None:
    """Connect a channel: what comes by it becomes leads of the first lead funnel."""
    leads = Pipeline.objects.filter(item_type__kind=ItemType.Kind.LEAD, archived=False)
    source = Source.objects.filter(code="site").first()
    taker = User.objects.filter(email=next(p.email for p in CAST if p.role == "manager")).first()
    pipeline = leads.order_by("position", "pk").first()
    if pipeline is None or taker is None:
        return
    spec = ChannelSpec(
        name=name,
        settings=settings,
        pipeline_id=pipeline.pk,
        source_id=source.pk if source else None,
        owner_id=taker.pk,
    )
    create_channel(provider, spec, by=by)
