"""Who has a mailbox at the sample post office, and where it is to be found."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from voronka.channels.contract import BadEvent
from voronka.channels.facts import facts_of
from voronka.channels.models import Channel
from voronka.demo.cast import DOMAIN, PASSWORD
from voronka.kernel.errors import DomainError

HERE = "127.0.0.1"
COMPANY = f"sales@{DOMAIN}"  # log-in name of the company's mailbox
CLIENTS = "clients"  # log-in name of the mailbox of everybody else
WORD = PASSWORD  # public like the log-ins: the servers listen on this machine only
INBOX, SENT = "INBOX", "Sent"
NOBODY = "nobody"  # nobody@anywhere has no mailbox: letters there are refused
IMAP_PORT, SMTP_PORT = 8143, 8025  # where nothing else listens; else any free one
LARGEST = 25 * 1024 * 1024  # bytes of a letter


class PostClosed(DomainError):
    """The sample mail server does not answer."""

    code = "post_closed"
    status = 503

    def __init__(self) -> None:
        super().__init__(
            _(
                "The sample mail server does not answer. It runs with make run (voronka run) and "
                "opens a few seconds after the start. Try again."
            )
        )


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the two servers listen on this machine."""

    imap: int = IMAP_PORT
    smtp: int = SMTP_PORT


def ports_of(channel: Channel) -> Ports:
    """Return where the company's mailbox looks for its servers."""
    return Ports(int(channel.settings["imap_port"]), int(channel.settings["smtp_port"]))


def address_of(channel: Channel) -> str:
    """Return the address that clients write to; the one we began with if it can't be read."""
    try:
        return str(facts_of(channel).settings.address)
    except BadEvent:
        return COMPANY
