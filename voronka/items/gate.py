"""Asks the gate for one card: gathers the facts, lets `rules` decide, names what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from voronka.items import elements, rules
from voronka.items.facts import proofs
from voronka.items.models import Item, LineItem
from voronka.journal.actors import Actor
from voronka.kernel.errors import Sentence
from voronka.pipelines.models import Field, LossReason, Pipeline, Stage
from voronka.pipelines.queries import ordered_stages
from voronka.pipelines.system_fields import SYSTEM_FIELDS
from voronka.pipelines.values import is_filled


@dataclass(slots=True)
class Verdict:
    """What stands between a card and a stage; empty when the way is free."""

    missing: dict[str, Sentence] = field(default_factory=dict)  # field code -> its name
    criteria: list[rules.Criterion] = field(default_factory=list)
    passed: list[Stage] = field(default_factory=list)  # stages jumped over
    backward: bool = False
    needs_reason: bool = False
    needs_comment: bool = False

    @property
    def is_free(self) -> bool:
        """Whether the card may enter as it is."""
        return not (
            self.missing
            or self.criteria
            or self.backward
            or self.needs_reason
            or self.needs_comment
        )


def ask(
    item: Item,
    to: Stage,
    stages: Sequence[Stage],
    *,
    reason: LossReason | None = None,
    comment: str = "",
    by: Actor,
) -> Verdict:
    """Ask what a card still needs to enter `to`. Reads nothing that the stage does not ask about.

    Args:
        by: elements that hold the card back are named as far as they may see them.
        stages: all stages of the card's pipeline, by position.
    """
    current = item.stage
    required = rules.required_codes(stages, to)
    passed = rules.path(stages, current, to)
    wanted = rules.checks_asked(current, passed, to)
    facts = rules.Facts(
        values=item.values,
        system=rules.system_facts(item, lines="lines" in required and _has_lines(item)),
        checks=item.checks,
        proofs=proofs(item, wanted),
    )
    missing = rules.missing(required, facts)
    lost = to.kind == Stage.Kind.LOST
    return Verdict(
        missing=names(item.pipeline.item_type_id, missing),
        criteria=elements.named(rules.unmet(current, passed, to, facts), item, by=by),
        passed=passed,
        backward=rules.is_backward(current, to),
        needs_reason=lost and reason is None and has_reasons(to.pipeline_id),
        needs_comment=lost and reason is not None and reason.needs_comment and not comment.strip(),
    )


Guard = Callable[[Item, Stage, Actor], None]
_guards: list[Guard] = []


def register_guard(guard: Guard) -> None:
    """Let a package above refuse a move by raising a DomainError: (card, to, by) -> None.

    Guards are asked when the gate itself is open; what they refuse no field and no tick can mend.
    """
    if guard not in _guards:
        _guards.append(guard)


def pass_guards(item: Item, to: Stage, *, by: Actor) -> None:
    """Let a card pass, or raise what the first guard raises."""
    for guard in _guards:
        guard(item, to, by)


def criteria_now(item: Item) -> tuple[list[rules.Criterion], list[rules.Criterion]]:
    """Return the required exit criteria of the card's present stage, and those still unmet."""
    wanted = [c for c in rules.criteria(item.stage) if c.required]
    if not wanted:
        return [], []
    lines = any(c.check == "field:lines" for c in wanted) and _has_lines(item)
    facts = rules.Facts(
        values=item.values,
        system=rules.system_facts(item, lines=lines),
        checks=item.checks,
        proofs=proofs(item, [c.check for c in wanted]),
    )
    return wanted, [c for c in wanted if not rules.is_met(c, facts)]


def wants_next_step(item: Item) -> bool:
    """Whether an open card must always have a next step where it stands (TL-6). One query."""
    stages = ordered_stages(item.pipeline)
    return item.stage.is_open and "next_step" in rules.required_codes(stages, item.stage)


def wanted_by_new(pipeline: Pipeline, changes: Mapping[str, Any]) -> dict[str, Sentence]:
    """Return what a new card with these `changes` still lacks for the first stage, by code.

    The next step is left out: it is planned once the card is there. Two queries.
    """
    stages = list(pipeline.stages.all())
    first = next((stage for stage in stages if stage.is_open), None)
    if first is None:
        return {}
    client = bool(changes.get("contact") or changes.get("company"))
    known = {"title": True, "client": client, "next_step": True, "lines": False}
    codes = [
        code
        for code in rules.required_codes(stages, first)
        if not known.get(code, is_filled(changes.get(code)) and changes.get(code) != 0)
    ]
    return names(pipeline.item_type_id, codes)


def names(item_type_id: int, codes: Sequence[str]) -> dict[str, Sentence]:
    """Return the titles of system and custom fields by code, in the given order."""
    if not codes:
        return {}
    custom = {
        f.code: str(f.name) for f in Field.objects.filter(item_type_id=item_type_id, code__in=codes)
    }
    return {code: custom.get(code) or SYSTEM_FIELDS.get(code) or code for code in codes}


def has_reasons(pipeline_id: int) -> bool:
    """Whether a pipeline knows loss reasons, so that a loss must name one."""
    return LossReason.objects.filter(pipeline_id=pipeline_id, archived=False).exists()


def _has_lines(item: Item) -> bool:
    return LineItem.objects.filter(item_id=item.pk).exists()
