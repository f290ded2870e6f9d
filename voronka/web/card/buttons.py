"""Robots' buttons on a card."""

from __future__ import annotations

from dataclasses import dataclass

from voronka.automation.chains import BRANCH, everything, kept
from voronka.automation.explaining import buttons
from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.words import say
from voronka.items.models import Item
from voronka.kernel.texts import LocalText

# harm nobody: not asked about
CALM = {"notify", "auto_task", "schedule_activity", "watch", "wait", BRANCH}


@dataclass(frozen=True, slots=True)
class Button:
    """A robot's button: what stands on it, what it does, and whether to ask first."""

    robot: Robot
    label: str
    does: str
    ask: bool


def buttons_of(item: Item) -> list[Button]:
    """Return the buttons of a card. One query, and those for names where there are buttons."""
    robots = buttons(item)
    if not robots:
        return []
    names = RobotNames(item.pipeline.item_type, item.pipeline)
    return [
        Button(
            robot,
            label_of(robot),
            "; ".join(say(robot, names).actions),
            any(code not in CALM for code, _with in everything(kept(robot.actions))),
        )
        for robot in robots
    ]


def label_of(robot: Robot) -> str:
    """Return what stands on a robot's button."""
    return str(LocalText.of(robot.settings.get("label"))) or str(robot.name)
