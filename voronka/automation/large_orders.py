"""Large orders: the fact for conditions, and what a card shows of its control (FS-15)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from voronka.automation.commands.control import is_large
from voronka.automation.facts import CARD, register_facts
from voronka.automation.models import HighValue, StagePass
from voronka.items.models import Item
from voronka.kernel.conditions import FactSpec
from voronka.kernel.prepared import Prepared
from voronka.pipelines.models import ItemType, Stage


def _specs(item_type: ItemType) -> Iterable[FactSpec]:
    if item_type.has_amount:
        yield FactSpec("large", _("A large order"), "boolean", changes=False, group=CARD)


def _gather(item: Item, wanted: Collection[str], now: datetime) -> Mapping[str, Any]:
    if "large" not in wanted:
        return {}
    row = _HIGH_VALUE.first(item.pipeline_id)
    return {"large": is_large(item, row)}


def register() -> None:
    """Let conditions ask whether an order is large."""
    register_facts(_specs, _gather)


@dataclass(frozen=True, slots=True)
class Pass:
    """A stage that a large order enters only with the head's pass. `given`: good for its amount."""

    stage: Stage
    given: StagePass | None
    outgrown: bool  # a pass was given, for a smaller amount


@dataclass(frozen=True, slots=True)
class LargeOrder:
    """Why a card is under the head's control, and the passes that it needs."""

    threshold: Decimal  # company currency
    passes: list[Pass]


_HIGH_VALUE = Prepared(
    lambda pk: HighValue.objects.filter(pipeline_id=pk), int, model=HighValue, steady=True
)


def large_order(item: Item) -> LargeOrder | None:
    """Return the control over a large order; None for other cards. One query, two for large ones.

    Args:
        item: with pipeline.
    """
    row = _HIGH_VALUE.first(item.pipeline_id)
    if row is None or row.threshold is None or not is_large(item, row):
        return None
    given = {one.stage_id: one for one in StagePass.objects.filter(item=item)}
    wanted = item.pipeline.stages.filter(code__in=row.passes).select_related("pipeline")
    passes = []
    for stage in wanted.order_by("position"):
        one = given.get(stage.pk)
        good = one is not None and one.amount >= item.amount
        passes.append(Pass(stage, one if good else None, one is not None and not good))
    return LargeOrder(row.threshold, passes)
