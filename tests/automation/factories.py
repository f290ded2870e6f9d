"""Robots for tests, saved through their own door."""

from itertools import count
from typing import Any

from tests.factories import SYSTEM, make_item
from voronka.automation.commands import save_robot
from voronka.automation.models import Robot, RobotRun
from voronka.automation.spans import Span
from voronka.automation.specs import ActionSpec, RobotSpec
from voronka.automation.worker import drain
from voronka.items.models import Item
from voronka.kernel.texts import LocalText
from voronka.people.models import User
from voronka.pipelines.models import ItemType, Pipeline, Stage

_numbers = count(1)
TELL = ("notify", {"who": ["owner"], "text": "Смотри: {title}"})


def robot_spec(
    place: Pipeline | Stage | ItemType,
    trigger: str = "created",
    *actions: tuple[str, dict[str, Any]],
    settings: dict[str, Any] | None = None,
    conditions: dict[str, Any] | None = None,
    delay: str = "",
    code: str = "",
    **extra: Any,
) -> RobotSpec:
    """A robot on a stage, a funnel or a type; it tells the owner unless `actions` say more."""
    stage = place if isinstance(place, Stage) else None
    pipeline = place if isinstance(place, Pipeline) else stage.pipeline if stage else None
    item_type = place if isinstance(place, ItemType) else pipeline.item_type if pipeline else None
    assert item_type is not None
    code = code or f"robot-{next(_numbers)}"
    return RobotSpec(
        code=code,
        name=LocalText(f"Робот {code}", f"Robot {code}"),
        item_type=item_type.code,
        pipeline=pipeline.code if pipeline else None,
        stage=stage.code if stage else None,
        trigger=trigger,
        settings=settings or {},
        conditions=conditions or {},
        delay=Span.read(delay),
        actions=tuple(ActionSpec(name, with_) for name, with_ in actions or (TELL,)),
        **extra,
    )


def make_robot(place: Pipeline | Stage | ItemType, *args: Any, **kwargs: Any) -> Robot:
    """A saved robot; see `robot_spec`."""
    return save_robot(robot_spec(place, *args, **kwargs), by=SYSTEM)


def run(
    pipeline: Pipeline,
    *actions: tuple[str, dict[str, Any]],
    trigger: str = "created",
    owner: User | None = None,
    **card: Any,
) -> tuple[Item, list[dict[str, Any]]]:
    """Let a robot with these actions act on a new card; return the card and the lines."""
    make_robot(pipeline, trigger, *actions)
    item = make_item(pipeline, owner=owner, **card)
    drain()
    item = Item.objects.select_related("stage", "owner").get(pk=item.pk)
    return item, RobotRun.objects.filter(item=item).latest("pk").explanation["actions"]
