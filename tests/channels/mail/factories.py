"""Mailboxes and letters for tests."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count
from typing import Any

from tests.factories import make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.channels.commands import ChannelSpec, create_channel, receive
from voronka.channels.models import Channel, Enquiry
from voronka.channels.providers.mail.events import event_of
from voronka.journal.actors import Actor

SETTINGS: dict[str, Any] = {
    "address": "sales@svetlodom.example",
    "password": "s3cret-word",
    "imap_host": "imap.svetlodom.example",
    "smtp_host": "smtp.svetlodom.example",
    "from_name": "СветлоДом",
    "aliases": "info@svetlodom.example",
}
_numbers = count(1)


def make_mailbox(**settings: Any) -> Channel:
    """A mailbox into a lead funnel, given to somebody."""
    spec = ChannelSpec(
        name=f"Mail {next(_numbers)}",
        settings=SETTINGS | settings,
        pipeline_id=make_pipeline(make_item_type("lead"), reasons=True).pk,
        owner_id=make_user().pk,
    )
    return create_channel("mail", spec, by=Actor.system())


def letter(
    *,
    text: str = "Hello",
    html: str = "",
    sender: str = "Ivan Petrov <ivan@mail.ru>",
    to: str = "sales@svetlodom.example",
    files: Mapping[str, bytes] | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """A letter as it comes over the wire; each has an id of its own."""
    message = EmailMessage(policy=SMTP)
    wanted = {"From": sender, "To": to, "Subject": "Lamps", **(headers or {})}
    wanted.setdefault("Message-ID", f"<letter-{next(_numbers)}@mail.ru>")
    for name, value in wanted.items():
        message[name] = value.replace("\r\n", "")
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, content in (files or {}).items():
        message.add_attachment(content, "application", "octet-stream", filename=name)
    return message.as_bytes()


def write(channel: Channel, raw: bytes) -> Enquiry:
    """Let a letter come in."""
    return receive(channel, event_of(raw))
