"""What to do with somebody who writes again, when to try again, what is silent. Pure decisions.

Source: docs/domain/intake.md (I5, IN-12, IN-19).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from voronka.pipelines.models import Pipeline

TRY_AGAIN = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=6))
SEND_AGAIN = (
    timedelta(seconds=20),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
RESTING = frozenset({Pipeline.Purpose.NURTURING, Pipeline.Purpose.LOST_REACTIVATION})
SHORTEST_PAUSE = timedelta(hours=1)  # of working time; nobody is alarmed sooner
LONGER_THAN_USUAL = 1.5  # times the longest pause of the last month


@dataclass(frozen=True, slots=True)
class Card:
    """What the decision looks at in a card of the client's. `seen_at` is its last sign of life."""

    id: int
    pipeline_id: int
    purpose: str
    state: str  # "open", "won" or "lost"
    seen_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """The rule of a funnel (IN-12). None for a duration means "however long ago"."""

    when_open: str = "join"
    join_within: timedelta | None = None
    when_lost: str = "new"
    return_within: timedelta | None = None
    from_nurturing: bool = True
    thread_stays: timedelta | None = timedelta(days=14)


USUAL = Repeat()


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do: "open" a new card, "join" or "return" card `card_id`; `why` is a code.

    `rest_id` is a card in nurturing or lost reactivation that the new card takes over from.
    """

    what: str
    why: str
    card_id: int | None = None
    rest_id: int | None = None


def decide(
    cards: Sequence[Card],
    rule: Repeat,
    *,
    pipeline_id: int,
    at: datetime,
    is_request: bool,
    thread_card: Card | None = None,
) -> Decision:
    """Decide where an enquiry of a known client belongs.

    1. An answer inside a thread stays with the thread's card while that is open, or was closed
       not longer than `thread_stays` ago and not refused with `when_lost` "return".
    2. An open card of the client is joined: of the same funnel first, else the one last alive;
       never one that rests in nurturing, and for an explicit request none that is in fulfilment.
    3. A refused card of the same funnel returns to work, if the rule says so.
    4. Otherwise a new card; a card that rested in nurturing or reactivation is taken over.

    Args:
        cards: the client's cards, thread card included, of leads and deals only.
        is_request: the client asks for something new (a form, an order), not just writes.
    """
    if thread_card is not None:
        if thread_card.state == "open" and thread_card.purpose not in RESTING:
            return Decision("join", "thread", thread_card.id)
        returns = thread_card.state == "lost" and rule.when_lost == "return"
        closed = thread_card.closed_at
        if closed is not None and not returns and _within(closed, rule.thread_stays, at):
            return Decision("join", "thread_closed", thread_card.id)
    joined = _open_card(cards, rule, pipeline_id, at, is_request=is_request)
    if joined is not None and rule.when_open == "join":
        return Decision("join", "open_card", joined.id)
    if rule.when_lost == "return":
        lost = [c for c in cards if c.state == "lost" and c.pipeline_id == pipeline_id]
        fresh = [c for c in lost if c.closed_at and _within(c.closed_at, rule.return_within, at)]
        if fresh:
            newest = max(fresh, key=lambda c: (c.closed_at or c.seen_at, c.id))
            return Decision("return", "refused_before", newest.id)
    resting = [c for c in cards if c.state == "open" and c.purpose in RESTING]
    if resting and rule.from_nurturing:
        newest = max(resting, key=lambda c: (c.seen_at, c.id))
        return Decision("open", "was_resting", rest_id=newest.id)
    return Decision("open", _why_new(cards, rule))


def _open_card(
    cards: Sequence[Card], rule: Repeat, pipeline_id: int, at: datetime, *, is_request: bool
) -> Card | None:
    found = [
        c
        for c in cards
        if c.state == "open"
        and c.purpose not in RESTING
        and not (is_request and c.purpose == Pipeline.Purpose.FULFILMENT)
        and _within(c.seen_at, rule.join_within, at)
    ]
    return max(found, key=lambda c: (c.pipeline_id == pipeline_id, c.seen_at, c.id), default=None)


def _why_new(cards: Sequence[Card], rule: Repeat) -> str:
    if not cards:
        return "first"
    if any(c.state == "open" and c.purpose not in RESTING for c in cards):
        return "rule_new" if rule.when_open == "new" else "too_long_ago"
    return "bought_before" if any(c.state == "won" for c in cards) else "closed_before"


def _within(moment: datetime, span: timedelta | None, at: datetime) -> bool:
    return span is None or at - moment <= span


def next_try(attempts: int, at: datetime) -> datetime | None:
    """Return when an event that could not be carded is tried again; None: wait for a person."""
    return at + TRY_AGAIN[attempts - 1] if 0 < attempts <= len(TRY_AGAIN) else None


def next_send(attempts: int, at: datetime, *, after: timedelta | None = None) -> datetime | None:
    """Return when to try to send again; None: it has failed for good."""
    if not 0 < attempts <= len(SEND_AGAIN):
        return None
    return at + max(SEND_AGAIN[attempts - 1], min(after or timedelta(), timedelta(hours=24)))


def is_silent(pause: timedelta, usual: timedelta | None) -> bool:
    """Whether a channel has been silent too long. Both in working time (IN-19)."""
    return usual is not None and pause > usual


def learned_pause(longest: timedelta) -> timedelta:
    """Return the pause that is still usual after the longest one of the last month."""
    return max(SHORTEST_PAUSE, longest * LONGER_THAN_USUAL)
