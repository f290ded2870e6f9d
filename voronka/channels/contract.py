"""What a kind of channel must be able to do, and what it exchanges with the house (IN-9).

docs/adding-a-channel.md walks through it; tests/channels/conformance.py tries any provider.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from voronka.kernel.errors import Sentence

Identity = tuple[str, str]  # (kind of contact point, its one spelling), as clients know it


class ChannelSettings(BaseModel):
    """Base of a provider's settings; its form is drawn from the fields and their descriptions.

    A field of type `SecretStr` is kept sealed, apart from the others, and never shown again.
    """

    model_config = ConfigDict(extra="ignore")


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """A channel as its provider sees it: settings with secrets, and nothing else of the house."""

    id: int
    code: str
    name: str
    settings: Any  # an instance of the provider's Settings


@dataclass(frozen=True, slots=True)
class RawEvent:
    """Something that came in, as it came. It is stored before anything looks into it.

    Attributes:
        external_id: unique within the channel; the same event sent again has the same one.
        at: when the client did it, if that can be told without parsing (aware).
        headers: what belongs to it besides the body: HTTP headers, the sender's address.
        test: an event of the self-test (IN-19): its card goes to the recycle bin at once.
    """

    external_id: str
    body: bytes
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None
    test: bool = False


class Kind(StrEnum):
    """What an incoming event is, as far as its provider can tell."""

    MESSAGE = "message"  # a client wrote, called or filled in a form
    AUTO_REPLY = "auto_reply"  # an out-of-office reply and the like: no card, no answer owed
    BOUNCE = "bounce"  # ours could not be delivered
    OWN = "own"  # written by us elsewhere: a copy for the thread, no card
    SIGNAL = "signal"  # another system tells something of a card that is here: no client wrote
    STATUS = "status"  # only news of sent messages
    SPAM = "spam"  # the provider's own trap closed (a honeypot): kept, no card
    NOTHING = "nothing"  # nothing that concerns anybody: a ping, an edit of a like


@dataclass(frozen=True, slots=True)
class FileIn:
    """A file that came along."""

    name: str
    content: bytes
    content_type: str = ""
    content_id: str = ""  # of a picture inside HTML: `cid:` without the brackets


@dataclass(frozen=True, slots=True)
class DeliveryNews:
    """What became of a sent message: "sent", "delivered", "read" or "failed"."""

    external_id: str
    state: str
    at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """The text that was agreed to, by its version, so that it can be shown years later."""

    version_id: int
    text: str


@dataclass(frozen=True, slots=True)
class CardKey:
    """Which card a signal is about.

    Attributes:
        kind: "number" (of the card), "external" (its id in the other system), "phone" or "email".
        missing: what if there is none: "wait" (it stays in the ledger and is tried again),
            "ignore", or "card" (it is an enquiry after all).
    """

    kind: str
    value: str
    missing: str = "wait"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event, understood.

    Attributes:
        external_id: the message's own id in the channel (a Message-ID); "" takes the event's.
        at: the sender's time (aware); the event's or the arrival when empty.
        identities: phones, e-mails and accounts of the sender, the surest first.
        html: as it came; the house cleans it.
        item_fields: code -> what was given, for fields of the card; a value the card refuses is
            kept with the message, never lost and never a reason to fail.
        client_fields: code -> value, for a new client: job_title, address, comment.
        extra: name -> value of everything else that was sent.
        thread_key: the chat it belongs to, in the channel's own words.
        reply_to: external ids of earlier messages, the nearest first (In-Reply-To, References).
        products: codes of the products or product groups that are asked for.
        source: code of the source, when the event itself names one (an advertisement's id).
        is_request: the client asks for something new (a form, an order) rather than writes on.
        news: delivery news that came with it.
        amount: of a new card, in the company currency, as it was written.
        card_id: the card's id in the other system; of a new card.
        key: of a signal: which card it is about.
        told: name -> text, of a signal: what robots may ask about.
    """

    kind: Kind = Kind.MESSAGE
    external_id: str = ""
    at: datetime | None = None
    identities: Sequence[Identity] = ()
    name: str = ""
    company: str = ""
    title: str = ""  # of a new card; made of the name when empty
    subject: str = ""
    text: str = ""
    html: str = ""
    files: Sequence[FileIn] = ()
    item_fields: Mapping[str, Any] = field(default_factory=dict)
    client_fields: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    utm: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    referer: str = ""
    consent: Consent | None = None
    thread_key: str = ""
    reply_to: Sequence[str] = ()
    source: str = ""
    products: Sequence[str] = ()
    is_request: bool = False
    news: Sequence[DeliveryNews] = ()
    amount: str = ""
    card_id: str = ""
    key: CardKey | None = None
    told: Mapping[str, str] = field(default_factory=dict)
    why: str = ""  # in words: why it is spam, an auto-reply, nothing


@dataclass(frozen=True, slots=True)
class FileOut:
    """A file to send along; `path` is where it lies on this machine."""

    name: str
    path: Path
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send.

    Attributes:
        key: the same for every attempt; a channel that knows such keys sends it once.
        to: the client's identity in the channel.
        reply_to: external ids of the thread so far, the nearest first.
    """

    key: str
    to: Identity
    text: str
    html: str = ""
    subject: str = ""
    thread_key: str = ""
    reply_to: Sequence[str] = ()
    files: Sequence[FileOut] = ()
    author: str = ""  # the person's name, as the client should see it
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The channel has taken the message. `external_id` is what it calls it."""

    external_id: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Whether the client may be written to now, until when, and why not (TL-2)."""

    open: bool = True
    until: datetime | None = None
    why: Sentence = ""


class NotSent(Exception):
    """The message was not sent. `why` is a sentence for the person who wrote it."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


class TryAgain(NotSent):
    """It may work later: no connection, too many at once. `after` is the channel's own wish."""

    def __init__(self, why: Sentence, *, after: timedelta | None = None) -> None:
        super().__init__(why)
        self.after = after


class Refused(NotSent):
    """It will never work like this: no such address, a closed window, a wrong password."""


class NotHeard(Exception):
    """The channel can't be listened to now. `why` is a sentence for whoever sets it up."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


class Ears(ABC):
    """What a provider that listens is given by the house; see `Provider.listen`."""

    cursor: Mapping[str, Any]  # where it had come to, in the provider's own words; {} at first

    @abstractmethod
    def hear(self, event: RawEvent) -> None:
        """Store an event. When this returns it is safe, and the cursor may be moved past it."""

    @abstractmethod
    def move(self, cursor: Mapping[str, Any]) -> None:
        """Keep where listening has come to."""

    @abstractmethod
    def well(self, problem: Sentence = "") -> None:
        """Say that the connection works; or what does not, although it goes on."""

    @abstractmethod
    def wait(self, seconds: float) -> bool:
        """Sleep; True when it is time to stop. With 0, only ask."""


class BadEvent(ValueError):
    """The event can't be understood. It stays in the ledger, visible, and can be replayed."""


class Provider(ABC):
    """A kind of channel. Stateless: one instance serves all channels of its kind.

    Only `parse` must be written. No method writes to the database; `parse` and `verify` use no
    network either, for they run while somebody waits.
    """

    code: ClassVar[str]  # unique, at most 20 characters
    title: ClassVar[Sentence]
    icon: ClassVar[str] = "message"  # of Tabler
    Settings: ClassVar[type[ChannelSettings]] = ChannelSettings
    sends: ClassVar[bool] = False
    sends_html: ClassVar[bool] = False
    sends_files: ClassVar[bool] = False
    answers_to: ClassVar[tuple[str, ...]] = ()  # kinds of contact points it can write to first
    has_webhook: ClassVar[bool] = False
    listens: ClassVar[bool] = False
    most_bytes: ClassVar[int | None] = None  # of a webhook's body; None: as for any request
    sends_at_once: ClassVar[bool] = False  # `send` asks nobody outside: no job need be waited for

    @abstractmethod
    def parse(self, event: RawEvent, channel: ChannelFacts) -> Incoming:
        """Understand one event.

        Raises:
            BadEvent: it can't be understood. Any other exception is treated alike.
        """

    def send(self, message: Outgoing, channel: ChannelFacts) -> Delivery:
        """Send one message; called by a job, outside of any transaction. May take its time.

        Raises:
            TryAgain, Refused: it was not sent.
        """
        raise Refused("This channel does not send.")

    def listen(self, channel: ChannelFacts, ears: Ears) -> None:
        """Hear what comes in until `ears.wait` says to stop; for providers that `listens`.

        Runs in a thread of its own in one worker process. Returning early, or raising, is tried
        again after a pause. Whatever it hears twice is kept once, by the event's external id.

        Raises:
            NotHeard: it can't; the sentence stands at the channel until it works again.
        """
        raise NotHeard("This channel does not listen.")

    def check(self, channel: ChannelFacts) -> Sentence:
        """Try the connection, which may take some seconds; "" or a sentence of what is wrong."""
        return ""

    def taken(self, message: Outgoing, channel: ChannelFacts) -> None:
        """Called when the house has noted, and committed, that `message` is sent.

        For a channel whose other side fetches its messages here: only now they are to be found.
        """
        return

    def window(self, channel: ChannelFacts, *, last_in: datetime | None, now: datetime) -> Window:
        """Say whether a client who wrote last at `last_in` may be written to."""
        return Window()

    def tracks(self, channel: ChannelFacts) -> bool:
        """Whether messages by this channel tell that they were opened (RB-5); only HTML can."""
        return False

    def events(self, request: WebRequest, channel: ChannelFacts) -> list[RawEvent]:
        """Split a webhook's call into events, each with its own external id."""
        return []

    def verify(self, request: WebRequest, channel: ChannelFacts) -> bool:
        """Whether a webhook's call is signed by who it should be. Refused ones are not stored."""
        return True

    def reply(self, request: WebRequest, channel: ChannelFacts) -> WebReply:
        """What the caller of a webhook wants to hear (VK wants "ok")."""
        return WebReply()

    def sample(self, channel: ChannelFacts, *, mark: str) -> RawEvent | None:
        """Return an event for the self-test that carries `mark` (IN-19); None if there is none."""
        return None


@dataclass(frozen=True, slots=True)
class WebRequest:
    """A webhook's call, without HTTP's machinery. Header names are lower-case."""

    method: str
    body: bytes
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    address: str = ""


@dataclass(frozen=True, slots=True)
class WebReply:
    """The answer to a webhook's call."""

    body: str = "ok"
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200
