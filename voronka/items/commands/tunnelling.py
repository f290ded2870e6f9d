"""Tunnels: a card goes on in another funnel, by itself or as a card that follows it (TN-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.items import gate, rules
from voronka.items.changes import clean_changes
from voronka.items.commands.card import enter_stage, lock_card, note_event, save_card
from voronka.items.commands.converting import carried
from voronka.items.commands.creating import create_item
from voronka.items.commands.editing import apply_changes, changed_columns
from voronka.items.commands.lines import Line
from voronka.items.commands.sources import carry_touches
from voronka.items.errors import GateClosed
from voronka.items.models import Item, ItemLink, LineItem, Passage
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people import access
from voronka.pipelines.models import Stage


@dataclass(frozen=True, slots=True)
class Tunnel:
    """How a card goes on in another funnel.

    Attributes:
        to: an open stage of another funnel: where it enters.
        how: "move": the card itself goes; "child": a card that belongs to it is made; "copy": a
            successor is made, as for a repeat sale.
        fields: field code there -> field code here, besides those of the same code and kind.
        changes: field code there -> value, over everything that is carried.
        owner_id: who answers for it there; the present responsible when None.
        title: of the new card; the present title when empty.
        lines: take the products along (child and copy).
        robot: code of the robot whose tunnel it is; "" when a person sends the card.
    """

    to: Stage
    how: str
    fields: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    owner_id: int | None = None
    title: str = ""
    lines: bool = False
    robot: str = ""


@transaction.atomic
def tunnel_item(item_id: int, tunnel: Tunnel, *, by: Actor, at: datetime | None = None) -> Item:
    """Send a card through a tunnel; return the card that stands in the other funnel now.

    A moved card closes its visit here and opens one there: its history is one. A child or copy
    keeps this card where it is; both are linked, so each tells the other's story. What the entry
    stage asks for has to be filled; exit criteria of the present stage are not asked, for the
    way out is not a step forward. Records `item.tunnelled` on the card that was sent (and, of a
    move, `item.departed` in the funnel it leaves), and a Passage for the map.

    Raises:
        InvalidInput: the same funnel, a closed entry stage, or a move to another item type.
        GateClosed: the entry stage wants fields that are empty.
        Forbidden: the role may not move this card, or add cards there.
    Source: docs/domain/robots.md, "Tunnels".
    """
    item = lock_card(item_id, by=by, action="move")
    to = tunnel.to
    left = item.stage
    if to.pipeline_id == item.pipeline_id:
        raise InvalidInput(_("A tunnel leads into another funnel. Move the card instead."))
    if not to.is_open or to.pipeline.archived:
        raise InvalidInput(_("A tunnel leads to a stage of work in a funnel that is in use."))
    moment = max(at or timezone.now(), item.stage_entered_at)
    if tunnel.how == Passage.How.MOVE:
        _move(item, tunnel, by=by, at=moment)
        arrived = item
    else:
        arrived = _follow(item, tunnel, by=by, at=moment)
    if arrived.pk != item.pk:
        carry_touches(item.pk, arrived.pk)
    Passage.objects.create(
        item=item,
        child=None if arrived.pk == item.pk else arrived,
        from_stage=left,
        to_stage=to,
        from_pipeline=left.pipeline,
        to_pipeline=to.pipeline,
        how=tunnel.how,
        robot=tunnel.robot,
        at=moment,
    )
    note_event(
        "item.tunnelled",
        item,
        by=by,
        at=moment,
        left=left.pk,
        entered=to.pk if arrived.pk == item.pk else None,
        how=tunnel.how,
        to=to.pk,
        other=None if arrived.pk == item.pk else arrived.pk,
        robot=tunnel.robot,
    )
    return arrived


def _move(item: Item, tunnel: Tunnel, *, by: Actor, at: datetime) -> None:
    to = tunnel.to
    if to.pipeline.item_type_id != item.pipeline.item_type_id:
        raise InvalidInput(
            _("A card keeps its type. Let a child or a copy go on in this funnel instead.")
        )
    access.require(by, "add", to.pipeline.item_type.code, to.pipeline.code, owner_id=item.owner_id)
    wanted = _mapped(item, tunnel) | dict(tunnel.changes)
    if wanted:
        clean = clean_changes(to.pipeline.item_type, wanted, by=by)
        diff = apply_changes(item, clean)
        if diff:
            save_card(item, changed_columns(clean))
            note_event("item.changed", item, by=by, at=at, changes=diff)
    _require(item, to)
    if (
        item.external_id
        and Item.objects.filter(pipeline=to.pipeline, external_id=item.external_id)
        .exclude(pk=item.pk)
        .exists()
    ):
        raise InvalidInput(_("A card with the same outer key stands in that funnel already."))
    note_event("item.departed", item, by=by, at=at, left=item.stage_id, to=to.pk)
    item.pipeline = to.pipeline
    if tunnel.owner_id:
        item.owner_id = tunnel.owner_id
        save_card(item, ["owner"])
    enter_stage(item, to, by=by, at=at)


def _require(item: Item, to: Stage) -> None:
    """Refuse while the entry stage, or one before it, asks for what is empty."""
    stages = list(to.pipeline.stages.all())
    codes = rules.required_codes(stages, to)
    lines = "lines" in codes and LineItem.objects.filter(item_id=item.pk).exists()
    facts = rules.Facts(item.values, rules.system_facts(item, lines=lines))
    missing = [code for code in rules.missing(codes, facts) if code != "next_step"]
    if missing:
        raise GateClosed(to, missing=gate.names(to.pipeline.item_type_id, missing))


def _follow(item: Item, tunnel: Tunnel, *, by: Actor, at: datetime) -> Item:
    kind = tunnel.to.pipeline.item_type
    lines = _lines(item) if tunnel.lines and kind.has_lines else []
    changes = carried(item, kind) | _mapped(item, tunnel) | dict(tunnel.changes)
    if not kind.has_client:
        changes = {k: v for k, v in changes.items() if k not in ("contact", "company")}
    if not kind.has_amount:
        changes.pop("amount", None)
    other = create_item(
        tunnel.to.pipeline,
        title=tunnel.title.strip() or item.title,
        by=by,
        stage=tunnel.to,
        owner_id=tunnel.owner_id or item.owner_id,
        changes=changes,
        lines=lines,
        at=at,
    )
    link = ItemLink.Kind.COPY if tunnel.how == Passage.How.COPY else ItemLink.Kind.PART
    ItemLink.objects.create(parent=item, child=other, kind=link, created_at=at)
    return other


def _mapped(item: Item, tunnel: Tunnel) -> dict[str, Any]:
    """Return what the tunnel's own field map takes along."""
    return {there: _value(item, here) for there, here in tunnel.fields.items()}


def _value(item: Item, code: str) -> Any:
    if code in ("title", "amount", "utm"):
        return getattr(item, code)
    if code in ("contact", "company", "source"):
        return getattr(item, f"{code}_id")
    return item.values.get(code)


def _lines(item: Item) -> list[Line]:
    rows = LineItem.objects.filter(item_id=item.pk)
    return [Line(r.name, r.price, r.quantity, r.discount, r.product_id) for r in rows]
