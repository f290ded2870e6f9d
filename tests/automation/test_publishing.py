"""A robot begins with cards that are there: which, when, and never twice."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.automation.factories import make_robot
from tests.factories import SYSTEM, make_item, make_item_type, make_pipeline, stage
from voronka.automation.commands import publishing, switch_robot
from voronka.automation.commands.publishing import (
    Publishing,
    arm_timers,
    publish_chunk,
    publish_robot,
    standing,
)
from voronka.automation.models import RobotRun
from voronka.automation.worker import drain
from voronka.items.commands import move_item, win_item
from voronka.kernel.errors import InvalidInput
from voronka.timeline.models import Notification

pytestmark = pytest.mark.django_db
MOSCOW = ZoneInfo("Europe/Moscow")


def publish(robot, how=None, *, chunk=1000):
    """Do what the jobs would do."""
    how = how or Publishing(timezone.now())
    publish_robot(robot.pk, how, by=SYSTEM)
    after, placed = 0, 0
    while publish_chunk(robot.pk, how, after=after, placed=placed, total=standing(robot).count()):
        after = RobotRun.objects.filter(robot=robot).latest("item_id").item_id
        placed += chunk


def told():
    return Notification.objects.filter(kind="robot").count()


def test_cards_on_the_stage_are_reached_and_not_twice():
    pipeline = make_pipeline()
    here, away, won = (make_item(pipeline) for _n in range(3))
    move_item(away.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    win_item(won.pk, by=SYSTEM)
    robot = make_robot(stage(pipeline, "s1"), "stage_entered")
    publish(robot)
    drain()
    assert RobotRun.objects.get().item == here
    publish(robot)
    drain()
    assert told() == 1


def test_many_cards_come_in_chunks(monkeypatch):
    monkeypatch.setattr(publishing, "CHUNK", 2)
    pipeline = make_pipeline()
    for _n in range(5):
        make_item(pipeline)
    publish(make_robot(pipeline, "stage_entered"), chunk=2)
    assert RobotRun.objects.count() == 5


def test_cards_are_spread_over_working_days():
    pipeline = make_pipeline()
    for _n in range(4):
        make_item(pipeline)
    monday = datetime(2026, 3, 2, 9, 0, tzinfo=MOSCOW)
    publish(make_robot(pipeline, "stage_entered"), Publishing(monday, days=2))
    moments = [r.due_at.astimezone(MOSCOW) for r in RobotRun.objects.order_by("due_at")]
    assert [(m.day, m.hour) for m in moments] == [(2, 9), (2, 13), (2, 18), (3, 13)]


def test_clocks_are_set_for_what_is_to_come_and_on_wish_for_what_is_late():
    pipeline = make_pipeline()
    pipeline.stages.update(deadline_minutes=60, deadline_working=False)
    late = make_item(pipeline, at=timezone.now() - timedelta(hours=3))
    soon = make_item(pipeline)
    robot = make_robot(pipeline, "deadline")
    publish(robot)
    assert RobotRun.objects.get().item == soon
    publish(robot, Publishing(timezone.now(), late=True))
    drain()
    assert Notification.objects.get(kind="robot").item_id == late.pk


def test_only_named_stages_are_reached():
    pipeline = make_pipeline()
    make_item(pipeline)
    second = make_item(pipeline)
    move_item(second.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    robot = make_robot(pipeline, "stage_entered", settings={"stages": ["s2"]})
    publish(robot)
    assert RobotRun.objects.get().item == second


def test_what_is_past_can_not_be_published():
    pipeline = make_pipeline()
    with pytest.raises(InvalidInput):
        publish(make_robot(pipeline, "created"))
    robot = make_robot(pipeline, "stage_entered")
    with pytest.raises(InvalidInput):
        publish(robot, Publishing(timezone.now(), days=61))
    switch_robot(robot.pk, on=False, by=SYSTEM)
    with pytest.raises(InvalidInput):
        publish(robot)


def test_a_load_of_history_sets_only_the_clocks_to_come():
    item_type = make_item_type()
    pipeline = make_pipeline(item_type)
    pipeline.stages.update(deadline_minutes=60, deadline_working=False)
    make_item(pipeline, at=timezone.now() - timedelta(hours=3))
    make_item(pipeline)
    make_robot(item_type, "deadline")
    assert arm_timers([item_type.pk]) == 1
    assert arm_timers([item_type.pk]) == 1
    assert RobotRun.objects.count() == 1
