"""Cards, and what is done to them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

from voronka.api.schemas.common import NO_ZERO_BYTE, Code, ErrorOut, Id, In, Text, Values
from voronka.items.models import Item, StageVisit, Touch
from voronka.kernel import masking

_CENT = Decimal("0.01")


class ItemOut(Schema):
    """A card."""

    id: int
    number: str = Field(description="As people see it, e.g. D-1042")
    item_type: str
    pipeline: str
    stage: str
    title: str
    owner_id: int
    contact_id: int | None
    company_id: int | None
    source: str | None
    amount: Decimal = Field(description="In the company currency, e.g. 1200.50")
    values: dict[str, Any] = Field(description="Custom fields by code")
    utm: dict[str, str]
    grade: str = Field(description="A, B, C or empty")
    repeat: bool
    created_at: datetime
    changed_at: datetime
    stage_entered_at: datetime
    stalls_at: datetime | None = Field(description="When it is past its stage's deadline")
    next_activity_at: datetime | None
    first_response_at: datetime | None
    closed_at: datetime | None
    loss_reason: str | None
    loss_comment: str
    loss_told_by: str = Field(description="Whose word it is: client, seller; empty when unknown")
    external_id: str
    version: int

    @classmethod
    def of(cls, item: Item) -> ItemOut:
        """Read a card with pipeline, item type, stage, source and loss reason at hand."""
        kind = item.pipeline.item_type
        return cls.model_construct(
            id=item.pk,
            number=f"{kind.prefix}{item.pk}",
            item_type=kind.code,
            pipeline=item.pipeline.code,
            stage=item.stage.code,
            source=item.source.code if item.source else None,
            loss_reason=item.loss_reason.code if item.loss_reason else None,
            values=dict(masking.shown_values(item.values)),
            amount=Decimal(item.amount).quantize(_CENT),  # a new card's is as it was given
            **{name: getattr(item, name) for name in _AS_IT_IS},
        )


_DERIVED = {"id", "number", "item_type", "pipeline", "stage", "source", "loss_reason", "amount"}
_AS_IT_IS = tuple(name for name in ItemOut.model_fields if name not in {*_DERIVED, "values"})


class ItemPage(Schema):
    """A page of cards."""

    items: list[ItemOut]
    next: str | None = Field(description="Cursor of the next page; null at the end")


class LineIn(In):
    """A product line."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=NO_ZERO_BYTE)]
    price: Decimal = Field(ge=0, max_digits=14, decimal_places=2)
    quantity: Decimal = Field(Decimal(1), gt=0, max_digits=12, decimal_places=3)
    discount: Decimal = Field(Decimal(0), ge=0, le=100, max_digits=5, decimal_places=2)
    product_id: Id | None = None


class ItemFields(In):
    """What a card says; left out means unchanged, null clears."""

    title: Text | None = None
    amount: Decimal | None = Field(None, ge=0, max_digits=14, decimal_places=2)
    contact_id: Id | None = None
    company_id: Id | None = None
    source: Code | None = None
    values: Values = Field(default_factory=dict, description="Custom fields by code")
    utm: dict[str, str] | None = None

    def changes(self) -> dict[str, Any]:
        """Return what was sent, as the commands take it."""
        sent = self.model_fields_set
        plain = {"contact_id": "contact", "company_id": "company"}
        found: dict[str, Any] = {
            plain.get(name, name): getattr(self, name)
            for name in ("title", "amount", "contact_id", "company_id", "source", "utm")
            if name in sent and not (name == "utm" and self.utm is None)
        }
        return found | dict(self.values)


class ItemIn(ItemFields):
    """A new card."""

    pipeline: Code
    title: Text
    stage: Code | None = Field(None, description="An open stage; the first when left out")
    owner_id: Id | None = Field(None, description="The token's person when left out")
    lines: list[LineIn] = Field(default_factory=list, max_length=200)
    external_id: Annotated[str, StringConstraints(max_length=120, pattern=NO_ZERO_BYTE)] = Field(
        "", description="Key in your system; unique within the pipeline"
    )


class ItemPatch(ItemFields):
    """A change of a card."""

    owner_id: Id | None = None
    expected: Values | None = Field(
        None, description="Values you were looking at; 409 if one is another by now"
    )


class MoveIn(In):
    """A move."""

    stage: Code
    values: Values = Field(default_factory=dict, description="What the gate asks for")
    confirmed: list[Code] = Field(default_factory=list, max_length=50)
    loss_reason: Code | None = None
    loss_comment: Text = ""
    loss_told_by: Literal["client", "seller"] | None = Field(
        None, description="Whose word the loss reason is; the seller's when left out"
    )
    seen_stage: Code | None = Field(None, description="Where you saw it; 409 if it has moved")
    open_tasks: Literal["close", "keep"] | None = Field(
        None,
        description="What becomes of people's open tasks when the card closes; by default a loss"
        " closes them and a win keeps them",
    )


class CorrectIn(In):
    """A permitted return."""

    stage: Code
    why: Text


class ConvertIn(In):
    """What becomes of a lead: a deal in `pipeline`, or part of the open deal `attach_to`."""

    pipeline: Code | None = None
    attach_to: Id | None = None
    title: Text = ""
    owner_id: Id | None = None
    values: Values = Field(default_factory=dict, description="For the deal")
    lead_values: Values = Field(default_factory=dict, description="What the lead's gate asks for")


class BulkIn(In):
    """Many new cards; each gets its own answer."""

    items: list[ItemIn] = Field(min_length=1, max_length=500)


class BulkResult(Schema):
    """What became of one of them."""

    index: int
    item: ItemOut | None = None
    error: ErrorOut | None = None


class BulkOut(Schema):
    """Answers in the order of the request."""

    results: list[BulkResult]


class VisitOut(Schema):
    """One stay of a card in a stage."""

    stage: str
    entered_at: datetime
    left_at: datetime | None
    by_user_id: int | None
    how: str
    jump: bool
    correction: bool

    @classmethod
    def of(cls, visit: StageVisit) -> VisitOut:
        names = ("entered_at", "left_at", "by_user_id", "how", "jump", "correction")
        return cls.model_construct(
            stage=visit.stage.code, **{name: getattr(visit, name) for name in names}
        )


class TouchOut(Schema):
    """A time that the client turned to us about a card (IN-16)."""

    id: int
    source: str = Field(description="Code of the source; empty when unknown")
    at: datetime
    channel_id: int | None
    utm: dict[str, str]
    page: str
    referer: str
    deciding: bool = Field(description="Named by a person, or the last before the card's end")

    @classmethod
    def of(cls, touch: Touch, *, deciding: bool) -> TouchOut:
        names = ("id", "at", "channel_id", "utm", "page", "referer")
        return cls.model_construct(
            source=touch.source.code if touch.source else "",
            deciding=deciding,
            **{name: getattr(touch, name) for name in names},
        )
