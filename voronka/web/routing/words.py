"""Rows of the table in words: what they ask, and where cards go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.kernel.conditions import FactSpec, describe, parse
from voronka.kernel.conditions.words import shown
from voronka.kernel.errors import Sentence
from voronka.routing.models import RoutingRule

VERDICTS: dict[str, Sentence] = {
    "dismissed": gettext_lazy("does not work here any more"),
    "away": gettext_lazy("is away"),
    "full": gettext_lazy("has enough open cards"),
    "source": gettext_lazy("does not take this source"),
    "grade": gettext_lazy("does not take this grade"),
    "product": gettext_lazy("does not take this product"),
    "off_hours": gettext_lazy("is not at work"),
}


class FactNames:
    """Calls facts and their values as the builder does."""

    def __init__(self, facts: Mapping[str, FactSpec]) -> None:
        self.facts = facts

    def fact(self, code: str) -> Sentence:
        """Return the name of a fact; its code when it is not there any more."""
        return self.facts[code].name if code in self.facts else code

    def value(self, code: str, value: Any) -> Sentence:
        """Return the name of a choice; anything else as it is."""
        options = self.facts[code].options if code in self.facts else {}
        return options.get(str(value)) or shown(value)


@dataclass(frozen=True, slots=True)
class Told:
    """A row of the table and what it asks, in words."""

    rule: RoutingRule
    asks: str

    @property
    def gone(self) -> str:
        """What it names that is not in use any more, so that the row is passed over."""
        rule = self.rule
        if rule.pipeline and rule.pipeline.archived:
            return _("The funnel is in the archive.")
        if rule.distribution and rule.distribution.archived:
            return _("The group is in the archive.")
        if rule.owner and not rule.owner.is_active:
            return _("This person does not work here any more.")
        return ""


def tell(rules: list[RoutingRule], facts: Mapping[str, FactSpec]) -> list[Told]:
    """Return rows with what they ask; a row without a condition takes everything."""
    names = FactNames(facts)
    always = _("any enquiry")
    return [
        Told(rule, describe(parse(rule.condition), names) if rule.condition else always)
        for rule in rules
    ]
