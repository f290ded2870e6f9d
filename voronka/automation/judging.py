"""Conditions judged on a card: what an event has changed, and what the card said then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from voronka.automation.facts import gather
from voronka.items.models import Item
from voronka.journal.models import Event
from voronka.kernel import conditions


def judge_card(
    condition: conditions.Condition,
    item: Item,
    *,
    now: datetime,
    changes: Mapping[str, Any],
    past: Mapping[str, Any] | None = None,
) -> conditions.Judgement:
    """Judge a condition on a card. As many SQL queries as its facts need.

    Args:
        changes: what the event has changed, see `changes_of`.
        past: fact -> value, where the card said something else then than it says today.
    """
    wanted = conditions.facts_of(condition)
    facts = gather(item, wanted, now=now) if wanted else {}
    facts = {**facts, **{code: value for code, value in (past or {}).items() if code in wanted}}
    return conditions.judge(condition, facts, now=timezone.localtime(now), changes=changes)


def changes_of(event: Event | None) -> dict[str, list[Any]]:
    """Return what an event has changed, in the codes of facts: code -> [old, new]."""
    if event is None:
        return {}
    found: dict[str, list[Any]] = {}
    for code, pair in (event.diff.get("changes") or {}).items():
        if isinstance(pair, list) and len(pair) == 2:
            plain = code in ("title", "amount", "grade", "source")
            found[code if plain else f"field.{code}"] = pair
    if event.verb == "item.lines_set" and isinstance(event.diff.get("amount"), list):
        found["amount"] = event.diff["amount"]
    return found
