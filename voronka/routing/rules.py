"""To whom of a group a card goes. Pure decisions, no database.

Source: docs/domain/routing.md (IN-13).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

FITS = "fits"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member as the decision sees them. `load` is how many open cards they have."""

    user_id: int
    at_work: bool = True
    away: bool = False
    works_here: bool = True
    load: int = 0
    capacity: int | None = None
    sources: Sequence[str] = ()
    grades: Sequence[str] = ()
    products: Sequence[str] = ()
    last_given_at: datetime | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known of the card. `products` are codes of products and of their groups."""

    source: str = ""
    grade: str = ""
    products: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets the card, and why: sticky, by_turn, least_loaded, after_hours, duty, nobody_fits.

    `verdicts` says of each member why they fit or not: fits, dismissed, away, full, source,
    grade, product, off_hours.
    """

    user_id: int | None  # None: the person on duty
    why: str
    verdicts: dict[int, str] = field(default_factory=dict)


def choose(
    candidates: Sequence[Candidate],
    wanted: Wanted,
    *,
    strategy: str,
    after_hours: str = "spread",
    previous: Candidate | None = None,
) -> Choice:
    """Choose among the members of a group.

    The client's previous manager comes first, whatever their load, unless they are away or gone.
    Then those at work. When nobody of those who fit is at work, the card is for the next morning:
    it is given out among them all ("spread"), or goes to the person on duty ("duty").

    Args:
        strategy: "by_turn": who was given a card the longest ago; "least_loaded": who has the
            fewest open cards, by turn among equals.
        previous: the manager of the client's earlier cards, when the group is sticky.
    """
    if previous is not None and previous.works_here and not previous.away:
        return Choice(previous.user_id, "sticky")
    verdicts = {c.user_id: verdict(c, wanted) for c in candidates}
    fitting = [c for c in candidates if verdicts[c.user_id] == FITS]
    at_work = [c for c in fitting if c.at_work]
    for c in fitting:
        if not c.at_work:
            verdicts[c.user_id] = "off_hours"
    if at_work:
        return Choice(_next(at_work, strategy), strategy, verdicts)
    if not fitting:
        return Choice(None, "nobody_fits", verdicts)
    if after_hours == "spread":
        return Choice(_next(fitting, strategy), "after_hours", verdicts)
    return Choice(None, "duty", verdicts)


def verdict(candidate: Candidate, wanted: Wanted) -> str:
    """Say whether a member fits a card, working hours aside, or why not."""
    if not candidate.works_here:
        return "dismissed"
    if candidate.away:
        return "away"
    if candidate.sources and wanted.source not in candidate.sources:
        return "source"
    if candidate.grades and wanted.grade not in candidate.grades:
        return "grade"
    if candidate.products and not set(candidate.products) & set(wanted.products):
        return "product"
    if candidate.capacity is not None and candidate.load >= candidate.capacity:
        return "full"
    return FITS


def _next(candidates: Sequence[Candidate], strategy: str) -> int:
    def turn(c: Candidate) -> tuple[float, int, int]:
        given = c.last_given_at.timestamp() if c.last_given_at else float("-inf")
        return given, c.position, c.user_id

    if strategy == "least_loaded":
        return min(candidates, key=lambda c: (c.load, turn(c))).user_id
    return min(candidates, key=turn).user_id
