"""Texts at hand: which templates fit a card, and what they say there (TL-8).

Source: docs/domain/conversations.md, "texts at hand".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import override

from voronka.automation.facts import CLIENT_FIELD, FIELD, fact_specs
from voronka.automation.naming import RobotNames
from voronka.automation.texts import fill_named
from voronka.channels.models import MessageTemplate
from voronka.channels.usefulness import UNUSED, Answer, Use, answers_of, rank, uses
from voronka.items.models import Item
from voronka.kernel.conditions import FactSpec
from voronka.pipelines.models import ItemType, Pipeline

LANGUAGE = "ru"  # of dates and choices that placeholders put in; clients are written to in it
_SAID = {"title", "amount", "owner", "next_step_at", "client.name", "client.first_name"}


@dataclass(frozen=True, slots=True)
class Filled:
    """A template in the words of a card."""

    template: MessageTemplate
    subject: str
    text: str


def templates_for(item: Item | None) -> list[MessageTemplate]:
    """Return the templates that fit a card: its stage's, its funnel's, then everybody's.

    Among equals the most used ones come first. Without a card only those for everywhere. One
    SQL query.
    """
    rows = MessageTemplate.objects.filter(archived_at=None)
    if item is None:
        return list(rows.filter(pipeline=None).order_by("-uses", "name", "pk"))
    here = Q(pipeline=None) | Q(pipeline_id=item.pipeline_id, stage=None)
    fit = Case(
        When(stage_id=item.stage_id, then=Value(0)),
        When(pipeline_id=item.pipeline_id, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = rows.filter(here | Q(stage_id=item.stage_id))
    return list(rows.order_by(fit, "-uses", "name", "pk"))


@dataclass(frozen=True, slots=True)
class AtHand:
    """What a composer offers at a card: its stage's texts, the answers there, then the rest.

    Each list begins with what wins most; `done` says how each template has done, by its id.
    """

    stage: list[MessageTemplate]
    answers: list[Answer]
    others: list[MessageTemplate]
    done: Mapping[str, Use]

    def use(self, template: MessageTemplate) -> Use:
        """Return how a template has done in a year."""
        return self.done.get(str(template.pk), UNUSED)


def at_hand(item: Item | None, *, now: datetime) -> AtHand:
    """Return the texts for a card, sorted by what wins in the company's own data (TL-8).

    At most three SQL queries. The funnel's texts come before those for everywhere.
    """
    done = uses("template", at=now)
    found = templates_for(item)

    def order(template: MessageTemplate) -> tuple[bool, tuple[float, int]]:
        use = done.get(str(template.pk), UNUSED)
        return template.pipeline_id is None, rank(use, done.values())

    found.sort(key=order)
    if item is None:
        return AtHand([], [], found, done)
    here = [template for template in found if template.stage_id == item.stage_id]
    others = [template for template in found if template.stage_id != item.stage_id]
    wanted = uses("answer", at=now) if item.stage.objections else {}
    return AtHand(here, answers_of(item.stage, wanted), others, done)


def names_at(item: Item) -> RobotNames:
    """Return what the facts of a card are called; read once for all templates of a menu."""
    return RobotNames(item.pipeline.item_type, item.pipeline)


def filled(
    template: MessageTemplate,
    item: Item | None,
    *,
    now: datetime,
    names: Callable[[Item], RobotNames] | None = None,
) -> Filled:
    """Return what a template says at a card; without one placeholders stay as they are."""
    if item is None:
        return Filled(template, template.subject, template.text)
    with override(LANGUAGE):
        subject, text = (
            fill_named(said, item, names or names_at, now=now)
            for said in (template.subject, template.text)
        )
    return Filled(template, subject, text)


def placeholders_for(pipeline: Pipeline | None) -> list[FactSpec]:
    """Return the facts that a template may name: all of a funnel's type, else those of all types.

    Those that a client would want to read; the others are not offered, though they work.
    """
    types = [pipeline.item_type] if pipeline else list(ItemType.objects.order_by("pk"))
    known = [fact_specs(one) for one in types]
    if not known:
        return []
    common = set(known[0]).intersection(*known[1:])
    return [spec for code, spec in known[0].items() if code in common and _is_said(spec)]


def _is_said(spec: FactSpec) -> bool:
    field = spec.code.startswith((FIELD, CLIENT_FIELD)) and spec.kind != "boolean"
    return spec.code in _SAID or field
