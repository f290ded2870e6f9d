"""Workers of robots are killed at random; every effect in the database is there exactly once."""

import os
import random
import signal
import time
from collections import Counter

import pytest
from django.db import connections

from tests.automation.factories import make_robot
from tests.factories import make_item, make_pipeline
from tests.people.factories import make_user
from voronka.automation.models import AutoTask, Errand, RobotRun, Wake
from voronka.automation.worker import drain
from voronka.items.models import Item, StageVisit
from voronka.journal.models import Event
from voronka.timeline.models import Activity, Notification

pytestmark = pytest.mark.django_db(transaction=True)
CARDS = 90
PATIENCE = 120.0  # seconds; reached only when something is broken
OVER = ["done", "skipped", "cancelled", "failed"]


def fork_worker() -> int:
    """A process of its own that works off events and runs until it is killed."""
    pid = os.fork()
    if pid:
        return pid
    try:
        connections["default"].connection = None  # the parent's stays the parent's
        while True:
            drain(limit=50)
            time.sleep(0.01)
    finally:
        os._exit(0)


def busy() -> bool:
    return Wake.objects.exists() or RobotRun.objects.filter(state="pending").exists()


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_each_effect_is_there_once_however_often_workers_are_killed():
    dice = random.Random(1912)
    pipeline = make_pipeline()
    second = make_pipeline(pipeline.item_type)
    owner = make_user()
    make_robot(pipeline, "created", ("notify", {"text": "{title}"}), code="tells")
    make_robot(pipeline, "stage_entered", ("auto_task", {}), code="sets-tasks")
    make_robot(
        pipeline,
        "created",
        ("change_field", {"field": "amount", "value": "777"}),
        ("http_request", {"url": "https://example.com/hook"}),
        ("move_stage", {"to": "s2"}),
        code="moves-on",
    )
    make_robot(pipeline, "field_changed", ("tunnel", {"to": f"{second.code}/s1"}), code="copies")
    items = [make_item(pipeline, owner=owner).pk for _n in range(CARDS)]
    workers = [fork_worker(), fork_worker()]
    killed = 0
    deadline = time.monotonic() + PATIENCE
    try:
        while busy():
            assert time.monotonic() < deadline, "the robots did not come to an end"
            time.sleep(dice.uniform(0.02, 0.4))
            if killed < 25:
                kill(workers.pop(dice.randrange(2)))
                workers.append(fork_worker())
                killed += 1
    finally:
        for pid in workers:
            kill(pid)
    assert killed >= 5
    told = Counter(Notification.objects.filter(kind="robot").values_list("item_id", flat=True))
    assert told == Counter(items)
    assert Counter(Item.objects.filter(pk__in=items).values_list("amount", flat=True)) == {
        777: CARDS
    }
    moved = Event.objects.filter(verb="item.moved", subject_id__in=items)
    assert Counter(moved.values_list("subject_id", flat=True)) == Counter(items)
    assert Item.objects.filter(pipeline=second).count() == CARDS
    assert Errand.objects.count() == CARDS
    assert not RobotRun.objects.exclude(state__in=OVER).exists()
    acted = RobotRun.objects.filter(robot__code="sets-tasks", state="done").count()
    assert Activity.objects.count() == AutoTask.objects.count() == acted
    open_visits = Counter(StageVisit.objects.filter(left_at=None).values_list("item_id", flat=True))
    assert set(open_visits.values()) == {1}
    standing = AutoTask.objects.filter(closed_at=None, item_id__in=items)
    assert Counter(standing.values_list("item_id", flat=True)) == Counter(items)
