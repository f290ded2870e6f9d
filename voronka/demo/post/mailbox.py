"""The mailbox of everybody but the company, as its owners read it: over IMAP, sent by SMTP."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Any, Literal

from django.utils.translation import gettext as _
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from voronka.channels.contract import FileIn
from voronka.channels.providers.mail.reading import read_body
from voronka.channels.providers.mail.wording import addresses, header, ids, moment
from voronka.demo.post.places import CLIENTS, HERE, INBOX, SENT, WORD, Ports, PostClosed
from voronka.kernel.errors import InvalidInput
from voronka.timeline.quoting import own_words

Folder = Literal["inbox", "sent"]
FOLDERS: dict[Folder, str] = {"inbox": INBOX, "sent": SENT}
MOST = 50  # letters of a list
_TIMEOUT = 10.0  # seconds
_BEGINNING = 6000  # bytes of a letter that a line of the list is made of
_PREVIEW = 140  # characters


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the end of a letter."""

    name: str
    address: str

    def __str__(self) -> str:
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class Line:
    """A letter in the list."""

    folder: Folder
    uid: int
    at: datetime  # aware
    sender: Person
    to: Person
    subject: str
    preview: str
    has_files: bool


@dataclass(frozen=True, slots=True)
class Letter(Line):
    """A letter that is open."""

    text: str = ""
    html: str = ""  # as it came: clean it before showing
    files: list[FileIn] = field(default_factory=list)
    own_id: str = ""
    references: tuple[str, ...] = ()  # ids of the thread, the oldest first
    automatic: bool = False


def news_mark(ports: Ports) -> str:
    """Return what changes with every letter that comes or goes.

    Raises:
        PostClosed: the server does not answer.
    """
    with _box(ports) as box:
        states = [box.folder_status(name, ["UIDNEXT"]) for name in FOLDERS.values()]
    return "-".join(str(state[b"UIDNEXT"]) for state in states)


def letters(ports: Ports, folder: Folder) -> list[Line]:
    """Return the newest letters of a folder, at most `MOST`.

    Raises:
        PostClosed: the server does not answer.
    """
    with _box(ports) as box:
        box.select_folder(FOLDERS[folder], readonly=True)
        newest = sorted(box.search(["ALL"]), reverse=True)[:MOST]
        item = f"BODY.PEEK[]<0.{_BEGINNING}>"
        found = box.fetch(newest, [item, "INTERNALDATE"]) if newest else {}
    return [_line(folder, uid, found[uid]) for uid in newest if uid in found]


def letter(ports: Ports, folder: Folder, uid: int) -> Letter | None:
    """Return a letter, whole; None when it is not there (any more).

    Raises:
        PostClosed: the server does not answer.
    """
    with _box(ports) as box:
        box.select_folder(FOLDERS[folder], readonly=True)
        found = box.fetch([uid], ["BODY.PEEK[]", "INTERNALDATE"]).get(uid)
    if found is None:
        return None
    line = _line(folder, uid, found)
    raw = _parsed(found)
    body = read_body(raw)
    return Letter(
        **{name: getattr(line, name) for name in Line.__slots__},
        text=body.text,
        html=body.html,
        files=body.files,
        own_id=next(iter(ids(raw, "message-id")), ""),
        references=tuple(ids(raw, "references")),
        automatic=bool(raw.get("auto-submitted")) or raw.get_content_type() == "multipart/report",
    )


def send(ports: Ports, raw: bytes, *, sender: str, to: str) -> None:
    """Hand a letter to the company's SMTP server, as any server of the world would.

    Args:
        sender: of the envelope; "" for a bounce.
    Raises:
        PostClosed: the server does not answer.
        InvalidInput: it does not take the letter.
    """
    try:
        with smtplib.SMTP(HERE, ports.smtp, local_hostname="client.example", timeout=_TIMEOUT) as s:
            s.sendmail(sender, [to], raw)
    except smtplib.SMTPResponseException as error:
        raise InvalidInput(_refused(error.smtp_error)) from error
    except smtplib.SMTPRecipientsRefused as error:
        words = next(iter(error.recipients.values()))[1]
        raise InvalidInput(_refused(words)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise PostClosed from error


def _refused(words: bytes | str) -> str:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return _("The sample mail server does not take the letter: %(said)s") % {"said": said}


@contextmanager
def _box(ports: Ports) -> Iterator[IMAPClient]:
    try:
        with IMAPClient(HERE, ports.imap, ssl=False, timeout=_TIMEOUT) as box:
            box.normalise_times = False
            box.login(CLIENTS, WORD)
            yield box
    except (OSError, IMAPClientError) as error:
        raise PostClosed from error


def _parsed(found: dict[bytes, Any]) -> Message:
    raw = next((v for k, v in found.items() if k.startswith(b"BODY[") and v), b"")
    return BytesParser(policy=compat32).parsebytes(raw)


def _line(folder: Folder, uid: int, found: dict[bytes, Any]) -> Line:
    raw = _parsed(found)
    came: datetime = found[b"INTERNALDATE"]
    came = came if came.tzinfo else came.replace(tzinfo=UTC)
    return Line(
        folder=folder,
        uid=uid,
        at=moment(raw) or came,
        sender=_person(raw, "from"),
        to=_person(raw, "to"),
        subject=header(raw, "subject"),
        preview=" ".join(own_words(read_body(raw).text).split())[:_PREVIEW],
        has_files=raw.get_content_type() == "multipart/mixed",
    )


def _person(raw: Message, name: str) -> Person:
    people = addresses(raw, name)
    return Person(*people[0]) if people else Person("", "")
