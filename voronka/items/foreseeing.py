"""What a bulk move would meet at the gate, told before it is made (UI-4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from voronka.items import gate, rules
from voronka.items.facts import proofs
from voronka.items.models import Item, LineItem
from voronka.pipelines.models import Stage


@dataclass(slots=True)
class Forecast:
    """How many of the cards would pass, and what stands in the way of the others."""

    free: int = 0
    here: int = 0  # stand there already
    stopped: int = 0  # something stands in their way
    reasons: Counter[str] = field(default_factory=Counter)  # sentence -> cards that meet it

    @property
    def told(self) -> list[tuple[str, int]]:
        """The reasons, the most frequent first."""
        return self.reasons.most_common()


def foresee_move(cards: Sequence[Item], to: Stage) -> Forecast:
    """Say what moving these cards to `to` would meet; changes nothing.

    A loss needs a reason and is not asked for here. Three SQL queries, and one a card where the
    exit criteria of its stage ask for a fact beside the card.

    Args:
        cards: with `stage` and `pipeline`.
    """
    found = Forecast()
    stages = list(to.pipeline.stages.all())
    required = rules.required_codes(stages, to)
    lines: set[int] = set()
    if "lines" in required:
        ids = [card.pk for card in cards]
        lines = set(LineItem.objects.filter(item_id__in=ids).values_list("item_id", flat=True))
    wanting: Counter[str] = Counter()
    for card in cards:
        if card.stage_id == to.pk:
            found.here += 1
            continue
        said = _standing(card, to)
        missing: list[str] = []
        if not said:
            passed = rules.path(stages, card.stage, to)
            facts = _facts(card, to, passed, with_lines=card.pk in lines)
            missing = rules.missing(required, facts)
            said = [str(c.text) for c in rules.unmet(card.stage, passed, to, facts)]
        wanting.update(missing)
        found.reasons.update(said)
        if said or missing:
            found.stopped += 1
        else:
            found.free += 1
    for code, name in gate.names(to.pipeline.item_type_id, list(wanting)).items():
        found.reasons[_("Not filled: %(name)s") % {"name": name}] = wanting[code]
    return found


def _standing(card: Item, to: Stage) -> list[str]:
    """Say why a card can't go there at all, whatever it has."""
    if card.pipeline_id != to.pipeline_id:
        return [_("Stands in another funnel")]
    if card.closed_at is not None:
        return [_("Is closed already")]
    if card.pipeline.forward_only and rules.is_backward(card.stage, to):
        return [_("Stands further on: the funnel goes forward only")]
    return []


def _facts(card: Item, to: Stage, passed: Sequence[Stage], *, with_lines: bool) -> rules.Facts:
    wanted = rules.checks_asked(card.stage, passed, to)
    return rules.Facts(
        values=card.values,
        system=rules.system_facts(card, lines=with_lines),
        checks=card.checks,
        proofs=proofs(card, wanted),
    )
