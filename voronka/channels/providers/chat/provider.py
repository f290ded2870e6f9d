"""A visitor's line becomes an enquiry at once; an answer is handed to the visitor's stream (IN-5).

Source: docs/domain/chat.md.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from django.conf import settings as house
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from voronka.channels.contract import (
    BadEvent,
    ChannelFacts,
    ChannelSettings,
    Consent,
    Delivery,
    FileIn,
    Incoming,
    Kind,
    Outgoing,
    Provider,
    RawEvent,
)
from voronka.channels.providers.chat.announcing import announce_news
from voronka.channels.providers.chat.models import ChatConsent
from voronka.clients import rules as contacts

VISITOR = "visitor"  # header: whose token it was, checked by whoever took the event in
LONGEST_TEXT = 10_000  # characters
LARGEST_FILE = 10 * 1024 * 1024  # bytes
MOST_FILES = 10
_TITLE = 80  # characters of the first line that name a card
_MARK = re.compile(r"utm_\w+|[gy]clid|ymclid|fbclid|_ym_uid|roistat")
_HOST = re.compile(r"(?=.{1,253}$)([\w-]{1,63}\.)*[\w-]{1,63}(:\d{1,5})?")

Asked = Literal["no", "optional", "required"]


class Settings(ChannelSettings):
    """How the chat looks and what it asks; texts in two languages."""

    greeting_ru: str = Field(
        "Здравствуйте! Чем помочь?",
        max_length=500,
        description=gettext_noop("Greeting, in Russian"),
    )
    greeting_en: str = Field(
        "Hello! How can we help?", max_length=500, description=gettext_noop("Greeting, in English")
    )
    colour: str = Field(
        "#0c6a86",
        pattern=r"^#[0-9a-fA-F]{6}$",
        description=gettext_noop("Colour of the button and of the visitor's lines, like #0c6a86"),
    )
    hours: Literal["company", "always"] = Field(
        "company", description=gettext_noop("When people answer: in working hours, or always")
    )
    offline_ru: str = Field(
        "Сейчас нерабочее время. Напишите — ответим, как только придём.",
        max_length=500,
        description=gettext_noop("Out of hours, in Russian"),
    )
    offline_en: str = Field(
        "We are out of the office now. Write to us: we will answer as soon as we are back.",
        max_length=500,
        description=gettext_noop("Out of hours, in English"),
    )
    ask_name: Asked = Field("optional", description=gettext_noop("Ask for the name"))
    ask_phone: Asked = Field("optional", description=gettext_noop("Ask for the phone"))
    ask_email: Asked = Field("no", description=gettext_noop("Ask for the e-mail"))
    consent_ru: str = Field(
        "", max_length=2000, description=gettext_noop("Consent before the first line, in Russian")
    )
    consent_en: str = Field(
        "", max_length=2000, description=gettext_noop("Consent before the first line, in English")
    )
    hosts: list[str] = Field(
        default_factory=list,
        max_length=50,
        description=gettext_noop("Sites that may show the chat, one a line; any when empty"),
    )
    files: bool = Field(True, description=gettext_noop("Visitors may send files"))

    @field_validator("hosts", mode="before")
    @classmethod
    def _read_hosts(cls, given: Any) -> list[str]:
        lines = re.split(r"[\s,;]+", given) if isinstance(given, str) else list(given or [])
        names = [re.sub(r"^https?://|/.*$", "", str(line).strip().lower()) for line in lines]
        names = list(dict.fromkeys(name for name in names if name))
        if any(not _HOST.fullmatch(name) for name in names):
            why = _("Write sites like company.com, one in a line.")
            raise PydanticCustomError("host", "{why}", {"why": str(why)})
        return names


class Chat(Provider):
    """Chat on the site. The visitor's browser is the other side: it fetches and confirms."""

    code = "chat"
    title = gettext_lazy("Chat on the site")
    icon = "message-circle"
    Settings = Settings
    sends = True
    sends_files = True
    sends_at_once = True

    def parse(self, event: RawEvent, channel: ChannelFacts) -> Incoming:
        """Read one line of a visitor; one SQL query when they have agreed to something."""
        visitor = str(event.headers.get(VISITOR, ""))
        said = _read(event.body)
        if not visitor:
            raise BadEvent(_("The visitor of this message is not known."))
        told = _Contacts(said)
        text = _words(said, "text", LONGEST_TEXT)
        files = _files(said)
        if not (text or files or told.written):
            return Incoming(kind=Kind.NOTHING, why=_("The visitor has sent nothing."))
        name = _words(said, "name", 160)
        first = next(iter(text.splitlines()), "")
        return Incoming(
            at=event.at,
            identities=told.identities,
            name=name,
            title="" if name else _short(first),
            text=text or ", ".join(filter(None, [name, *told.written])),
            files=files,
            extra=_extra(said, told.unreadable),
            utm=_marks(said.get("utm")),
            page=_words(said, "page", 1000),
            referer=_words(said, "referrer", 1000),
            consent=_consent(channel.id, said.get("consent")),
            thread_key=visitor,
        )

    def send(self, message: Outgoing, channel: ChannelFacts) -> Delivery:
        """Hand a message over to the visitor's stream: it is there as soon as it is noted."""
        return Delivery(external_id=message.key)

    def taken(self, message: Outgoing, channel: ChannelFacts) -> None:
        """Wake the visitor's browser, which now finds the message."""
        announce_news(channel.id, message.thread_key)

    def sample(self, channel: ChannelFacts, *, mark: str) -> RawEvent | None:
        """A visitor who says who they are."""
        said = {
            "text": _("Test %(mark)s") % {"mark": mark},
            "name": _("Test %(mark)s") % {"mark": mark},
            "email": f"test-{mark}@example.com",
        }
        headers = {VISITOR: f"test-{mark}"}
        body = json.dumps(said).encode()
        return RawEvent(f"test-{mark}", body, "application/json", headers, at=timezone.now())


class _Contacts:
    """The phone and the e-mail that a visitor gives."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.identities: list[tuple[str, str]] = []
        self.written: list[str] = []
        self.unreadable: list[tuple[str, str]] = []
        for kind in ("phone", "email"):
            if raw := _words(said, kind, 254):
                self.written.append(raw)
                if readable(kind, raw):
                    self.identities.append((kind, raw))
                else:
                    self.unreadable.append((kind, raw))


def readable(kind: str, raw: str) -> bool:
    """Whether this is a phone or an e-mail."""
    try:
        contacts.point(kind, raw, country=house.COUNTRY)
    except contacts.Unreadable:
        return False
    return True


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadEvent(_("The message is cut or garbled.")) from error
    if not isinstance(said, dict):
        raise BadEvent(_("The message is cut or garbled."))
    return said


def _words(said: Mapping[str, Any], name: str, longest: int) -> str:
    value = said.get(name)
    return value.replace("\x00", "").strip()[:longest] if isinstance(value, str) else ""


def _short(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= _TITLE else line[: _TITLE - 1].rsplit(" ", 1)[0] + "…"


def _marks(found: Any) -> dict[str, str]:
    if not isinstance(found, dict):
        return {}
    pairs = [(k, v) for k, v in found.items() if isinstance(v, str) and v and _MARK.fullmatch(k)]
    return {name: value[:300] for name, value in pairs[:20]}


def _extra(said: Mapping[str, Any], unreadable: list[tuple[str, str]]) -> dict[str, str]:
    labels = {"phone": _("Phone"), "email": _("E-mail")}
    extra = {labels[kind]: raw for kind, raw in unreadable}
    if title := _words(said, "title", 300):
        extra[_("Title of the page")] = title
    return extra


def _files(said: Mapping[str, Any]) -> list[FileIn]:
    found = said.get("files")
    files = []
    for one in found[:MOST_FILES] if isinstance(found, list) else []:
        if not isinstance(one, dict):
            raise BadEvent(_("The message is cut or garbled."))
        try:
            content = base64.b64decode(str(one.get("data", "")), validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadEvent(_("A file of the message is cut or garbled.")) from error
        if content:
            name = _words(one, "name", 200) or _("file")
            files.append(FileIn(name, content[:LARGEST_FILE], _words(one, "type", 100)))
    return files


def _consent(channel_id: int, version: Any) -> Consent | None:
    if not isinstance(version, int) or not 0 < version < 2**31:
        return None
    row = ChatConsent.objects.filter(channel_id=channel_id, version=version).first()
    return Consent(row.pk, str(row.text)) if row else None


PROVIDER = Chat()
