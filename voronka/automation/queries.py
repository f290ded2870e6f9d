"""Reads about robots: the editor's rows, the queue, webhooks with their deliveries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q
from django.utils import timezone

from voronka.automation.models import (
    AutoTask,
    Engine,
    Errand,
    Robot,
    RobotRun,
    Wake,
    Webhook,
)
from voronka.automation.naming import RobotNames
from voronka.automation.passports import fingerprint
from voronka.automation.words import RobotSentence, say
from voronka.people.models import User
from voronka.pipelines.models import ItemType, Pipeline, Stage
from voronka.timeline.models import Activity

MONTH = timedelta(days=30)
MOST = 10_000  # rows that a count looks at; more is "10 000 and more"


@dataclass(frozen=True, slots=True)
class RobotRow:
    """A robot as the editor shows it: in words, with what it has done in the last 30 days."""

    robot: Robot  # with pipeline and stage
    sentence: RobotSentence
    done: int
    failed: int
    skipped: int
    due: int
    last_at: datetime | None


def robot_rows(
    item_type: ItemType, *, pipeline: Pipeline | None = None, reader: User | None = None
) -> list[RobotRow]:
    """Return the robots of an item type in order, those of a funnel only when it is given.

    Robots of the whole type are there in either case. Two SQL queries and those for names.
    """
    robots = Robot.objects.alive().filter(item_type=item_type)
    if pipeline is not None:
        robots = robots.filter(Q(pipeline=pipeline) | Q(pipeline=None))
    rows = list(robots.select_related("item_type", "pipeline", "stage"))
    counts = _counts([row.pk for row in rows])
    names = RobotNames(item_type, pipeline, reader=reader)
    return [
        RobotRow(
            row,
            say(row, names),
            counts[row.pk].get("done", 0),
            counts[row.pk].get("failed", 0),
            counts[row.pk].get("skipped", 0),
            counts[row.pk].get("pending", 0) + counts[row.pk].get("waiting", 0),
            counts[row.pk].get("last"),
        )
        for row in rows
    ]


def _counts(ids: list[int]) -> dict[int, dict[str, Any]]:
    recent = Q(ended_at__gt=timezone.now() - MONTH) | Q(ended_at=None)
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    rows = RobotRun.objects.filter(recent, robot_id__in=ids).values("robot_id", "state")
    for row in rows.annotate(n=Count("pk"), last=Max("ended_at")):
        known = found[row["robot_id"]]
        known[row["state"]] = row["n"]
        if row["state"] in ("done", "failed") and row["last"] is not None:
            known["last"] = max(known.get("last") or row["last"], row["last"])
    return found


@dataclass(frozen=True, slots=True)
class EngineState:
    """How the robots are doing as a whole. Counts stop at 10 000."""

    stopped_at: datetime | None
    stopped_by: User | None
    stopped_why: str
    client_budget: int
    events: int  # not looked at yet
    due: int  # runs that should have acted by now
    pending: int  # runs that will act later, or wait for an event
    late: timedelta  # how far the oldest due run is behind
    next_at: datetime | None
    errands: int  # outside effects on their way
    errands_failed: int  # given up within a week


def engine_state(*, now: datetime | None = None) -> EngineState:
    """Return the state of the engine and its queue. Seven SQL queries, all bounded."""
    moment = now or timezone.now()
    engine = Engine.objects.first() or Engine()
    pending = RobotRun.objects.filter(state=RobotRun.State.PENDING)
    due = pending.filter(due_at__lte=moment)
    oldest = due.order_by("due_at").values_list("due_at", flat=True).first()
    coming = pending.filter(due_at__gt=moment).order_by("due_at")
    waiting = RobotRun.objects.filter(state__in=["pending", "waiting"], due_at__gt=moment)
    failed = Errand.objects.filter(
        state=Errand.State.FAILED, ended_at__gt=moment - timedelta(days=7)
    )
    return EngineState(
        stopped_at=engine.stopped_at,
        stopped_by=User.objects.filter(pk=engine.stopped_by_id or 0).first(),
        stopped_why=engine.stopped_why,
        client_budget=engine.client_budget,
        events=_up_to(Wake.objects.all()),
        due=_up_to(due),
        pending=_up_to(waiting),
        late=moment - oldest if oldest else timedelta(),
        next_at=coming.values_list("due_at", flat=True).first(),
        errands=_up_to(Errand.objects.filter(state=Errand.State.WAITING)),
        errands_failed=_up_to(failed),
    )


def _up_to(rows: Any) -> int:
    return int(rows.values("pk")[:MOST].count())


def queue(*, limit: int = 50, after: tuple[datetime, int] | None = None) -> list[RobotRun]:
    """Return the next runs by time, with robot and card; a page at a time. One query.

    The caller asks for the right to set up. Titles of cards are told only to who may see them.

    Args:
        after: cursor: `due_at` and id of the last run that was seen; many may be due at once.
    """
    rows = RobotRun.objects.filter(state__in=["pending", "waiting"])
    if after is not None:
        rows = rows.filter(Q(due_at__gt=after[0]) | Q(due_at=after[0], pk__gt=after[1]))
    return list(rows.select_related("robot", "item").order_by("due_at", "pk")[:limit])


def failed_errands(*, limit: int = 50) -> list[Errand]:
    """Return outside effects that were given up within a week, the newest first. One query.

    The caller asks for the right to set up. Titles of cards are told only to who may see them.
    """
    since = timezone.now() - timedelta(days=7)
    rows = Errand.objects.filter(state=Errand.State.FAILED, ended_at__gt=since)
    return list(rows.select_related("item", "run__robot").order_by("-ended_at", "-pk")[:limit])


@dataclass(frozen=True, slots=True)
class RobotCounts:
    """How many robots there are in a place, and how often they failed in the last 30 days."""

    on: int = 0
    off: int = 0
    failed: int = 0


def robot_counts() -> dict[tuple[int, int | None], RobotCounts]:
    """Count robots by item type and funnel, None for those of the whole type. Two SQL queries."""
    robots = Robot.objects.alive().order_by().values("item_type_id", "pipeline_id")
    failures = RobotRun.objects.filter(
        state=RobotRun.State.FAILED,
        ended_at__gt=timezone.now() - MONTH,
        robot__removed_at=None,
    ).order_by()
    failed = {
        (row["robot__item_type_id"], row["robot__pipeline_id"]): row["n"]
        for row in failures.values("robot__item_type_id", "robot__pipeline_id").annotate(
            n=Count("pk")
        )
    }
    return {
        (row["item_type_id"], row["pipeline_id"]): RobotCounts(
            row["on"], row["off"], failed.get((row["item_type_id"], row["pipeline_id"]), 0)
        )
        for row in robots.annotate(
            on=Count("pk", filter=Q(enabled=True)), off=Count("pk", filter=Q(enabled=False))
        )
    }


def robot_runs(
    robot: Robot, *, state: str = "", before: int | None = None, limit: int = 50
) -> list[RobotRun]:
    """Return the last runs of a robot with their cards, newest first. One query."""
    rows = RobotRun.objects.filter(robot=robot).select_related("item")
    if state:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])


def outdated_tasks(stage: Stage) -> list[Activity]:
    """Return the open tasks of a stage whose passport has changed since they were set (RB-1)."""
    tasks = AutoTask.objects.filter(
        stage_id=stage.pk, purpose=AutoTask.Purpose.STAGE, closed_at=None
    ).exclude(passport=fingerprint(stage))
    return [task.activity for task in tasks.select_related("activity__owner", "item")[:200]]


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A webhook with what became of its deliveries of the last day."""

    webhook: Webhook
    taken: int
    waiting: int
    failed: int
    last: Errand | None


def webhook_rows() -> list[WebhookRow]:
    """Return the webhooks with how they are doing. Three SQL queries.

    The caller asks for the right to set up.
    """
    return _webhook_rows(list(Webhook.objects.filter(removed_at=None)))


def webhook_row(webhook: Webhook) -> WebhookRow:
    """Return how one webhook is doing. Two SQL queries."""
    return _webhook_rows([webhook])[0]


def _webhook_rows(hooks: list[Webhook]) -> list[WebhookRow]:
    since = timezone.now() - timedelta(days=1)
    rows = Errand.objects.filter(webhook__in=hooks, created_at__gt=since)
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for row in rows.values("webhook_id", "state").annotate(n=Count("pk")):
        counts[row["webhook_id"]][row["state"]] = row["n"]
    newest = Errand.objects.filter(webhook__in=hooks).order_by("webhook_id", "-pk")
    last = {e.webhook_id: e for e in newest.distinct("webhook_id").defer("payload")}
    return [
        WebhookRow(
            hook,
            counts[hook.pk].get("done", 0),
            counts[hook.pk].get("waiting", 0),
            counts[hook.pk].get("failed", 0),
            last.get(hook.pk),
        )
        for hook in hooks
    ]


def deliveries(
    webhook: Webhook, *, state: str = "", before: int | None = None, limit: int = 50
) -> list[Errand]:
    """Return the log of a webhook, newest first. One SQL query."""
    rows = Errand.objects.filter(webhook=webhook)
    if state:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])
