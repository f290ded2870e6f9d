"""A call of another system becomes an enquiry, or tells something of a card that is here (AP-3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.channels.bodies import read_tree
from voronka.channels.contract import (
    BadEvent,
    CardKey,
    ChannelFacts,
    Incoming,
    Kind,
    Provider,
    RawEvent,
    WebReply,
    WebRequest,
)
from voronka.channels.models import Enquiry
from voronka.channels.providers.hook import paths
from voronka.channels.providers.hook import schema as targets
from voronka.channels.providers.hook.schema import KEYS, Settings

_FORM = "application/x-www-form-urlencoded"
_TRIAL = "voronka-test"  # a header of ours: the mark of a self-test
_MOST_HEADERS = 20  # of the sender's own, kept beside the body
_KEPT = ("user-agent", "content-encoding")
_SECRET = re.compile(r"sign|token|secret|key|hmac|auth|forwarded|real-ip", re.IGNORECASE)


class Hook(Provider):
    """Any system that can post JSON or a form. It only receives."""

    code = "hook"
    title = gettext_lazy("Incoming webhook")
    icon = "webhook"
    Settings = Settings
    has_webhook = True
    most_bytes = 5 * 1024 * 1024

    def parse(self, event: RawEvent, channel: ChannelFacts) -> Incoming:
        """Read a call by the mapping of its address. No SQL query."""
        if not event.body:
            return Incoming(kind=Kind.NOTHING, why=_("An empty call."))
        tree, files = read_tree(event.body, event.content_type)
        found = paths.leaves(tree)
        if not found and not files:
            return Incoming(kind=Kind.NOTHING, why=_("An empty call."))
        mapping: targets.Mapping = channel.settings.mapping
        if not mapping.rows:
            raise BadEvent(_("Received, but not mapped yet: say what goes where."))
        answers = _Answers()
        taken = False
        for row in mapping.rows:
            if values := _said(tree, row.path):
                taken = taken or row.target != targets.LEAVE_OUT
                answers.take(row.target, row.path, values)
        if not taken:
            raise BadEvent(_("Nothing that is mapped stands in this call: look at the mapping."))
        for leaf in found:
            if not any(paths.covers(row.path, leaf.path) for row in mapping.rows):
                answers.extra[leaf.path] = leaf.value
        signal = mapping.effect == "signal"
        incoming = Incoming(
            kind=Kind.SIGNAL if signal else Kind.MESSAGE,
            at=event.at,
            identities=answers.identities,
            name=" ".join(answers.texts("name")),
            company=answers.first("company"),
            title=" ".join(answers.texts("title")),
            text="\n".join(answers.texts("text")),
            files=[file for _name, file in files],
            item_fields=answers.item_fields,
            client_fields=answers.client_fields,
            extra=answers.extra,
            utm=answers.utm,
            page=answers.first("page"),
            source=answers.first("source"),
            products=answers.texts("product"),
            amount=answers.first("amount"),
            card_id=answers.first("card_id"),
            key=_key(mapping, answers) if signal else None,
            told=answers.told | answers.extra if signal else {},
            is_request=True,
        )
        return _tried(incoming, event.headers.get(_TRIAL, ""))

    def events(self, request: WebRequest, channel: ChannelFacts) -> list[RawEvent]:
        """A call is one event; what came in the address counts where there is no body."""
        body, content_type = request.body, request.content_type
        if request.method == "HEAD" or (not body and not request.query):
            return []
        if not body:
            body, content_type = urlencode(request.query).encode(), _FORM
        return [
            RawEvent(
                _external_id(request, body, content_type, channel.settings),
                body,
                content_type,
                _headers(request, channel.settings),
                at=timezone.now(),
            )
        ]

    def verify(self, request: WebRequest, channel: ChannelFacts) -> bool:
        """Whether the body is signed with the secret, where the address wants that."""
        settings: Settings = channel.settings
        if not settings.signed:
            return True
        if not request.body:
            return False  # one signature would do for whatever stands in the address
        given = request.headers.get(settings.signature_header.lower(), "").strip()
        given = given.removeprefix(f"{settings.algorithm}=")
        secret = settings.secret.get_secret_value().encode()
        digest = hmac.new(secret, request.body, settings.algorithm).digest()
        right = (digest.hex(), base64.b64encode(digest).decode())
        folded = given.lower() if len(given) == len(right[0]) else given
        return any(hmac.compare_digest(folded.encode(), one.encode()) for one in right)

    def reply(self, request: WebRequest, channel: ChannelFacts) -> WebReply:
        """Say what the other system waits for."""
        return WebReply(channel.settings.answer)

    def sample(self, channel: ChannelFacts, *, mark: str) -> RawEvent | None:
        """The last real call once more, under a test client's name. One SQL query."""
        if channel.settings.mapping.effect == "signal":
            return None  # it would tell something of a real card
        rows = Enquiry.objects.filter(channel_id=channel.id, test=False).exclude(raw=b"")
        last = rows.order_by("-pk").first()
        if last is None:
            return None
        body = bytes(last.raw)
        headers = {_TRIAL: mark}
        return RawEvent(f"test-{mark}", body, last.content_type, headers, at=timezone.now())


def _said(tree: Any, path: str) -> list[str]:
    try:
        return paths.said(tree, path)
    except ValueError as error:
        raise BadEvent(str(error)) from error


@dataclass(slots=True)
class _Answers:
    """What a call has said, sorted by where it goes."""

    identities: list[tuple[str, str]] = field(default_factory=list)
    by_target: dict[str, list[str]] = field(default_factory=dict)
    item_fields: dict[str, Any] = field(default_factory=dict)
    client_fields: dict[str, Any] = field(default_factory=dict)
    utm: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)  # nothing of who the client is

    def take(self, target: str, path: str, said: list[str]) -> None:
        """Put what stands at a path where it goes."""
        kind, _colon, rest = target.partition(":")
        match kind:
            case targets.LEAVE_OUT:
                return
            case "phone" | "email" | "account":
                self.identities += [(rest or kind, value) for value in said]
                if kind == "account" or (kind == "email" and not all("@" in v for v in said)):
                    self.extra[path] = ", ".join(said)
            case "client":
                self.client_fields[rest] = said[0]
                self.extra[path] = said[0]
            case "item":
                self.item_fields[rest] = said if len(said) > 1 else said[0]
            case "utm":
                self.utm[paths.Leaf(path, "").name.lower()] = said[0]
            case targets.KEEP:
                self.extra[path] = ", ".join(said)
        self.by_target.setdefault(target, []).extend(said)
        if kind not in ("phone", "email", "account", "client", "name"):
            self.told[path] = ", ".join(said)

    def texts(self, target: str) -> list[str]:
        """Return everything that goes to a target."""
        return self.by_target.get(target, [])

    def first(self, target: str) -> str:
        """Return the first that goes to a target; "" without one."""
        return next(iter(self.texts(target)), "")


def _key(mapping: targets.Mapping, answers: _Answers) -> CardKey:
    value = answers.first(KEYS[mapping.key])
    if not value and mapping.missing != "card":
        raise BadEvent(_("The call does not say which card it is about: its key is empty."))
    return CardKey(mapping.key, value[:300], mapping.missing)


def _tried(incoming: Incoming, mark: str) -> Incoming:
    """Let a self-test be of nobody's: its client and its number are made up."""
    if not mark:
        return incoming
    person = [("email", f"test-{mark}@example.com")]
    name = _("Test %(mark)s") % {"mark": mark}
    return replace(incoming, identities=person, name=name, card_id="", company="")


def _external_id(request: WebRequest, body: bytes, content_type: str, settings: Settings) -> str:
    """Return the call's own number, else the digest of it and of the minutes it came in."""
    named = request.headers.get(settings.once_header.lower(), "") if settings.once_header else ""
    if not named and settings.mapping.once:
        named = _at(body, content_type, settings.mapping.once)
    named = named or request.headers.get("idempotency-key", "")
    if named:
        return f"id-{named}"
    digest = hashlib.sha256(body)
    digest.update(request.address.encode())
    return f"{int(timezone.now().timestamp()) // 600}-{digest.hexdigest()[:40]}"


def _at(body: bytes, content_type: str, path: str) -> str:
    try:
        tree, _files = read_tree(body, content_type)
        return json.dumps(found) if len(found := paths.said(tree, path)) > 1 else "".join(found)
    except Exception:  # it will be kept, and said so, under its digest
        return ""


def _headers(request: WebRequest, settings: Settings) -> Mapping[str, str]:
    """Keep what the sender says of itself and of the call, never its keys."""
    own = [n for n in request.headers if n.startswith("x-") and not _SECRET.search(n)]
    own = [n for n in own if n != settings.signature_header.lower()]
    names = [*_KEPT, *own[:_MOST_HEADERS]]
    kept = {name: request.headers[name][:500] for name in names if request.headers.get(name)}
    return kept | ({"address": request.address} if request.address else {})


PROVIDER = Hook()
