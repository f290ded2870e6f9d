"""A card turns out to come from no customer: exclude its client and close it, in one go (I4).

Source: docs/domain/intake.md, "exclusions"; QL-5.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.clients.commands import exclude
from voronka.clients.models import Exclusion
from voronka.items.commands.card import lock_card
from voronka.items.commands.closing import lose_item
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.pipelines.models import LossReason, Pipeline


@transaction.atomic
def exclude_client_of(
    item_id: int,
    *,
    reason: str,
    by: Actor,
    until: datetime | None = None,
    comment: str = "",
    loss_reason: LossReason | None = None,
) -> list[Exclusion]:
    """Make no more cards from a card's client, and close the card as non-target (QL-5).

    All contact points of the client are excluded. The card is lost with `loss_reason`, else with
    the funnel's non-target reason of the same code, else with its first non-target one; it stays
    open when the funnel has none. Nothing is deleted: lifting the exclusions takes it back.

    Args:
        reason: an Exclusion.Reason.
    Raises:
        InvalidInput: the card has no client, or the client no contact.
        NotFound, Forbidden, GateClosed: as `exclude` and `lose_item`.
    """
    item = lock_card(item_id, by=by, action="move")
    client = item.contact or item.company
    points = list(client.contact_points.values_list("kind", "value")) if client else []
    if client is None or not points:
        raise InvalidInput(_("The card has no contact that could be excluded."))
    rows = exclude(points, reason=reason, by=by, client_id=client.pk, until=until, comment=comment)
    loss_reason = loss_reason or non_target_reason(item.pipeline, reason)
    if not item.is_closed and loss_reason is not None:
        lose_item(item_id, by=by, reason=loss_reason, comment=comment or str(rows[0].reason))
    return rows


def non_target_reason(pipeline: Pipeline, code: str) -> LossReason | None:
    """Return a funnel's non-target loss reason: of this code, else the first. One SQL query."""
    rows = list(pipeline.loss_reasons.filter(target=False, archived=False))
    return next((row for row in rows if row.code == code), rows[0] if rows else None)


def is_excluded(item: Item) -> bool:
    """Whether the card's client is excluded now, by any contact. One SQL query."""
    client_id = item.contact_id or item.company_id
    rows = Exclusion.objects.in_force(at=timezone.now())
    return client_id is not None and rows.filter(client_id=client_id).exists()
