"""Reads of the head of sales: losses to be judged, verdicts given, and the review of norms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from voronka.automation.models import AutoTask, LossVerdict
from voronka.items.models import ClockChange, Item
from voronka.people.models import User
from voronka.pipelines.models import Stage


def verdict_queue(
    user: User, *, state: str = LossVerdict.State.WAITING, mine: bool = False, limit: int = 100
) -> list[LossVerdict]:
    """Return losses to be checked on cards that `user` may see, the most urgent first.

    Args:
        mine: only those that this person is asked about.
    """
    rows = LossVerdict.objects.filter(state=state, item__in=Item.objects.visible_to(user))
    if mine:
        rows = rows.filter(judge_id=user.pk)
    rows = rows.select_related("item__owner", "item__stage", "pipeline", "reason", "from_stage")
    return list(rows.order_by("due_at", "pk")[:limit])


def verdict_of(user: User, verdict_id: int) -> LossVerdict | None:
    """Return a check of a loss on a card that `user` may see, else None. One query."""
    rows = LossVerdict.objects.filter(pk=verdict_id, item__in=Item.objects.visible_to(user))
    wanted = ("item__owner", "item__stage", "pipeline", "reason", "from_stage")
    return rows.select_related(*wanted).first()


def open_verdict(item: Item) -> LossVerdict | None:
    """Return the check that a lost card waits for, else None. One query for lost cards, else none.

    Args:
        item: with its stage; the caller has checked that the person may see it.
    """
    if item.stage.kind != Stage.Kind.LOST:
        return None
    waiting = LossVerdict.objects.filter(item=item, state=LossVerdict.State.WAITING)
    return waiting.filter(lost_at=item.stage_entered_at).first()


def verdicts_given(
    user: User, *, mine: bool = False, before: int = 0, limit: int = 50
) -> list[LossVerdict]:
    """Return losses that are checked or were let lapse, the newest first. One query.

    Args:
        mine: only those that this person was asked about.
        before: skip so many.
    """
    rows = LossVerdict.objects.filter(item__in=Item.objects.visible_to(user))
    rows = rows.exclude(state=LossVerdict.State.WAITING)
    if mine:
        rows = rows.filter(judge_id=user.pk)
    rows = rows.select_related("item__owner", "item__stage", "pipeline", "reason", "from_stage")
    return list(rows.order_by("-judged_at", "-pk")[before : before + limit])


@dataclass(frozen=True, slots=True)
class VerdictShare:
    """How the checks of one person's losses went."""

    user: User
    asked: int
    confirmed: int  # lapsed ones included
    returned: int
    wrong_reason: int

    @property
    def overturned(self) -> float | None:
        """Share of checked losses that were wrong in fact or in reason, 0..1."""
        checked = self.confirmed + self.returned + self.wrong_reason
        return (self.returned + self.wrong_reason) / checked if checked else None


def verdict_shares(
    *,
    since: datetime,
    until: datetime,
    pipelines: Iterable[int] | None = None,
    user: User | None = None,
) -> list[VerdictShare]:
    """Return the share of overturned refusals by person (QL-6). Two SQL queries.

    Args:
        until: exclusive; counts by when the card was lost.
        user: counts only the cards that this person may see.
    """
    rows = LossVerdict.objects.filter(lost_at__gte=since, lost_at__lt=until)
    if user is not None:
        rows = rows.filter(item__in=Item.objects.visible_to(user))
    if pipelines is not None:
        rows = rows.filter(pipeline_id__in=pipelines)
    counted: dict[int, dict[str, int]] = defaultdict(dict)
    for row in rows.values("lost_by_id", "state").annotate(n=Count("pk")):
        counted[row["lost_by_id"]][row["state"]] = row["n"]
    people = User.objects.in_bulk(counted)
    found = [
        VerdictShare(
            people[pk],
            sum(states.values()),
            states.get("confirmed", 0) + states.get("lapsed", 0),
            states.get("returned", 0),
            states.get("wrong_reason", 0),
        )
        for pk, states in counted.items()
        if pk in people
    ]
    return sorted(found, key=lambda row: (-(row.overturned or 0), str(row.user)))


@dataclass(frozen=True, slots=True)
class NormReview:
    """What a stage's norm says against itself (FS-9, RB-2)."""

    stage: Stage  # with pipeline
    escalations: int
    wrong: int  # the head answered "the norm is wrong"
    prolonged: int
    paused: int


def norm_review(*, since: datetime, until: datetime) -> list[NormReview]:
    """Return stages whose norm was escalated, prolonged or paused, the worst first.

    Three SQL queries. `until` is exclusive.
    """
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    tasks = AutoTask.objects.filter(
        purpose=AutoTask.Purpose.ESCALATION,
        activity__created_at__gte=since,
        activity__created_at__lt=until,
    ).exclude(robot__trigger="help_overdue")  # one late stay, one call for help
    wrong = Count("pk", filter=Q(activity__answer="norm_wrong"))
    for row in tasks.values("stage_id").annotate(n=Count("pk"), wrong=wrong):
        counts[row["stage_id"]] |= {"escalations": row["n"], "wrong": row["wrong"]}
    changes = ClockChange.objects.filter(at__gte=since, at__lt=until)
    for change in changes.values("stage_id", "kind").annotate(n=Count("pk")):
        counts[change["stage_id"]][change["kind"]] = change["n"]
    stages = Stage.objects.select_related("pipeline__item_type").in_bulk(counts)
    found = [
        NormReview(
            stages[pk],
            row.get("escalations", 0),
            row.get("wrong", 0),
            row.get("prolonged", 0),
            row.get("paused", 0),
        )
        for pk, row in counts.items()
        if pk in stages
    ]
    return sorted(found, key=lambda r: (-r.wrong, -r.prolonged, -r.escalations, r.stage.pk))
