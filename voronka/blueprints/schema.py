"""What a blueprint may say: one pydantic model per part of the set-up.

A key is the part's stable code, the order of the keys is the order on the screen. A top-level
section that the file does not have is left alone; one that it has is complete.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from voronka.blueprints.basics import DEADLINE, Age, Code, OptionCode, Part, ShortCode
from voronka.blueprints.basics import Text as Text
from voronka.blueprints.outside_schema import (
    ChannelSpec,
    GroupSpec,
    NoticeSpec,
    ProtectionSpec,
    RouteSpec,
    TemplateSpec,
    WebhookSpec,
)

VERSION = 1
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Action = Literal["see", "add", "change", "move", "delete", "export", "import"]
ScopeCode = Literal["none", "own", "department", "branch", "all"]
Color = Literal["grey", "blue", "teal", "green", "lime", "amber", "orange", "red", "pink", "violet"]
StageKind = Literal["open", "won", "lost"]
TypeKind = Literal["lead", "deal", "custom"]
Purpose = Literal[
    "qualification",
    "new_sales",
    "repeat",
    "telemarketing",
    "nurturing",
    "lost_reactivation",
    "fulfilment",
    "other",
]
FieldKind = Literal[
    "text",
    "long_text",
    "number",
    "money",
    "date",
    "datetime",
    "boolean",
    "list",
    "multi_list",
    "user",
    "client",
    "item",
    "phone",
    "email",
    "url",
    "address",
    "file",
]
COLOR_NAMES: tuple[str, ...] = get_args(Color)


class Calendar(Part):
    """Working hours with the public holidays of a country."""

    name: Text
    hours: dict[Weekday, list[Annotated[str, Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$")]]] = Field(
        default_factory=dict, description='Working intervals a day: mon: ["09:00-13:00"]'
    )
    country: str = Field("", pattern=r"^([A-Z]{2})?$", description="ISO 3166 code, e.g. RU")
    region: str = Field(
        "", pattern=r"^([A-Z]{2}-[A-Z0-9]{1,3})?$", description="ISO 3166-2 code, e.g. RU-TA"
    )
    days_off: list[date] = Field(default_factory=list)
    days_on: list[date] = Field(default_factory=list, description="Worked though they look free")
    default: bool = Field(False, description="The company's own calendar; exactly one is")


class Role(Part):
    """What a kind of employee may do."""

    name: Text
    everything: bool = Field(False, description="The owner: all that is, and will be")
    matrix: dict[str, dict[Action, ScopeCode]] = Field(
        default_factory=dict,
        description='"*", an item type, "type/pipeline" or "client": {action: scope}',
    )
    rights: list[str] = Field(default_factory=list, description="Settings rights")
    contacts: Literal["shown", "masked"] = Field(
        "shown", description="Phones, e-mails and accounts of clients: +7 ••• •••-12-34"
    )


class Department(Part):
    """A department, with the departments below it."""

    name: Text
    head: str | None = Field(
        None, description="E-mail of the head; absent: left alone; unknown: nobody for now"
    )
    departments: dict[ShortCode, Department] = Field(default_factory=dict)


class Source(Part):
    """Where enquiries come from."""

    name: Text
    icon: str = "world"


class Option(Part):
    """A choice of a list field."""

    name: Text
    points: int = Field(0, description="What it adds to the grade")


class Rules(Part):
    """Limits of a field's value."""

    min: int | float | str | None = None
    max: int | float | str | None = None
    pattern: str | None = None
    max_length: int | None = Field(None, ge=1)


class FieldSpec(Part):
    """A field of the card."""

    name: Text
    kind: FieldKind
    help: Text = Field(default_factory=Text, description="A hint; for BANT the question to ask")
    options: dict[OptionCode, Option] = Field(
        default_factory=dict, description="Of list kinds only"
    )
    rules: Rules = Field(default_factory=Rules)
    important: bool = Field(False, description="Counted in the clarity of the card")
    formula: str = Field(
        "",
        max_length=1000,
        description="Counts the value from the card: amount - cost; see docs/domain/formulas.md",
    )


class SectionSpec(Part):
    """A block of fields on the card."""

    name: Text
    pipelines: list[Code] = Field(default_factory=list, description="Empty: shown in all")
    fields: dict[Code, FieldSpec] = Field(default_factory=dict)


class Grade(Part):
    """The ABC grade: points of the fields' choices, summed."""

    fields: list[Code]
    a: int = Field(description="From so many points on the grade is A")
    b: int = Field(description="From so many points on it is B; below it is C")


class ItemTypeSpec(Part):
    """A kind of card: lead, deal, or a custom type."""

    kind: TypeKind = "custom"
    name: Text = Field(description="One card: Deal")
    plural: Text = Field(description="Many cards: Deals")
    icon: str = "box"
    prefix: str = Field("", max_length=8, description="Of the card's number")
    client: bool = Field(True, description="Has a client")
    amount: bool = Field(True, description="Has an amount")
    lines: bool = Field(False, description="Has line items")
    revenue: bool = Field(False, description="Its won cards are revenue; only deals'")
    success: Text = Field(default_factory=Text, description="What success means here")
    grade: Grade | None = None
    sections: dict[Code, SectionSpec] = Field(default_factory=dict)


class ClientSpec(Part):
    """Fields of persons and companies."""

    sections: dict[Code, SectionSpec] = Field(default_factory=dict)


class Criterion(Part):
    """A fact without which the card does not leave the stage."""

    text: Text
    check: str = Field(
        "manual",
        description="What proves it: manual (a tick), field:<code>, call, meeting …;"
        " elements:<type> or elements:<funnel>/<stage> ask the card's elements",
    )
    required: bool = True


class Objection(Part):
    """What customers say here, and the answer that works."""

    objection: Text
    answer: Text


class StageSpec(Part):
    """A stage with its passport."""

    name: Text
    kind: StageKind = "open"
    color: Color = "grey"
    critical: bool = False
    key: bool = Field(False, description="The key stage of the funnel (КЭВ)")
    goal: Text = Field(default_factory=Text)
    sells_next: Text = Field(
        default_factory=Text, description="What the customer gets by moving on"
    )
    steps: list[Text] = Field(default_factory=list, description="Who does what, in order")
    exit_criteria: dict[Code, Criterion] = Field(default_factory=dict)
    objections: list[Objection] = Field(default_factory=list)
    responsible: str = Field(
        "", description="Who is to have the cards: code of a role, department:…, or user:e-mail"
    )
    deadline: str = Field(
        "",
        pattern=f"^$|{DEADLINE}",
        description="30m, 4h, 2d in working time (a day is 8 hours), or 3d calendar (24 hours)",
    )
    required: list[str] = Field(
        default_factory=list, description="Fields that must be filled to stand here or further on"
    )


class LossReasonSpec(Part):
    """Why a card is lost; reasons form a tree."""

    name: Text
    target: bool = Field(
        True,
        description="False: never was an enquiry to sell to. Reasons inside follow the outermost",
    )
    needs_comment: bool = False
    reasons: dict[Code, LossReasonSpec] = Field(default_factory=dict)


class HighValueSpec(Part):
    """From what amount on an order is large and stands under the head's control."""

    amount: Decimal | None = Field(
        None, gt=0, max_digits=14, decimal_places=2, description="In the company's currency"
    )
    top_percent: int | None = Field(
        None, ge=1, le=99, description="Or: the largest so many percent of a year's won orders"
    )
    passes: list[Code] = Field(
        default_factory=list, description="Stages that a large order enters only with a pass"
    )


class RepeatSpec(Part):
    """What a funnel does when a known client writes again (IN-12)."""

    when_open: Literal["join", "new"] = Field("join", description="An open card: join, or new")
    join_within: Age | None = Field(
        None, description="Since its last sign of life: 30d; null: however long ago"
    )
    when_lost: Literal["new", "return"] = Field(
        "new", description="A refused card: a new one, or return it to work"
    )
    return_within: Age | None = Field(None, description="Since the refusal")
    from_nurturing: bool = Field(True, description="A card in nurturing is taken back to sales")
    thread_stays: Age | None = Field(
        "14d", description="Answers to a closed card stay with it so long; null: for ever"
    )


class PipelineSpec(Part):
    """A funnel."""

    type: Code = Field(description="Code of the item type whose cards walk here")
    name: Text
    purpose: Purpose = "new_sales"
    naming: Literal["results", "activities"] = "results"
    why: Text = Field(default_factory=Text, description="Why it is a funnel of its own")
    forward_only: bool = True
    calendar: str = Field("", description="Code of a calendar; empty: the company's own")
    stages: dict[Code, StageSpec]
    loss_reasons: dict[Code, LossReasonSpec] = Field(default_factory=dict)
    high_value: HighValueSpec | None = Field(None, description="Control of large orders")
    repeat: RepeatSpec | None = Field(None, description="Repeat enquiries; absent: the usual rule")
    heirs: dict[Code, Code] = Field(
        default_factory=dict,
        description="Removed stage: the stage of this funnel that takes its cards and history",
    )


class ProductSpec(Part):
    """A product or service of the price list."""

    name: Text
    group: str = Field("", max_length=80)
    unit: str = Field("pcs", max_length=16)
    price: Decimal = Field(Decimal(0), ge=0, max_digits=14, decimal_places=2)


class RobotSpec(Part):
    """A rule: when this happens, and that holds, then after a while do these things."""

    name: Text
    type: Code = Field(description="Code of the item type whose cards it works on")
    pipeline: str = Field("", description="Code of a funnel; empty: in all funnels of the type")
    stage: str = Field("", description="Code of a stage; empty: on all stages")
    trigger: str = Field(description="What wakes it")
    settings: dict[str, Any] = Field(default_factory=dict, description="Of the trigger")
    conditions: dict[str, Any] = Field(
        default_factory=dict, description="docs/domain/conditions.md"
    )
    delay: str = Field(
        "",
        pattern=r"^$|^\d{1,9}(s|m|h|d)( calendar)?$",
        description="45s, 30m, 4h, 2d in working time (a day is 8 hours), or 3d calendar",
    )
    actions: list[Annotated[dict[str, dict[str, Any]], Field(min_length=1, max_length=1)]] = Field(
        min_length=1, description="In order; each {action: its settings}"
    )
    on_leave: Literal["cancel", "keep", "finish"] = Field(
        "cancel", description="What is due when the card leaves the stage"
    )
    quiet: str = Field(
        "", pattern=r"^$|^\d\d:\d\d-\d\d:\d\d$", description="Keeps still: 21:00-09:00"
    )
    per_card: int | None = Field(None, ge=1, description="Runs a day on a card")
    per_client: int | None = Field(None, ge=1, description="Runs a day for a client")
    per_day: int | None = Field(None, ge=1, description="Runs a day in all")
    ready: bool = Field(False, description="A ready chain: its absence is a finding of the doctor")
    enabled: bool = True


class Blueprint(Part):
    """The whole set-up of a company's sales in Voronka."""

    version: Literal[1]
    about: Text = Field(default_factory=Text, description="For the reader of the file; not stored")
    calendars: dict[ShortCode, Calendar] | None = None
    roles: dict[ShortCode, Role] | None = None
    departments: dict[ShortCode, Department] | None = None
    sources: dict[Code, Source] | None = None
    item_types: dict[Code, ItemTypeSpec] | None = None
    client: ClientSpec | None = None
    pipelines: dict[Code, PipelineSpec] | None = None
    templates: dict[OptionCode, TemplateSpec] | None = None
    groups: dict[OptionCode, GroupSpec] | None = None
    channels: dict[OptionCode, ChannelSpec] | None = None
    routing: dict[OptionCode, RouteSpec] | None = None
    robots: dict[Code, RobotSpec] | None = None
    webhooks: dict[OptionCode, WebhookSpec] | None = None
    notices: dict[OptionCode, NoticeSpec] | None = None
    protection: dict[OptionCode, ProtectionSpec] | None = None
    products: dict[Annotated[str, Field(pattern=r"^\S.{0,59}$")], ProductSpec] | None = None


SECTIONS = tuple(name for name in Blueprint.model_fields if name not in ("version", "about"))
