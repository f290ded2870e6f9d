"""Cards over HTTP."""

from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from voronka.api.access import TokenRequest, actor, scope
from voronka.api.answers import REFUSALS, refusal
from voronka.api.paging import page
from voronka.api.schemas.activities import NoteIn, NoteOut
from voronka.api.schemas.common import Code, Id, In, Text
from voronka.api.schemas.elements import RollUpOut
from voronka.api.schemas.items import (
    BulkIn,
    BulkOut,
    BulkResult,
    ConvertIn,
    CorrectIn,
    ItemIn,
    ItemOut,
    ItemPage,
    ItemPatch,
    MoveIn,
    TouchOut,
    VisitOut,
)
from voronka.api.writing import answered
from voronka.items import commands
from voronka.items.attribution import attribution
from voronka.items.commands.lines import Line
from voronka.items.commands.sources import name_deciding_touch
from voronka.items.elements import roll_ups
from voronka.items.models import Item
from voronka.journal.commands import note_listing, note_reading
from voronka.kernel.errors import DomainError, InvalidInput, NotFound
from voronka.kernel.prepared import Prepared
from voronka.people.models import User
from voronka.pipelines.models import LossReason, Pipeline, Stage
from voronka.timeline.commands.notes import write_note

router = Router(tags=["items"])
_WITH = ("pipeline__item_type", "stage", "source", "loss_reason")


class ItemQuery(In):
    """Filters of the list; all that are given must hold."""

    pipeline: Code | None = None
    stage: Code | None = None
    item_type: Code | None = None
    owner_id: Id | None = None
    client_id: Id | None = None
    external_id: Text | None = None
    state: Literal["open", "won", "lost"] | None = None
    stalled: bool | None = None
    changed_since: datetime | None = None
    cursor: str = ""
    limit: int = 50


@router.get("", response={200: ItemPage, **REFUSALS}, summary="List cards, newest first")
@scope("items:read")
def list_items(request: TokenRequest, query: Query[ItemQuery]) -> ItemPage:
    """Cards that the token's person may see."""
    limit = max(1, min(query.limit, 200))
    rows, cursor = page(_filtered(request.person, query), cursor=query.cursor, limit=limit)
    note_listing(Item.journal_type, [item.pk for item in rows], by=actor(request))
    return ItemPage.model_construct(items=[ItemOut.of(i) for i in rows], next=cursor)


def _filtered(user: User, query: ItemQuery) -> Any:
    rows = Item.objects.visible_to(user).select_related(*_WITH)
    wanted = {
        "pipeline__code": query.pipeline,
        "stage__code": query.stage,
        "pipeline__item_type__code": query.item_type,
        "owner_id": query.owner_id,
        "external_id": query.external_id,
        "changed_at__gte": query.changed_since and _aware(query.changed_since),
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if query.client_id is not None:
        rows = rows.filter(Q(contact_id=query.client_id) | Q(company_id=query.client_id))
    if query.state:
        rows = rows.filter(stage__kind=query.state)
    if query.stalled is not None:
        late = Q(stalls_at__lte=timezone.now(), closed_at=None)
        rows = rows.filter(late if query.stalled else ~late)
    return rows


def _aware(moment: datetime) -> datetime:
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _card(request: TokenRequest, item_id: Id, *, with_all: bool = True) -> Item:
    """Return a card the person may see; what they may not see does not exist for them."""
    item = (_CARD if with_all else _PLACE).first(item_id)
    if item is None or not item.seen_by(request.person):
        raise NotFound(_("There is no such card. It may have been deleted."))
    return item


def _fresh(item: Item) -> ItemOut:
    return ItemOut.of(_FRESH.get(item.pk))


def _stage(pipeline_id: int, code: str) -> Stage:
    stage = _STAGE.first(pipeline_id, code)
    if stage is None:
        raise InvalidInput(
            _("The funnel has no stage “%(name)s”.") % {"name": code},
            fields={"stage": _("Choose from the list.")},
        )
    return stage


_STAGE = Prepared(
    lambda pipeline_id, code: Stage.objects.filter(pipeline_id=pipeline_id, code=code),
    int,
    str,
    model=Stage,
    steady=True,
)
_PIPELINE = Prepared(
    lambda code: Pipeline.objects.select_related("item_type").filter(code=code),
    str,
    model=Pipeline,
    steady=True,
)
_CARD = Prepared(
    lambda pk: Item.objects.alive().select_related(*_WITH).filter(pk=pk).order_by(),
    int,
    model=Item,
)
_PLACE = Prepared(  # as much of a card as tells who may see it
    lambda pk: (
        Item.objects.alive()
        .select_related("pipeline__item_type")
        .only("owner_id", "pipeline__code", "pipeline__item_type__code")
        .filter(pk=pk)
        .order_by()
    ),
    int,
    model=Item,
)
_FRESH = Prepared(lambda pk: Item.objects.select_related(*_WITH).filter(pk=pk), int, model=Item)


def _pipeline(user: User, code: str) -> Pipeline:
    pipeline = _PIPELINE.first(code)
    access = user.access
    if pipeline is None or not access.scope("see", pipeline.item_type.code, pipeline.code):
        raise InvalidInput(
            _("There is no funnel “%(code)s”.") % {"code": code},
            fields={"pipeline": _("Choose from the list.")},
        )
    return pipeline


def _create(request: TokenRequest, body: ItemIn) -> Item:
    pipeline = _pipeline(request.person, body.pipeline)
    changes = body.changes()
    title = str(changes.pop("title", ""))
    return commands.create_item(
        pipeline,
        title=title,
        by=actor(request),
        stage=_stage(pipeline.pk, body.stage) if body.stage else None,
        owner_id=body.owner_id,
        changes=changes,
        lines=[
            Line(x.name, x.price, x.quantity, x.discount, product_id=x.product_id)
            for x in body.lines
        ],
        external_id=body.external_id,
    )


@router.post("", response={201: ItemOut, **REFUSALS}, summary="Make a card")
@scope("items:write")
def create_item(request: TokenRequest, body: ItemIn) -> Status[object]:
    """The gate of the first stage holds here as everywhere."""
    return answered(request, lambda: ItemOut.of(_create(request, body)), status=201)


@router.post("/bulk", response={200: BulkOut, **REFUSALS}, summary="Make many cards")
@scope("items:write")
def create_items(request: TokenRequest, body: BulkIn) -> Status[object]:
    """Up to 500 cards; one that is refused does not stop the others."""
    return answered(request, lambda: _create_many(request, body))


@transaction.atomic
def _create_many(request: TokenRequest, body: BulkIn) -> BulkOut:
    results = []
    for index, one in enumerate(body.items):
        try:
            with transaction.atomic():
                result = BulkResult(index=index, item=ItemOut.of(_create(request, one)))
        except DomainError as error:
            result = BulkResult(index=index, error=refusal(error))
        results.append(result)
    return BulkOut(results=results)


@router.get("/{item_id}", response={200: ItemOut, **REFUSALS}, summary="One card")
@scope("items:read")
def get_item(request: TokenRequest, item_id: Id) -> ItemOut:
    """A card that the person may see; else 404."""
    item = _card(request, item_id)
    note_reading(item, by=actor(request), pipeline_id=item.pipeline_id)
    return ItemOut.of(item)


@router.patch("/{item_id}", response={200: ItemOut, **REFUSALS}, summary="Change a card")
@scope("items:write")
def change_item(request: TokenRequest, item_id: Id, body: ItemPatch) -> Status[object]:
    """Only what is sent changes; null clears a field unless the stage requires it."""
    item = _card(request, item_id)
    return answered(request, lambda: _change(request, item, body))


@transaction.atomic
def _change(request: TokenRequest, item: Item, body: ItemPatch) -> ItemOut:
    changes = body.changes()
    if changes:
        commands.edit_item(item.pk, changes, by=actor(request), expected=body.expected)
    if body.owner_id is not None:
        to = User.objects.filter(pk=body.owner_id).first()
        if to is None:
            raise InvalidInput(
                _("There is no such person."), fields={"owner_id": _("Choose a person.")}
            )
        commands.assign_owner(item.pk, to=to, by=actor(request))
    return _fresh(item)


@router.post("/{item_id}/move", response={200: ItemOut, **REFUSALS}, summary="Move a card")
@scope("items:write")
def move_item(request: TokenRequest, item_id: Id, body: MoveIn) -> Status[object]:
    """To a later stage, or to won or lost. A closed gate answers 422 and says what is missing."""
    item = _card(request, item_id, with_all=False)

    def move() -> ItemOut:
        reason = None
        if body.loss_reason:
            reasons = LossReason.objects.filter(pipeline_id=item.pipeline_id, archived=False)
            reason = reasons.filter(code=body.loss_reason).first()
            if reason is None:
                raise InvalidInput(
                    _("There is no such loss reason."),
                    fields={"loss_reason": _("Choose from the list.")},
                )
        seen = _stage(item.pipeline_id, body.seen_stage).pk if body.seen_stage else None
        moved = commands.move_item(
            item.pk,
            to=_stage(item.pipeline_id, body.stage),
            by=actor(request),
            changes=body.values,
            confirmed=tuple(body.confirmed),
            reason=reason,
            comment=body.loss_comment,
            told_by=body.loss_told_by or "",
            seen_stage_id=seen,
            work=body.open_tasks or "",
        )
        return ItemOut.of(moved)

    return answered(request, move)


@router.post("/{item_id}/correct", response={200: ItemOut, **REFUSALS}, summary="Return a card")
@scope("items:write")
def correct_item(request: TokenRequest, item_id: Id, body: CorrectIn) -> Status[object]:
    """A permitted return to an earlier stage, with a reason; needs the right to correct."""
    item = _card(request, item_id)

    def correct() -> ItemOut:
        to = _stage(item.pipeline_id, body.stage)
        return _fresh(commands.correct_item(item.pk, to=to, why=body.why, by=actor(request)))

    return answered(request, correct)


@router.post("/{item_id}/convert", response={201: ItemOut, **REFUSALS}, summary="Convert a lead")
@scope("items:write")
def convert_lead(request: TokenRequest, item_id: Id, body: ConvertIn) -> Status[object]:
    """The lead becomes a deal, or joins an open one; answers with the deal."""
    lead = _card(request, item_id)
    if body.attach_to is not None:
        _card(request, body.attach_to)

    def convert() -> ItemOut:
        deal = commands.convert_lead(
            lead.pk,
            by=actor(request),
            pipeline=_pipeline(request.person, body.pipeline) if body.pipeline else None,
            attach_to=body.attach_to,
            title=body.title,
            owner_id=body.owner_id,
            changes=body.values,
            lead_changes=body.lead_values,
        )
        return _fresh(deal)

    return answered(request, convert, status=201)


@router.get(
    "/{item_id}/visits", response={200: list[VisitOut], **REFUSALS}, summary="Stage history"
)
@scope("items:read")
def list_visits(request: TokenRequest, item_id: Id) -> list[VisitOut]:
    """Every stay of the card in a stage, oldest first."""
    item = _card(request, item_id)
    visits = item.visits.select_related("stage").order_by("entered_at", "pk")
    return [VisitOut.of(v) for v in visits]


@router.get(
    "/{item_id}/elements",
    response={200: list[RollUpOut], **REFUSALS},
    summary="What the elements of a card say together, by type",
)
@scope("items:read")
def list_elements(request: TokenRequest, item_id: Id) -> list[RollUpOut]:
    """How many are ready and held up, and the spans of their dates; only of those one may see."""
    item = _card(request, item_id)
    return [RollUpOut.of(one) for one in roll_ups(item, request.person)]


@router.get(
    "/{item_id}/touches",
    response={200: list[TouchOut], **REFUSALS},
    summary="Where the client came from, each time",
)
@scope("items:read")
def list_touches(request: TokenRequest, item_id: Id) -> list[TouchOut]:
    """Earliest first; one of them is the deciding one."""
    found = attribution(_card(request, item_id))
    return [TouchOut.of(touch, deciding=touch == found.deciding) for touch in found.touches]


@router.post(
    "/{item_id}/touches/{touch_id}/deciding",
    response={200: TouchOut, **REFUSALS},
    summary="Name the deciding touch",
)
@scope("items:write")
def name_deciding(request: TokenRequest, item_id: Id, touch_id: Id) -> Status[object]:
    """A touch of another card is not found."""
    item = _card(request, item_id)
    if not item.touches.filter(pk=touch_id).exists():
        raise NotFound(_("There is no such touch any more."))

    def name() -> TouchOut:
        return TouchOut.of(name_deciding_touch(touch_id, by=actor(request)), deciding=True)

    return answered(request, name)


@router.post("/{item_id}/notes", response={201: NoteOut, **REFUSALS}, summary="Write a note")
@scope("items:write")
def create_note(request: TokenRequest, item_id: Id, body: NoteIn) -> Status[object]:
    """Into the feed of the card."""
    item = _card(request, item_id)

    def write() -> NoteOut:
        return NoteOut.of(write_note(body.text, by=actor(request), item_id=item.pk))

    return answered(request, write, status=201)


@router.delete("/{item_id}", response={204: None, **REFUSALS}, summary="Delete a card")
@scope("items:write")
def delete_item(request: TokenRequest, item_id: Id) -> Status[None]:
    """Into the recycle bin; needs the right to delete."""
    commands.delete_item(_card(request, item_id).pk, by=actor(request))
    return Status(204, None)
