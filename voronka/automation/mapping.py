"""The map of funnels: tunnels with flow numbers, dead ends, and the revival of refusals.

Source: docs/domain/robots.md, "Tunnels" (TN-2, TN-6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncMonth

from voronka.automation import chains
from voronka.automation.models import Robot
from voronka.items.models import Item, ItemLink, Passage
from voronka.people.models import User
from voronka.pipelines.models import LossReason, Pipeline, Stage
from voronka.pipelines.queries import SELLING

_LEADING = ("tunnel", "make_items")  # actions that lead into another funnel


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from a funnel (a stage of it) into another one, and how many went in the period.

    `robots`: which robots send cards there; none where only people do, or did.
    """

    from_pipeline: int
    from_stage: int | None
    to_pipeline: int
    to_stage: int | None
    how: str  # move, child, copy, convert
    cards: int
    robots: tuple[Robot, ...]


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """A lost stage of a selling funnel from which no tunnel leads on."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class FunnelMap:
    """All funnels in use, the ways between them, and where customers are given up."""

    pipelines: list[Pipeline]  # with item_type
    arrows: list[Arrow]
    dead_ends: list[DeadEnd]


Way = tuple[int, int | None, int, int | None, str]


def funnel_map(*, since: datetime, until: datetime) -> FunnelMap:
    """Return the live map of tunnels with the numbers of a period. Six SQL queries.

    Args:
        until: exclusive.
    """
    pipelines = list(Pipeline.objects.filter(archived=False).select_related("item_type"))
    stages = {
        (s.pipeline.code, s.code): s
        for s in Stage.objects.filter(pipeline__in=pipelines).select_related("pipeline")
    }
    flows: dict[Way, int] = defaultdict(int)
    senders: dict[Way, list[Robot]] = defaultdict(list)
    passed = Passage.objects.filter(at__gte=since, at__lt=until)
    columns = ("from_pipeline_id", "from_stage_id", "to_pipeline_id", "to_stage_id", "how")
    for row in passed.values(*columns).annotate(n=Count("pk")):
        start, stage, end, entry, how = (row[c] for c in columns)
        flows[start, stage, end, entry, how] += row["n"]
    converted = ItemLink.objects.filter(
        kind=ItemLink.Kind.CONVERTED, created_at__gte=since, created_at__lt=until
    )
    ends = ("parent__pipeline_id", "parent__stage_id", "child__pipeline_id")
    for row in converted.values(*ends).annotate(n=Count("pk")):
        flows[row[ends[0]], row[ends[1]], row[ends[2]], None, "convert"] += row["n"]
    led: set[int] = set()
    robots = Robot.objects.working().select_related("item_type", "pipeline", "stage")
    for robot in robots:
        for way, lost in _ways(robot, pipelines, stages):
            senders[way].append(robot)
            flows[way] += 0
            if lost and way[1] is not None:
                led.add(way[1])
    arrows = [
        Arrow(*way[:4], how=way[4], cards=cards, robots=tuple(senders.get(way, ())))
        for way, cards in flows.items()
    ]
    dead = [
        DeadEnd(s)
        for s in stages.values()
        if s.kind == Stage.Kind.LOST and s.pipeline.purpose in SELLING and s.pk not in led
    ]
    arrows.sort(key=lambda a: (a.from_pipeline, a.to_pipeline, -a.cards))
    return FunnelMap(pipelines, arrows, dead)


def funnel_counts(*, since: datetime, until: datetime) -> dict[int, tuple[int, int]]:
    """Return pipeline -> its open cards now, and those that came into it from outside in a period.

    From outside: made by a person, an import or a channel, not out of another card. Two queries.
    """
    alive = Item.objects.alive().order_by()
    still = alive.filter(closed_at=None).values_list("pipeline_id").annotate(n=Count("pk"))
    made_of = [ItemLink.Kind.CONVERTED, ItemLink.Kind.COPY, ItemLink.Kind.PART]
    fresh = alive.filter(created_at__gte=since, created_at__lt=until).exclude(
        parent_links__kind__in=made_of
    )
    new = dict(fresh.values_list("pipeline_id").annotate(n=Count("pk")))
    found = dict(still)
    return {pk: (found.get(pk, 0), new.get(pk, 0)) for pk in found.keys() | new.keys()}


def _ways(
    robot: Robot, pipelines: list[Pipeline], stages: dict[tuple[str, str], Stage]
) -> Iterator[tuple[Way, bool]]:
    """Yield the ways on which a robot sends cards, and whether they begin at a loss."""
    own = [p for p in pipelines if p.item_type_id == robot.item_type_id]
    own = [p for p in own if robot.pipeline_id in (None, p.pk) and _allowed(robot, p)]
    lost = robot.trigger in ("lost", "loss_confirmed")
    for code, settings in chains.everything(chains.kept(robot.actions)):
        if code not in _LEADING:
            continue
        path = str(settings.get("to") or settings.get("pipeline"))
        target, _slash, stage_code = path.partition("/")
        to = next((p for p in pipelines if p.code == target), None)
        if to is None:
            continue
        entry = stages.get((target, stage_code))
        how = settings.get("how", "copy") if code == "tunnel" else "child"
        for pipeline in own:
            if pipeline.pk == to.pk:
                continue
            for stage in _beginnings(robot, pipeline, stages, lost):
                yield (pipeline.pk, stage, to.pk, entry.pk if entry else None, how), lost


def _allowed(robot: Robot, pipeline: Pipeline) -> bool:
    """Whether a condition on the funnel alone does not shut a robot out of it."""
    condition = robot.conditions
    if condition.get("fact") != "pipeline":
        return True
    values = condition.get("values") or [condition.get("value")]
    denied = condition.get("op") in ("none_of", "is_not")
    return (pipeline.code in values) != denied


def _beginnings(
    robot: Robot, pipeline: Pipeline, stages: dict[tuple[str, str], Stage], lost: bool
) -> list[int | None]:
    if robot.stage_id is not None:
        return [robot.stage_id]
    own = [s for (code, _stage), s in stages.items() if code == pipeline.code]
    if lost:
        return [s.pk for s in own if s.kind == Stage.Kind.LOST]
    if robot.trigger == "won":
        return [s.pk for s in own if s.kind == Stage.Kind.WON]
    named = robot.settings.get("stages") or []
    codes = {str(path).rpartition("/")[2] for path in named}
    found: list[int | None] = [s.pk for s in own if s.code in codes]
    return found or [None]


@dataclass(frozen=True, slots=True)
class Revival:
    """What became of refusals of one kind: refused, taken up again, revived, money back (TN-6)."""

    reason: LossReason | None
    owner: User | None
    month: datetime | None
    refused: int
    taken: int
    revived: int
    money: Decimal  # company currency, of deals that came of the revived ones and are won

    @property
    def share(self) -> float | None:
        """Revived among all refused, 0..1; the method's line is up to 0.3 a month."""
        return self.revived / self.refused if self.refused else None


_GROUPS: dict[str, Any] = {
    "reason": F("loss_reason_id"),
    "owner": F("owner_id"),
    "month": TruncMonth("closed_at"),
}


def revival(*, since: datetime, until: datetime, by: str = "reason") -> list[Revival]:
    """Return how many refused customers were revived, by "reason", "owner" or "month".

    Counts cards of selling funnels lost in the period (`until` exclusive); taken up: a card of
    theirs stands in a funnel of lost reactivation; revived: that one was won. Four SQL queries.
    """
    lost = Item.objects.alive().filter(
        stage__kind=Stage.Kind.LOST,
        closed_at__gte=since,
        closed_at__lt=until,
        pipeline__purpose__in=SELLING,
        pipeline__item_type__counts_in_revenue=True,
    )
    into = Q(
        passages__to_pipeline__purpose=Pipeline.Purpose.LOST_REACTIVATION,
        passages__child__deleted_at=None,
    )
    won = into & Q(passages__child__stage__kind=Stage.Kind.WON)
    sold = won & Q(passages__child__passages__child__stage__kind=Stage.Kind.WON)
    rows = (
        lost.values(key=_GROUPS[by])
        .annotate(
            refused=Count("pk", distinct=True),
            taken=Count("pk", filter=into, distinct=True),
            revived=Count("pk", filter=won, distinct=True),
            money=Sum("passages__child__passages__child__amount", filter=sold),
        )
        .order_by("-refused", "key")
    )
    found = list(rows)
    keys = [row["key"] for row in found if row["key"] is not None]
    reasons = LossReason.objects.in_bulk(keys) if by == "reason" else {}
    owners = User.objects.in_bulk(keys) if by == "owner" else {}
    return [
        Revival(
            reason=reasons.get(row["key"]),
            owner=owners.get(row["key"]),
            month=row["key"] if by == "month" else None,
            refused=row["refused"],
            taken=row["taken"],
            revived=row["revived"],
            money=row["money"] or Decimal(0),
        )
        for row in found
    ]
