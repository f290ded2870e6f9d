"""Winning and losing: moves to the stages that end a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from voronka.items.commands.moving import move_item
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.pipelines.models import LossReason, Stage


def win_item(item_id: int, *, by: Actor, changes: Mapping[str, Any] | None = None) -> Item:
    """Move a card to its pipeline's won stage through the gate; see `move_item`."""
    return move_item(item_id, to=_end(item_id, Stage.Kind.WON), by=by, changes=changes)


def lose_item(item_id: int, *, by: Actor, reason: LossReason | None, comment: str = "") -> Item:
    """Move a card to its pipeline's first lost stage with a reason; see `move_item`."""
    to = _end(item_id, Stage.Kind.LOST)
    return move_item(item_id, to=to, by=by, reason=reason, comment=comment)


def _end(item_id: int, kind: Stage.Kind) -> Stage:
    stage = (
        Stage.objects.filter(pipeline__items__pk=item_id, kind=kind).order_by("position").first()
    )
    if stage is None:
        raise InvalidInput(_("This funnel has no such end stage. Add it in the funnel editor."))
    return stage
