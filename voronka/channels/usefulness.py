"""Which words win: how often a text was sent, and what became of the cards it was sent to (TL-8).

Source: docs/domain/conversations.md, "texts at hand".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Count, F, Q
from django.db.models.fields.json import KeyTextTransform

from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Stage
from voronka.timeline.models import Message

MEASURED = timedelta(days=365)
_PRIOR = 4  # cards of the usual share that each text starts with, so that 1 of 1 is not the best
_UNSENT = (Message.State.CANCELLED, Message.State.FAILED)


@dataclass(frozen=True, slots=True)
class Use:
    """How a text has done in a year: messages sent with it, cards closed after it, those won."""

    used: int = 0
    closed: int = 0
    won: int = 0


UNUSED = Use()


def uses(kind: Literal["template", "answer"], *, at: datetime) -> dict[str, Use]:
    """Return what texts have done in the year before `at`, by id or key. One SQL query.

    A card counts once for a text, when it was closed after the text was sent; a lead that became a
    deal counts as won. Cards in the recycle bin count nowhere.
    """
    sent = Message.objects.filter(
        direction=Message.Direction.OUT, at__gte=at - MEASURED, meta__has_key=kind
    ).exclude(state__in=_UNSENT)
    card = "conversation__item"
    after = Q(**{f"{card}__closed_at__gte": F("at"), f"{card}__deleted_at": None})
    won = after & Q(**{f"{card}__stage__kind": Stage.Kind.WON})
    rows = (
        sent.annotate(said=KeyTextTransform(kind, "meta"))
        .order_by()
        .values("said")
        .annotate(
            used=Count("pk"),
            closed=Count(card, distinct=True, filter=after),
            won=Count(card, distinct=True, filter=won),
        )
    )
    return {row["said"]: Use(row["used"], row["closed"], row["won"]) for row in rows}


def rank(use: Use, among: Iterable[Use]) -> tuple[float, int]:
    """Return what sorts texts, those that win most first, among equals those used most.

    A text's share of won cards is drawn to the share of all texts while it is young.
    """
    closed = won = 0
    for one in among:
        closed, won = closed + one.closed, won + one.won
    usual = won / closed if closed else 0.5
    return -(use.won + _PRIOR * usual) / (use.closed + _PRIOR), -use.used


@dataclass(frozen=True, slots=True)
class Answer:
    """What customers say on a stage, and the answer that its passport has for it."""

    key: str
    objection: LocalText
    answer: LocalText
    use: Use = UNUSED


def answers_of(stage: Stage, done: Mapping[str, Use]) -> list[Answer]:
    """Return the stage's answers to objections, those that win most first. No SQL query.

    Args:
        done: what `uses("answer")` says.
    """
    found = []
    for pair in stage.objections:
        said, answer = LocalText.of(pair.get("objection")), LocalText.of(pair.get("answer"))
        if answer:
            key = answer_key(said)
            found.append(Answer(key, said, answer, done.get(key, UNUSED)))
    return sorted(found, key=lambda one: rank(one.use, done.values()))


def answer_key(objection: LocalText) -> str:
    """Return by what a message remembers that it answered an objection: 12 hex digits."""
    said = f"{objection.ru}\n{objection.en}".strip().lower()
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def answers_in_use(*, at: datetime) -> list[tuple[Stage, Answer]]:
    """Return the answers that were sent in a year, by how they win, with a stage that has them.

    Two SQL queries.
    """
    done = uses("answer", at=at)
    if not done:
        return []
    found: dict[str, tuple[Stage, Answer]] = {}
    for stage in Stage.objects.filter(pipeline__archived=False).select_related("pipeline"):
        for answer in answers_of(stage, done):
            if answer.use.used:
                found.setdefault(answer.key, (stage, answer))
    return sorted(found.values(), key=lambda pair: rank(pair[1].use, done.values()))
