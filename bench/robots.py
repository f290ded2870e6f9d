"""Robots: how fast they act, and what they cost those who work meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bench.generator import OPEN_EVERY
from bench.timing import percentile

if TYPE_CHECKING:
    from bench.company import Company
    from voronka.automation.models import Robot


_TIMERS = """
INSERT INTO automation_robotrun (robot_id, item_id, key, state, due_at, created_at, stay, depth,
  attempts, step, waits_for, explanation)
SELECT %(robot)s, id, 'bench' || n, 'pending', now() + interval '30 days', now(), stage_entered_at,
  0, 0, 0, '{}', '{}'
FROM generate_series(1, %(count)s) n CROSS JOIN items_item
WHERE closed_at IS NULL AND id >= %(first)s LIMIT %(count)s
"""


@dataclass(slots=True)
class Robots:
    """A robot that sets a task for the responsible person, on cards of the filled base."""

    company: Company
    first: int  # id of the first generated card

    def rate(self, runs: int) -> float:
        """Return how many runs a second one thread does: judged, acted on, explained."""
        from voronka.automation.worker import drain

        self._due(self._robot("bench_button", "button"), runs, late=timedelta())
        drain(limit=100)  # warm
        began = time.perf_counter()
        done = drain()
        return done / (time.perf_counter() - began)

    def heap(self, runs: int, *, fresh: int) -> tuple[float, float, int]:
        """Let many runs be due at once and new ones come meanwhile.

        Returns:
            Runs a second, the 95th percentile of how late the fresh ones are in seconds, and how
            many tasks there are too many or too few: 0.
        """
        from django.utils import timezone

        from voronka.automation.commands.running import run_due
        from voronka.automation.models import AutoTask, RobotRun

        robot = self._robot("bench_heap", "button")
        self._due(robot, runs, late=timedelta(hours=1))
        began, done, made = time.perf_counter(), 0, 0
        while left := RobotRun.objects.filter(robot=robot, state="pending")[:1].count():
            if made < fresh and time.perf_counter() - began > made * 0.05:
                self._due(robot, 1, late=timedelta(), skip=runs + made)
                made += 1
            done += run_due()
        rate = done / (time.perf_counter() - began)
        new = RobotRun.objects.filter(robot=robot, due_at__gt=timezone.now() - timedelta(hours=1))
        waits = sorted(
            (ended - due).total_seconds() for due, ended in new.values_list("due_at", "ended_at")
        )
        tasks = AutoTask.objects.filter(robot=robot).count()
        return rate, percentile(waits, 0.95), tasks - runs - made + left

    @contextmanager
    def timers(self, count: int) -> Iterator[None]:
        """Let so many timers wait for the block, several on each open card, due in a month."""
        from django.db import connection

        robot = self._robot("bench_timer", "button")
        with connection.cursor() as cursor:
            cursor.execute(_TIMERS, {"robot": robot.pk, "first": self.first, "count": count})
            cursor.execute("VACUUM ANALYZE automation_robotrun")
            yield
            cursor.execute("DELETE FROM automation_robotrun WHERE robot_id = %s", [robot.pk])
            cursor.execute("VACUUM ANALYZE automation_robotrun")

    def rule(self) -> Robot:
        """Make the rule of a stage: whoever comes there gets a task."""
        return self._robot("bench_rule", "stage_entered", stage="s6")

    def stop(self) -> None:
        """Take the robots away again."""
        from voronka.automation.commands import remove_robot
        from voronka.automation.models import Robot
        from voronka.journal.actors import Actor

        for robot in Robot.objects.alive().filter(code__startswith="bench_"):
            remove_robot(robot.pk, by=Actor.user(self.company.owner))

    def settled(self, robot: Robot, tasks: int, *, patience: float = 60.0) -> float:
        """Wait until a rule has set so many tasks; return how long that took, in seconds."""
        from voronka.automation.models import AutoTask

        began = time.perf_counter()
        while AutoTask.objects.filter(robot=robot).count() < tasks:
            if time.perf_counter() - began > patience:
                break
            time.sleep(0.05)
        return time.perf_counter() - began

    def _robot(self, code: str, trigger: str, *, stage: str | None = None) -> Robot:
        from voronka.automation.commands import save_robot
        from voronka.automation.specs import ActionSpec, RobotSpec
        from voronka.journal.actors import Actor
        from voronka.kernel.texts import LocalText

        title = {"ru": "Позвонить: {title}", "en": "Call: {title}"}
        spec = RobotSpec(
            code=code,
            name=LocalText(ru=code, en=code),
            item_type="deal",
            pipeline="sales",
            stage=stage,
            trigger=trigger,
            on_leave="keep" if stage is None else "cancel",
            conditions={"fact": "amount", "op": "at_least", "value": 0},
            actions=(ActionSpec("auto_task", {"title": title, "due": "2h"}),),
        )
        return save_robot(spec, by=Actor.user(self.company.owner))

    def _due(self, robot: Robot, count: int, *, late: timedelta, skip: int = 0) -> None:
        from django.utils import timezone

        from voronka.automation.models import RobotRun
        from voronka.items.models import Item

        now = timezone.now()
        cards: Sequence[Any] = (
            Item.objects.filter(closed_at=None, pk__gte=self.first)
            .order_by("-pk")
            .values_list("pk", "stage_entered_at")[skip : skip + count]
        )
        if len(cards) < count:
            raise ValueError(f"{count * OPEN_EVERY} cards are needed for {count} runs")
        RobotRun.objects.bulk_create(
            [
                RobotRun(
                    robot=robot,
                    item_id=pk,
                    key=f"bench{skip}",
                    due_at=now - late,
                    created_at=now,
                    stay=stay,
                )
                for pk, stay in cards
            ],
            batch_size=2000,  # a statement holds 65,535 values
        )
