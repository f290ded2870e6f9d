"""A form's post becomes an enquiry: mapped fields, guessed ones, marks, consent, traps (IN-4)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.channels import guessing
from voronka.channels.bodies import Posted, read_body
from voronka.channels.contract import (
    ChannelFacts,
    ChannelSettings,
    Consent,
    Incoming,
    Kind,
    Provider,
    RawEvent,
    WebReply,
    WebRequest,
)
from voronka.channels.providers.forms.models import ConsentText, Form
from voronka.channels.providers.forms.queries import form_of
from voronka.channels.providers.forms.schema import FormField, read_fields

HONEYPOT = "_hp"  # nobody sees it; who fills it in is a robot
OPENED = "_t"  # when the form was drawn, signed
ONCE = "_id"  # one drawing of the form is one enquiry, however often it is sent
OURS = "_form"  # the form was drawn by us
CONSENT = "_consent"  # the version that was shown, when it was agreed to
FASTEST = timedelta(seconds=2)  # nobody types faster
_SALT = "voronka.forms.opened"


class Settings(ChannelSettings):
    """A form keeps its fields in a row of its own; what is here concerns the channel."""

    answer: str = Field(
        "ok",
        max_length=200,
        title=gettext_noop("Answer to the site"),
        description=gettext_noop("What a foreign form hears after a post"),
    )


class Forms(Provider):
    """Site forms. They only receive: the answer goes by mail, phone or messenger."""

    code = "forms"
    title = gettext_lazy("Site form")
    icon = "forms"
    Settings = Settings
    has_webhook = True

    def parse(self, event: RawEvent, channel: ChannelFacts) -> Incoming:
        """Read a post with the channel's form; one SQL query, two with a consent."""
        posted = read_body(event.body, event.content_type)
        form = form_of(channel.id)
        answers = _Answers(posted)
        answers.read(read_fields(form.fields) if form else [])
        if _is_ping(posted):
            return Incoming(kind=Kind.NOTHING, why=_("The site has tried whether we are here."))
        page = guessing.page_of(posted) or event.headers.get("referer", "")
        trap = _trap(posted, event.at)
        return Incoming(
            kind=Kind.SPAM if trap else Kind.MESSAGE,
            why=trap,
            at=event.at,
            identities=answers.identities,
            name=" ".join(answers.names),
            company=answers.company,
            text="\n".join(answers.texts),
            files=[file for _name, file in posted.files],
            item_fields=answers.item_fields,
            client_fields=answers.client_fields,
            extra=answers.extra,
            utm=guessing.marks_of(posted),
            page=page,
            referer=guessing.referer_of(posted),
            consent=_consent(form, posted),
            source=answers.source,
            products=answers.products,
            is_request=True,
        )

    def events(self, request: WebRequest, channel: ChannelFacts) -> list[RawEvent]:
        """A post is one event."""
        return [event_of(request)]

    def reply(self, request: WebRequest, channel: ChannelFacts) -> WebReply:
        """Tilda and others look for a short word."""
        return WebReply(channel.settings.answer)

    def sample(self, channel: ChannelFacts, *, mark: str) -> RawEvent | None:
        """A post as our own form would send it, a minute after it was opened."""
        form = form_of(channel.id)
        now = timezone.now()
        values: dict[str, Any] = {
            "name": _("Test %(mark)s") % {"mark": mark},
            "email": f"test-{mark}@example.com",
            OURS: "1",
            OPENED: opened_mark(now - timedelta(minutes=1)),
            ONCE: mark,
        }
        for one in read_fields(form.fields) if form else []:
            if one.target in ("name", "email") and one.name not in values:
                values[one.name] = values[one.target]
        body = json.dumps(values).encode()
        return RawEvent(f"test-{mark}", body, "application/json", at=now)


@dataclass(slots=True)
class _Answers:
    """What a visitor has said, sorted by where it goes."""

    posted: Posted
    identities: list[tuple[str, str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    company: str = ""
    source: str = ""
    products: list[str] = field(default_factory=list)
    item_fields: dict[str, Any] = field(default_factory=dict)
    client_fields: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)

    def read(self, fields: list[FormField]) -> None:
        """Sort the answers: declared fields by their target, others by what their names say."""
        declared = {one.name.lower(): one for one in fields}
        seen: set[str] = set()
        for name, values in self.posted.values.items():
            one = declared.get(name.lower().removesuffix("[]"))
            said = [v.strip() for v in values if v.strip()]
            if one is not None:
                seen.add(one.name)
                self._declared(one, said)
            elif said and not self._is_service(name):
                self._take(guessing.target_of(name), name, said)
        for one in fields:
            if one.kind == "hidden" and one.default and one.name not in seen:
                self._declared(one, [one.default])
        if missing := [str(one.text) for one in fields if one.required and self._lacks(one)]:
            self.extra[_("Not filled in")] = ", ".join(missing)

    def _lacks(self, one: FormField) -> bool:
        """Whether nothing was said for a field, by its own name or by one that was guessed."""
        kind, _colon, rest = one.target.partition(":")
        by_target = {
            "phone": any(known == "phone" for known, _value in self.identities),
            "email": any(known == "email" for known, _value in self.identities),
            "name": bool(self.names),
            "text": bool(self.texts),
            "company": bool(self.company),
            "source": bool(self.source),
            "product": bool(self.products),
            "item": rest in self.item_fields,
            "client": rest in self.client_fields,
        }
        files = any(name == one.name for name, _file in self.posted.files)
        said = self.posted.first(one.name) or self.posted.first(f"{one.name}[]")
        return not (by_target.get(kind) or said or files or one.kind == "hidden")

    def _declared(self, one: FormField, said: list[str]) -> None:
        if one.kind == "hidden" and one.default:
            said = [one.default]  # a visitor does not choose what the company has hidden
        if not said:
            return
        if one.kind in ("select", "radio", "checkboxes") and not one.target.startswith("item:"):
            shown = {choice.value: str(choice.text) for choice in one.choices}
            label = str(one.text)
            if one.target == "":
                self.extra[label] = ", ".join(shown.get(v, v) for v in said)
                return
        self._take(one.target, str(one.text), said)

    def _take(self, target: str, label: str, said: list[str]) -> None:
        kind, _colon, rest = target.partition(":")
        match kind:
            case "phone" | "email":
                self.identities += [(kind, value) for value in said]
                unreadable = [v for v in said if kind == "email" and "@" not in v]
                if unreadable:
                    self.extra[label] = ", ".join(unreadable)
            case "account":
                self.identities += [(rest, value) for value in said]
                self.extra[label] = ", ".join(said)
            case "name":
                self.names += said
            case "text":
                self.texts += said
            case "company":
                self.company = self.company or said[0]
            case "source":
                self.source = self.source or said[0]
            case "product":
                self.products += said
            case "item":
                self.item_fields[rest] = said if len(said) > 1 else said[0]
            case "client":
                self.client_fields[rest] = said[0]
                self.extra[label] = said[0]
            case _:
                self.extra[label] = ", ".join(said)

    @staticmethod
    def _is_service(name: str) -> bool:
        """Whether a field belongs to the form's machinery, or is read as a mark or an address."""
        lower = name.lower()
        return bool(
            guessing.SERVICE.fullmatch(lower)
            or guessing.MARKS.fullmatch(lower)
            or lower in guessing.PAGE
            or lower in guessing.REFERER
            or lower == CONSENT
        )


def event_of(request: WebRequest) -> RawEvent:
    """Return a post as an event. The same post again, sent within ten minutes, has the same id.

    An id that came along decides: ours, Tilda's `tranid`, or the header Idempotency-Key.
    """
    now = timezone.now()
    named = request.headers.get("idempotency-key", "") or _named_id(request)
    if named:
        external_id = f"id-{named}"
    else:
        digest = hashlib.sha256(request.body)
        digest.update(request.address.encode())
        external_id = f"{int(now.timestamp()) // 600}-{digest.hexdigest()[:40]}"
    kept = ("referer", "user-agent", "origin", "accept-language")
    headers = {name: request.headers[name][:500] for name in kept if request.headers.get(name)}
    if request.address:
        headers["address"] = request.address
    return RawEvent(external_id, request.body, request.content_type, headers, at=now)


def _named_id(request: WebRequest) -> str:
    try:
        posted = read_body(request.body, request.content_type)
    except Exception:  # it will be kept, and said so, under its digest
        return ""
    return (posted.first(ONCE) or posted.first("tranid"))[:100]


def opened_mark(at: datetime) -> str:
    """Return the sign that a form drawn by us carries: when that was, so that robots can't lie."""
    return signing.dumps(int(at.timestamp()), salt=_SALT, compress=False)


def _trap(posted: Posted, at: datetime | None) -> str:
    """Say by what a robot gave itself away; "" when nothing did."""
    if posted.first(HONEYPOT):
        return _("A robot: the hidden field was filled in.")
    if not posted.first(OURS):
        return ""
    try:
        opened = int(signing.loads(posted.first(OPENED), salt=_SALT))
    except (signing.BadSignature, ValueError, TypeError):
        return _("A robot: the form was never opened.")
    now = at or timezone.now()
    if now.timestamp() - opened < FASTEST.total_seconds():
        return _("A robot: nobody fills in a form so fast.")
    return ""


def _is_ping(posted: Posted) -> bool:
    """Whether a site only tries the address: Tilda posts test=test."""
    words = {name: posted.first(name) for name in posted.values if posted.first(name)}
    return words == {"test": "test"} or (not words and not posted.files)


def _consent(form: Form | None, posted: Posted) -> Consent | None:
    if form is None or not posted.first(CONSENT):
        return None
    number = posted.first(CONSENT)
    rows = ConsentText.objects.filter(form=form)
    agreed = rows.filter(version=int(number)) if number.isdecimal() and len(number) < 9 else rows
    version = agreed.order_by("-version").first()
    return Consent(version.pk, str(version.text)) if version else None


PROVIDER = Forms()
