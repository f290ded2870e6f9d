"""A qualified lead becomes a deal, or joins an open one; nothing is typed twice (Q8, QL-7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.items.changes import Changes
from voronka.items.commands.card import lock_card, note_event, save_card
from voronka.items.commands.creating import create_item
from voronka.items.commands.editing import apply_changes, changed_columns
from voronka.items.commands.moving import living_deal, move_item, step_back
from voronka.items.commands.sources import carry_touches
from voronka.items.models import Item, ItemLink
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput
from voronka.pipelines.models import Field, ItemType, Pipeline, Stage

UNDO_FOR = timedelta(days=7)


@transaction.atomic
def convert_lead(
    lead_id: int,
    *,
    by: Actor,
    pipeline: Pipeline | None = None,
    attach_to: int | None = None,
    title: str = "",
    owner_id: int | None = None,
    changes: Mapping[str, Any] | None = None,
    lead_changes: Mapping[str, Any] | None = None,
    lead_confirmed: tuple[str, ...] = (),
) -> Item:
    """Close a lead as converted and make a deal of it, or attach it to an open deal.

    The deal takes over client, source, UTM marks, amount and every custom field that both types
    know by the same code and kind. Records `item.won` and `item.converted` on the lead.

    Args:
        pipeline: where the new deal starts; or `attach_to`: an open deal that the lead joins,
            whose empty fields it fills.
        owner_id: the deal's responsible; the lead's own when omitted.
        changes: further values for the new deal; nothing of an attached one is overwritten.
        lead_changes, lead_confirmed: what the lead's gate asks for: fields, exit criteria.
    Raises:
        InvalidInput: not a lead, converted already, or neither a pipeline nor a deal was named.
        CardClosed, GateClosed, Forbidden: as `move_item` and `create_item`.
    """
    lead = lock_card(lead_id, by=by, action="move")
    if lead.pipeline.item_type.kind != ItemType.Kind.LEAD:
        raise InvalidInput(_("Only a lead can be converted."))
    if deal := living_deal(lead):
        raise InvalidInput(
            _("This lead has become “%(deal)s” already. Open that deal.") % {"deal": deal}
        )
    won = lead.pipeline.stages.filter(kind=Stage.Kind.WON).get()
    lead = move_item(lead_id, to=won, by=by, changes=lead_changes, confirmed=lead_confirmed)
    if attach_to is not None:
        deal = _attach(lead, attach_to, by=by)
    elif pipeline is not None:
        taken = {**carried(lead, pipeline.item_type), **(changes or {})}
        deal = create_item(
            pipeline,
            title=title.strip() or lead.title,
            by=by,
            owner_id=owner_id or lead.owner_id,
            changes=taken,
        )
    else:
        raise InvalidInput(_("Choose a funnel for the new deal, or an open deal to join."))
    ItemLink.objects.update_or_create(
        parent=lead,
        child=deal,
        defaults={"kind": ItemLink.Kind.CONVERTED, "created_at": timezone.now()},
    )
    carry_touches(lead.pk, deal.pk)
    note_event("item.converted", lead, by=by, deal=deal.pk, made=attach_to is None)
    return deal


def carried(lead: Item, into: ItemType) -> dict[str, Any]:
    """Return what the lead knows in the words of the deal's type."""
    changes: dict[str, Any] = {
        "contact": lead.contact_id,
        "company": lead.company_id,
        "source": lead.source_id,
        "utm": lead.utm,
        "amount": lead.amount,
    }
    kinds = dict(
        Field.objects.filter(item_type=lead.pipeline.item_type).values_list("code", "kind")
    )
    filled = Field.objects.filter(item_type=into, archived=False, formula="")
    for code, kind in filled.values_list("code", "kind"):
        if code in lead.values and kinds.get(code) == kind:
            changes[code] = lead.values[code]
    return changes


def _attach(lead: Item, deal_id: int, *, by: Actor) -> Item:
    """Let a lead join an open deal: its facts fill what is empty there, nothing is overwritten."""
    deal = lock_card(deal_id, by=by, action="change")
    if deal.is_closed or deal.pipeline.item_type.kind == ItemType.Kind.LEAD:
        raise InvalidInput(_("This deal is no longer open. Choose another one or make a new deal."))
    known = carried(lead, deal.pipeline.item_type)
    columns = {
        attribute: getattr(lead, attribute)
        for attribute in ("contact_id", "company_id", "source_id", "utm")
        if getattr(lead, attribute) and not getattr(deal, attribute)
    }
    values = {
        code: known[code] for code in known if code in lead.values and code not in deal.values
    }
    filled = Changes(columns, values)
    diff = apply_changes(deal, filled)
    save_card(deal, changed_columns(filled))
    note_event("item.lead_attached", deal, by=by, lead=lead.pk, changes=diff)
    return deal


@transaction.atomic
def undo_conversion(lead_id: int, *, by: Actor) -> Item:
    """Take a conversion back: the lead stands where it stood, a deal made by it goes to the bin.

    Possible for seven days while the new deal has not left its first stage; a deal that the lead
    had joined stays as it is. Records `item.conversion_undone`.

    Raises:
        InvalidInput: not converted, too late, or the deal has already moved on.
    """
    lead = lock_card(lead_id, by=by, action="move")
    link = (
        ItemLink.objects.select_related("child__stage")
        .filter(parent=lead, kind=ItemLink.Kind.CONVERTED)
        .order_by("-pk")
        .first()
    )
    late = link is None or timezone.now() - link.created_at > UNDO_FOR
    if link is None or late or lead.stage.kind != Stage.Kind.WON:
        raise InvalidInput(_("This conversion can't be taken back any more."))
    made = _was_made(lead, link.child)
    if made and link.child.deleted_at is None:
        _bin_untouched(lock_card(link.child_id, by=by, action="see"), by=by)
    link.delete()
    left = lead.stage_id
    step_back(lead)
    note_event(
        "item.conversion_undone",
        lead,
        by=by,
        deal=link.child_id,
        left=left,
        entered=lead.stage_id,
    )
    return lead


def _bin_untouched(deal: Item, *, by: Actor) -> None:
    """Put the deal that a conversion made into the recycle bin, unless it has moved on."""
    if deal.visits.exclude(jump=True).count() > 1 or deal.is_closed:
        raise InvalidInput(
            _("The deal has already moved on, so the lead stays converted. Close the deal.")
        )
    deal.deleted_at, deal.deleted_by_id = timezone.now(), by.user_id
    save_card(deal, ["deleted_at", "deleted_by_id"])
    note_event("item.deleted", deal, by=by, title=deal.title)


def _was_made(lead: Item, deal: Item) -> bool:
    """Whether the conversion made this deal, rather than let the lead join it."""
    conversions = Event.objects.filter(
        subject_type=Item.journal_type, subject_id=lead.pk, verb="item.converted"
    )
    last = conversions.order_by("-pk").first()
    return last is not None and last.diff.get("deal") == deal.pk and bool(last.diff.get("made"))
