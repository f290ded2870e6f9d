"""A letter becomes a message of a client: who wrote, in which thread, what it says (IN-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import SMTP, compat32
from email.utils import format_datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.channels.contract import (
    BadEvent,
    ChannelFacts,
    Delivery,
    Ears,
    Incoming,
    Kind,
    Outgoing,
    Provider,
    RawEvent,
)
from voronka.channels.providers.mail import fetching, judging
from voronka.channels.providers.mail.events import event_of
from voronka.channels.providers.mail.marks import is_ours
from voronka.channels.providers.mail.reading import read_body
from voronka.channels.providers.mail.sending import send_letter
from voronka.channels.providers.mail.settings import MailSettings
from voronka.channels.providers.mail.wording import addresses, header, ids, moment
from voronka.kernel.errors import Sentence

_BELIEVED = timedelta(days=2)  # a Date header further from the arrival is a wrong clock
_MOST_IDS = 50


class Mail(Provider):
    """Mailboxes: letters of clients in, answers out."""

    code = "mail"
    title = gettext_lazy("E-mail")
    icon = "mail"
    Settings = MailSettings
    sends = True
    sends_html = True
    sends_files = True
    answers_to = ("email",)
    listens = True

    def parse(self, event: RawEvent, channel: ChannelFacts) -> Incoming:
        """Read a letter; any bytes give at worst a `BadEvent`."""
        if not event.body.strip():
            raise BadEvent(_("The letter is empty: the mail server has sent nothing."))
        letter = BytesParser(policy=compat32).parsebytes(event.body)
        if not letter.keys():
            raise BadEvent(_("This is not a letter: it has no headers."))
        return _understood(letter, event, channel.settings)

    def send(self, message: Outgoing, channel: ChannelFacts) -> Delivery:
        """Send a letter by the mailbox's SMTP server."""
        return send_letter(message, channel.settings)

    def tracks(self, channel: ChannelFacts) -> bool:
        """As the mailbox is set; see docs/domain/mail.md for what it costs."""
        return bool(channel.settings.track)

    def listen(self, channel: ChannelFacts, ears: Ears) -> None:
        """Fetch letters by IMAP."""
        fetching.listen(channel, ears)

    def check(self, channel: ChannelFacts) -> Sentence:
        """Log in to both servers."""
        return fetching.check(channel.settings)

    def sample(self, channel: ChannelFacts, *, mark: str) -> RawEvent | None:
        """Return a letter such as a client would write."""
        letter = EmailMessage(policy=SMTP)
        letter["From"] = f"Test {mark} <test-{mark}@example.com>"
        letter["To"] = channel.settings.address.encode("ascii", "ignore").decode()
        letter["Subject"] = _("Test %(mark)s") % {"mark": mark}
        letter["Message-ID"] = f"<{mark}@example.com>"
        letter["Date"] = format_datetime(timezone.now())
        letter.set_content(_("Test %(mark)s") % {"mark": mark})
        return event_of(letter.as_bytes(), at=timezone.now())


@dataclass(frozen=True, slots=True)
class _Sender:
    """Whom an answer goes to, how they are called, and by which further addresses we know them."""

    name: str
    identities: list[tuple[str, str]]
    by_form: bool  # a site's form wrote in the client's stead


def _understood(letter: Message, event: RawEvent, settings: MailSettings) -> Incoming:
    own_id = next(iter(ids(letter, "message-id")), "")
    if is_ours(own_id):
        return Incoming(kind=Kind.NOTHING, why=_("A copy of a letter that was sent from here."))
    if judging.is_bounce(letter):
        news = judging.news_of(letter, event.body)
        return Incoming(
            kind=Kind.BOUNCE, news=news, why=_("The post reports about a letter of ours.")
        )
    sender = _sender(letter, settings)
    kind, why = _kind(letter, sender, settings)
    body = read_body(letter)
    people = sender.identities
    if kind == Kind.OWN:
        to = [a for _name, a in addresses(letter, "to", "cc") if a not in settings.own]
        people = [("email", address) for address in to]
    return Incoming(
        kind=kind,
        why=why,
        external_id=own_id,
        at=_moment(letter, event),
        identities=people,
        name=sender.name,
        subject=header(letter, "subject"),
        text=body.text,
        html=body.html,
        files=body.files,
        reply_to=_thread(letter, own_id),
        extra=_copies(letter, settings, people),
    )


def _kind(letter: Message, sender: _Sender, settings: MailSettings) -> tuple[Kind, str]:
    authors = [address for _name, address in addresses(letter, "from")]
    if authors and authors[0] in settings.own and not sender.by_form:
        return Kind.OWN, _("Written by us.")
    if judging.is_auto_reply(letter):
        return Kind.AUTO_REPLY, _("An automatic answer.")
    if judging.is_newsletter(letter) and not sender.by_form and not settings.newsletters:
        return Kind.NOTHING, _("A newsletter: it was sent to many.")
    return Kind.MESSAGE, ""


def _sender(letter: Message, settings: MailSettings) -> _Sender:
    """Say who wrote. Reply-To wins: there the sender wants to be answered.

    A form's letter comes from ourselves or from its service, with the client in Reply-To; the
    service's own address is nobody's identity, or all its clients would become one.
    """
    authors = addresses(letter, "from") or addresses(letter, "sender", "return-path")
    asked = [pair for pair in addresses(letter, "reply-to") if pair[1] not in settings.own]
    if letter.get("list-id"):  # a list asks to answer to all of it
        asked = []
    name, author = authors[0] if authors else ("", "")
    if not asked or asked[0][1] == author:
        return _Sender(name, [("email", author)] if author else [], by_form=False)
    reply_name, reply = asked[0]
    same_house = author.rpartition("@")[2] == reply.rpartition("@")[2]
    by_form = author in settings.own or judging.is_machine(author) or not same_house
    shown = reply_name or ("" if author in settings.own or judging.is_machine(author) else name)
    known = [reply] if by_form else [reply, author]
    return _Sender(shown, [("email", address) for address in known], by_form=by_form)


def _thread(letter: Message, own_id: str) -> list[str]:
    """Return the ids that a letter answers, the nearest first."""
    nearest = [*ids(letter, "in-reply-to"), *reversed(ids(letter, "references"))]
    return [i for i in dict.fromkeys(nearest) if i != own_id][:_MOST_IDS]


def _moment(letter: Message, event: RawEvent) -> datetime | None:
    written = moment(letter)
    if written is not None and event.at is not None and abs(event.at - written) > _BELIEVED:
        return event.at
    return written or event.at


def _copies(
    letter: Message, settings: MailSettings, people: list[tuple[str, str]]
) -> dict[str, str]:
    """Return who else got the letter, by the header's name."""
    known = {address for _kind, address in people} | settings.own
    found = {}
    for name in ("To", "Cc"):
        others = [(n, a) for n, a in addresses(letter, name) if a not in known]
        if others:
            found[name] = ", ".join(f"{n} <{a}>" if n else a for n, a in others)
    return found


PROVIDER = Mail()
