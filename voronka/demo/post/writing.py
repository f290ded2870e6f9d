"""What clients of the demo write: letters, answers, and what mail servers write by themselves."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from voronka.demo.post.mailbox import Letter

_MOST_IDS = 12  # of a thread that are named


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody writes. `files` are (name, content)."""

    name: str
    address: str
    to: str
    subject: str
    text: str
    files: Sequence[tuple[str, bytes]] = ()
    answers: Letter | None = None


def written(draft: Draft) -> bytes:
    """Return a letter as a mail program would send it: an answer quotes and names its thread."""
    text = draft.text.strip()
    if draft.answers is not None:
        text = f"{text}\n\n{_quoted(draft.answers)}"
    letter = _begun(draft.name, draft.address, draft.to, draft.subject)
    letter.set_content(text + "\n")
    for name, content in draft.files:
        main, _slash, sub = (mimetypes.guess_type(name)[0] or "").partition("/")
        if not sub or main in ("message", "multipart"):
            main, sub = "application", "octet-stream"
        letter.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return _thread_headers(draft.address, draft.answers) + letter.as_bytes()


def away(answered: Letter) -> bytes:
    """Return what a mail program answers while its owner is on holiday."""
    subject = _("Automatic reply: %(subject)s") % {"subject": answered.subject}
    letter = _begun(answered.to.name, answered.to.address, answered.sender.address, subject)
    letter["Auto-Submitted"] = "auto-replied"
    letter.set_content(
        _("I am on holiday and read letters on my return. In a hurry? Call me.") + "\n"
    )
    return _thread_headers(answered.to.address, answered) + letter.as_bytes()


def bounce(returned: Letter) -> bytes:
    """Return what a mail server reports of a letter that it could not hand over (RFC 3464)."""
    address = returned.to.address
    host = address.rpartition("@")[2]
    report = MIMEMultipart("report", policy=SMTP)
    report.set_param("report-type", "delivery-status")
    postman = f"MAILER-DAEMON@{host}"
    subject = "Undelivered Mail Returned to Sender"
    _begin(report, "Mail Delivery System", postman, returned.sender.address, subject)
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText(f"<{address}>: the mailbox is full.\n"))
    status = MIMENonMultipart("message", "delivery-status")
    status.set_payload([_group({"Reporting-MTA": f"dns; mx.{host}"}), _group({
        "Final-Recipient": f"rfc822; {address}", "Action": "failed", "Status": "5.2.2",
        "Diagnostic-Code": "smtp; 552 5.2.2 The mailbox is full",
    })])  # fmt: skip
    report.attach(status)
    heads = MIMENonMultipart("text", "rfc822-headers")
    heads.set_payload(f"Message-ID: <{returned.own_id}>\nTo: {address}\n")
    report.attach(heads)
    return _thread_headers(postman) + report.as_bytes()


def _group(facts: Mapping[str, str]) -> Message:
    group = Message()
    for name, value in facts.items():
        group[name] = value
    return group


def answer_subject(subject: str) -> str:
    """Return the subject of an answer."""
    return subject if subject.lower().startswith("re:") else f"Re: {subject}".strip()


def _begun(name: str, address: str, to: str, subject: str) -> EmailMessage:
    letter = EmailMessage(policy=SMTP)
    _begin(letter, name, address, to, subject)
    return letter


def _begin(letter: Message, name: str, address: str, to: str, subject: str) -> None:
    letter["From"] = str(Address(" ".join(name.split()), addr_spec=address))
    letter["To"] = str(Address("", addr_spec=to))
    letter["Subject"] = " ".join(subject.split())
    letter["Date"] = format_datetime(timezone.localtime())


def _thread_headers(address: str, answered: Letter | None = None) -> bytes:
    """Return the headers of ids; by hand, for the library would break long ids in two."""
    lines = [f"Message-ID: {make_msgid(domain=address.rpartition('@')[2])}"]
    if answered is not None and answered.own_id:
        thread = [one for one in answered.references if one != answered.own_id]
        named = [*thread, answered.own_id][-_MOST_IDS:]
        lines.append(f"In-Reply-To: <{answered.own_id}>")
        lines.append("References: " + "\r\n ".join(f"<{one}>" for one in named))
    return ("\r\n".join(lines) + "\r\n").encode("ascii", "replace")


def _quoted(answered: Letter) -> str:
    when = date_format(timezone.localtime(answered.at), "d.m.Y, H:i")
    head = f"{when}, {answered.sender.name} <{answered.sender.address}>:"
    return "\n".join([head, *(f"> {line}".rstrip() for line in answered.text.splitlines())])
