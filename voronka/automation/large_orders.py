"""The fact "a large order" for conditions (FS-15)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from voronka.automation.commands.control import is_large
from voronka.automation.facts import CARD, register_facts
from voronka.automation.models import HighValue
from voronka.items.models import Item
from voronka.kernel.conditions import FactSpec
from voronka.pipelines.models import ItemType


def _specs(item_type: ItemType) -> Iterable[FactSpec]:
    if item_type.has_amount:
        yield FactSpec("large", _("A large order"), "boolean", changes=False, group=CARD)


def _gather(item: Item, wanted: Collection[str], now: datetime) -> Mapping[str, Any]:
    if "large" not in wanted:
        return {}
    row = HighValue.objects.filter(pipeline_id=item.pipeline_id).first()
    return {"large": is_large(item, row)}


def register() -> None:
    """Let conditions ask whether an order is large."""
    register_facts(_specs, _gather)
