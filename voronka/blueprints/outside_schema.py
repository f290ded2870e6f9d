"""What a blueprint says of ways in and out: channels, forms, routing, texts, notices, alarms.

Nothing here is a secret, and no person is named unless the export was asked for people.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field

from voronka.blueprints.basics import Code, OptionCode, Part, Text
from voronka.channels.providers.forms.schema import Kind

Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
MAYBE_EMAIL = r"^$|^[^@\s]+@[^@\s]+$"
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
MAYBE_CLOCK = rf"^$|{CLOCK}"
ABSENT = "absent: left alone; unknown: nobody for now"


class TemplateSpec(Part):
    """A text at hand for whoever writes to clients, with {placeholders} of the card."""

    name: str = Field(max_length=120)
    subject: str = Field("", max_length=300, description="Of letters")
    text: str = Field(max_length=10_000)
    pipeline: str = Field("", description="Code of a funnel; empty: offered everywhere")
    stage: str = Field("", description="Code of a stage of it; empty: on all stages")


class MemberSpec(Part):
    """A person in a group. Empty lists mean any."""

    active: bool = True
    capacity: int | None = Field(None, ge=0, description="Open cards at most; absent: the group's")
    sources: list[Code] = Field(default_factory=list)
    grades: list[Literal["A", "B", "C"]] = Field(default_factory=list)
    products: list[str] = Field(
        default_factory=list, description="Codes of products, or names of their groups"
    )


class GroupSpec(Part):
    """A group of people among whom cards are given out."""

    name: str = Field(max_length=120)
    strategy: Literal["by_turn", "least_loaded"] = "by_turn"
    sticky: bool = Field(True, description="A known client goes to their previous manager first")
    capacity: int | None = Field(None, ge=0, description="Open cards of each at most")
    after_hours: Literal["spread", "duty"] = "spread"
    duty: str | None = Field(
        None,
        pattern=MAYBE_EMAIL,
        description=f"E-mail of the person on duty; empty: the company's owner; {ABSENT}",
    )
    members: dict[Email, MemberSpec] | None = Field(
        None, description="By e-mail, in order; absent: left alone"
    )


class FormFieldSpec(Part):
    """A question of a site form."""

    kind: Kind = "text"
    target: str = Field(
        "",
        description="Where the answer goes: name, phone, email, company, text, product, source, "
        "item:<field>, client:<column>, account:<kind>; empty: kept with the message",
    )
    label: Text = Field(default_factory=Text)
    hint: Text = Field(default_factory=Text)
    required: bool = False
    choices: dict[str, Text] = Field(
        default_factory=dict, description="What is posted: what the visitor reads"
    )
    default: str = Field("", max_length=500, description="Of a hidden question: its value")


class FormSpec(Part):
    """A site form; without fields it takes what a form of another program posts."""

    title: Text = Field(default_factory=Text)
    intro: Text = Field(default_factory=Text)
    fields: dict[str, FormFieldSpec] = Field(default_factory=dict)
    button: Text = Field(default_factory=Text)
    thanks: Text = Field(default_factory=Text)
    redirect: str = Field("", max_length=500, description="Web page instead of the thanks")
    hosts: list[str] = Field(default_factory=list, description="Sites that may embed it; any")
    consent: Text = Field(
        default_factory=Text,
        description="What the visitor agrees to; a changed text becomes the next version",
    )
    consent_needed: bool = False


class ChannelSpec(Part):
    """A way in and out: a mailbox, a site form, a chat. Never with a password or another secret."""

    provider: str = Field(description="Its kind: mail, forms, chat …")
    name: str = Field(max_length=120)
    settings: dict[str, Any] = Field(
        default_factory=dict, description="Of its kind, without secrets"
    )
    pipeline: str = Field("", description="Code of the funnel of its enquiries")
    source: str = Field("", description="Code of a source")
    group: str = Field("", description="Code of the group among whom its cards are given out")
    owner: str | None = Field(
        None,
        pattern=MAYBE_EMAIL,
        description=f"E-mail of who gets its cards when no group does; {ABSENT}",
    )
    usual_pause: str = Field(
        "",
        pattern=r"^$|^[1-9]\d{0,8}(s|m|h|d)$",
        description="Silence that alarms nobody yet: 4h, 2d in working time; empty: learned",
    )
    enabled: bool = Field(
        True, description="Of one that needs no password; others stay as they are, new ones off"
    )
    form: FormSpec | None = Field(None, description="Of a site form: what it shows and asks")


class RouteSpec(Part):
    """A row of the routing table: which cards go where. The first that holds decides."""

    name: str = Field(max_length=120)
    when: Literal["enquiry", "conversion"] = "enquiry"
    conditions: dict[str, Any] = Field(
        default_factory=dict, description="docs/domain/conditions.md; empty: always"
    )
    pipeline: str = Field("", description="Code of a funnel")
    group: str = Field("", description="Code of a group")
    owner: str | None = Field(None, pattern=MAYBE_EMAIL, description=f"E-mail; {ABSENT}")
    enabled: bool = True


class WebhookSpec(Part):
    """An address outside that is told of events. Its signing secret is never in the file."""

    name: str = Field(max_length=120)
    url: str = Field(max_length=1000)
    events: list[str] = Field(min_length=1, description="docs/webhooks.md")
    pipelines: list[OptionCode] = Field(
        default_factory=list, description="Only cards of these funnels; empty: of all"
    )


class NoticeSpec(Part):
    """How people are told of things until each chooses for oneself (UI-11). Empty: as usual."""

    modes: dict[str, Literal["urgent", "digest", "silent"]] = Field(
        default_factory=dict, description="By kind of notice; others as usual"
    )
    night: list[str] = Field(default_factory=list, description="Kinds that ring in quiet hours")
    quiet: Literal["", "work", "own", "never"] = Field(
        "", description="When nothing rings: out of working hours, at own hours, never"
    )
    quiet_from: str = Field("", pattern=MAYBE_CLOCK, description='Of own hours: "21:00"')
    quiet_until: str = Field("", pattern=MAYBE_CLOCK, description='Of own hours: "09:00"')
    digest: list[Annotated[str, Field(pattern=CLOCK)]] = Field(
        default_factory=list, max_length=2, description='When the digest goes: ["09:00"]'
    )
    push: bool = Field(True, description="On devices that were let in")
    letters: bool = Field(True, description="By e-mail, where a mailbox for staff is chosen")

    @property
    def name(self) -> str:
        """Whose it is, in words."""
        return _("for everybody")


class ProtectionSpec(Part):
    """From when on reading is unusual, and deleting takes two people (AC-3, AC-7)."""

    reading_limit: int = Field(
        500, ge=10, le=1_000_000, description="Cards and clients one may open within an hour"
    )
    deletion_limit: int = Field(
        20, ge=1, le=5000, description="Cards one may delete within an hour before another agrees"
    )

    @property
    def name(self) -> str:
        """Whose it is, in words."""
        return _("of the company")
