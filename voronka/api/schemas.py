"""What the API sends and takes. Amounts are strings with two decimals, moments ISO 8601."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from voronka.clients.models import Client
from voronka.items.models import Item, StageVisit
from voronka.people.models import User
from voronka.pipelines.models import Field as CustomField
from voronka.pipelines.models import Pipeline, Stage
from voronka.timeline.models import Activity, Note

_NO_ZERO_BYTE = r"^[^\x00]*$"
Text = Annotated[str, StringConstraints(pattern=_NO_ZERO_BYTE, max_length=2000)]
LongText = Annotated[str, StringConstraints(pattern=_NO_ZERO_BYTE, max_length=20_000)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,60}$")]
Id = Annotated[int, Field(ge=1, le=2**53)]
Values = dict[Code, Any]


class In(Schema):
    """What comes in; an unknown key is a mistake, never ignored."""

    model_config = ConfigDict(extra="forbid")


class ErrorOut(Schema):
    """A refusal. `code` is stable; `detail` is a sentence in the person's language."""

    code: str
    detail: str
    fields: dict[str, str] = Field(default_factory=dict, description="Field code -> sentence")
    missing: Annotated[list[str] | None, Field(description="gate: fields to be filled")] = None
    criteria: Annotated[list[str] | None, Field(description="gate: criteria to be met")] = None
    needs_reason: Annotated[bool | None, Field(description="gate: a loss reason")] = None
    needs_comment: Annotated[bool | None, Field(description="gate: a comment to it")] = None


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
            amount=Decimal(item.amount).quantize(_CENT),  # a new card's is as it was given
            **{name: getattr(item, name) for name in _AS_IT_IS},
        )


_AS_IT_IS = tuple(
    name
    for name in ItemOut.model_fields
    if name
    not in ("id", "number", "item_type", "pipeline", "stage", "source", "loss_reason", "amount")
)


class ItemPage(Schema):
    """A page of cards."""

    items: list[ItemOut]
    next: str | None = Field(description="Cursor of the next page; null at the end")


class LineIn(In):
    """A product line."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=_NO_ZERO_BYTE)]
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
    external_id: Annotated[str, StringConstraints(max_length=120, pattern=_NO_ZERO_BYTE)] = Field(
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
    seen_stage: Code | None = Field(None, description="Where you saw it; 409 if it has moved")


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


class ContactPointOut(Schema):
    """A way to reach a client."""

    kind: str
    value: str
    label: str


class ClientOut(Schema):
    """A person or company."""

    id: int
    kind: str
    name: str
    first_name: str
    last_name: str
    patronymic: str
    job_title: str
    inn: str
    address: str
    website: str
    comment: str
    owner_id: int
    source: str | None
    values: dict[str, Any]
    contact_points: list[ContactPointOut]
    external_id: str
    created_at: datetime
    changed_at: datetime
    version: int

    @classmethod
    def of(cls, client: Client) -> ClientOut:
        """Read a client with source and contact points at hand."""
        points = [
            ContactPointOut.model_construct(kind=p.kind, value=p.value, label=p.label)
            for p in client.contact_points.all()
        ]
        derived = ("id", "source", "contact_points")
        return cls.model_construct(
            id=client.pk,
            source=client.source.code if client.source else None,
            contact_points=points,
            **{name: getattr(client, name) for name in cls.model_fields if name not in derived},
        )


class ClientPage(Schema):
    """A page of clients."""

    items: list[ClientOut]
    next: str | None


class ClientFields(In):
    """What a client says; left out means unchanged."""

    name: Text | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    patronymic: Text | None = None
    job_title: Text | None = None
    inn: Text | None = None
    address: Text | None = None
    website: Text | None = None
    comment: LongText | None = None
    source: Code | None = None
    values: Values = Field(default_factory=dict)

    def changes(self) -> dict[str, Any]:
        """Return what was sent, as the commands take it."""
        skip = {"values", "owner_id", "kind", "phones", "emails", "accounts", "company_id"}
        names = self.model_fields_set - skip
        return {name: getattr(self, name) for name in names} | dict(self.values)


class ClientIn(ClientFields):
    """A new client."""

    kind: Literal["person", "company"]
    phones: list[Text] = Field(default_factory=list, max_length=20)
    emails: list[Text] = Field(default_factory=list, max_length=20)
    accounts: list[Text] = Field(default_factory=list, max_length=20)
    company_id: Id | None = Field(None, description="Of a person: where they work")
    external_id: Annotated[str, StringConstraints(max_length=120, pattern=_NO_ZERO_BYTE)] = ""
    owner_id: Id | None = None


class ClientPatch(ClientFields):
    """A change of a client; contact points are added, never taken away, here."""

    phones: list[Text] = Field(default_factory=list, max_length=20)
    emails: list[Text] = Field(default_factory=list, max_length=20)


class ActivityOut(Schema):
    """A task, call or meeting."""

    id: int
    kind: str
    title: str
    text: str
    item_id: int | None
    client_id: int | None
    owner_id: int
    due_at: datetime | None
    done_at: datetime | None
    outcome: str
    result: str
    answers: list[dict[str, object]] = Field(
        description="How it may end, where not any end will do"
    )
    answer: str
    created_at: datetime

    @classmethod
    def of(cls, activity: Activity) -> ActivityOut:
        return cls.model_construct(**{name: getattr(activity, name) for name in cls.model_fields})


class ActivityPage(Schema):
    """A page of activities."""

    items: list[ActivityOut]
    next: str | None


class ActivityIn(In):
    """A plan, on a card or for a client."""

    kind: Literal["task", "call", "meeting"] = "task"
    title: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=_NO_ZERO_BYTE)]
    text: LongText = ""
    item_id: Id | None = None
    client_id: Id | None = None
    owner_id: Id | None = Field(None, description="The card's responsible when left out")
    due_at: datetime | None = None
    remind_at: datetime | None = None


class DoneIn(In):
    """How an activity ended."""

    outcome: Literal["done", "no_answer", "no_show", "cancelled"] = "done"
    result: LongText = ""
    answer: str = Field("", max_length=20, description="Of a task that asks for one of its answers")


class NoteIn(In):
    """A note."""

    text: LongText


class NoteOut(Schema):
    """A note in the feed."""

    id: int
    text: str
    author_id: int | None
    created_at: datetime

    @classmethod
    def of(cls, note: Note) -> NoteOut:
        return cls.model_construct(
            id=note.pk, text=note.text, author_id=note.author_id, created_at=note.created_at
        )


class NameOut(Schema):
    """A name in both languages."""

    ru: str
    en: str

    @classmethod
    def of(cls, text: Any) -> NameOut:
        return cls.model_construct(ru=text.ru, en=text.en)


class StageOut(Schema):
    """A stage."""

    code: str
    name: NameOut
    kind: str
    position: int
    color: str
    key: bool
    critical: bool
    required: list[str]

    @classmethod
    def of(cls, stage: Stage) -> StageOut:
        names = ("code", "kind", "position", "color", "key", "critical", "required")
        return cls.model_construct(
            name=NameOut.of(stage.name), **{n: getattr(stage, n) for n in names}
        )


class ReasonOut(Schema):
    """A loss reason."""

    code: str
    name: NameOut
    target: bool
    needs_comment: bool


class PipelineOut(Schema):
    """A funnel with its stages in order."""

    code: str
    name: NameOut
    item_type: str
    purpose: str
    forward_only: bool
    stages: list[StageOut]
    loss_reasons: list[ReasonOut]

    @classmethod
    def of(cls, pipeline: Pipeline) -> PipelineOut:
        reasons = [
            ReasonOut.model_construct(
                code=r.code, name=NameOut.of(r.name), target=r.target, needs_comment=r.needs_comment
            )
            for r in pipeline.loss_reasons.all()
            if not r.archived
        ]
        return cls.model_construct(
            code=pipeline.code,
            name=NameOut.of(pipeline.name),
            item_type=pipeline.item_type.code,
            purpose=pipeline.purpose,
            forward_only=pipeline.forward_only,
            stages=[StageOut.of(s) for s in pipeline.stages.all()],
            loss_reasons=reasons,
        )


class FieldOut(Schema):
    """A custom field."""

    code: str
    name: NameOut
    kind: str
    item_type: str | None = Field(description="Null: a field of clients")
    options: list[dict[str, Any]]
    rules: dict[str, Any]

    @classmethod
    def of(cls, field: CustomField) -> FieldOut:
        return cls.model_construct(
            code=field.code,
            name=NameOut.of(field.name),
            kind=field.kind,
            item_type=field.item_type.code if field.item_type else None,
            options=field.options,
            rules=field.rules,
        )


class UserOut(Schema):
    """An employee."""

    id: int
    name: str
    email: str
    role: str
    department: str | None
    is_active: bool

    @classmethod
    def of(cls, user: User) -> UserOut:
        return cls.model_construct(
            id=user.pk,
            name=user.name,
            email=user.email,
            role=user.role.code,
            department=user.department.code if user.department else None,
            is_active=user.is_active,
        )
