"""Robots to begin with: the chains that every sales department sets up first, half filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy, override

from voronka.automation.models import Robot
from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.people.models import User
from voronka.pipelines.models import Pipeline, Stage

ME = "user:me"  # becomes the person who sets the robot up


@dataclass(frozen=True, slots=True)
class Starter:
    """A robot that only waits for its numbers. `closed`: offered on stages where cards end."""

    code: str
    title: Sentence
    icon: str
    trigger: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    actions: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    name: Sentence = ""
    closed: bool = False


STARTERS: tuple[Starter, ...] = (
    Starter(
        "hand_over",
        gettext_lazy("Stage entered → to whom its passport names"),
        "arrows-exchange",
        "stage_entered",
        actions=(("assign", {"to": "stage", "accept_within": "4h"}),),
        name=gettext_lazy("Hand the card over to whom the stage's passport names"),
    ),
    Starter(
        "silence",
        gettext_lazy("Silence → task and a notice"),
        "zzz",
        "silence",
        {"after": "3d"},
        (
            (
                "schedule_activity",
                {
                    "kind": "task",
                    "who": ["owner"],
                    "title": gettext_lazy("Get in touch: nobody has worked on the card for days"),
                    "due": "4h",
                },
            ),
            (
                "notify",
                {
                    "who": [ME],
                    "text": gettext_lazy("Silence: {title}, {client.name}. Responsible: {owner}"),
                },
            ),
        ),
        gettext_lazy("Silence: remind the manager and tell me"),
    ),
    Starter(
        "entered",
        gettext_lazy("Came to the stage → task"),
        "checkbox",
        "stage_entered",
        {},
        (("auto_task", {}),),
        gettext_lazy("Task of the stage"),
    ),
    Starter(
        "deadline",
        gettext_lazy("Deadline has passed → call the head"),
        "hourglass",
        "deadline",
        {"percent": 100},
        (("escalate", {}),),
        gettext_lazy("Deadline has passed: call the head of sales"),
    ),
    Starter(
        "no_step",
        gettext_lazy("No next step → notice"),
        "calendar-off",
        "no_next_step",
        {"after": "2h"},
        (
            (
                "notify",
                {"who": ["owner"], "text": gettext_lazy("Plan the next step: {title}")},
            ),
        ),
        gettext_lazy("No next step: remind the manager"),
    ),
    Starter(
        "copy",
        gettext_lazy("Came to the stage → a card in another funnel"),
        "route",
        "stage_entered",
        {},
        (("tunnel", {"how": "copy"}),),
        gettext_lazy("On to another funnel"),
        closed=True,
    ),
)


def offered(stage: Stage | None) -> list[Starter]:
    """Return what makes sense in a place: clocks stand still on stages where cards end."""
    return [s for s in STARTERS if s.closed or stage is None or stage.is_open]


def start(code: str, home: Pipeline, stage: Stage | None, user: User) -> Robot | None:
    """Return a robot that is not saved yet, filled in by a starter, in both languages."""
    starter = next((s for s in STARTERS if s.code == code), None)
    if starter is None:
        return None
    return Robot(
        name=_both(starter.name),
        item_type=home.item_type,
        pipeline=home,
        stage=stage,
        trigger=starter.trigger,
        settings=dict(starter.settings),
        actions=[
            {"action": action, "with": {k: _filled(k, v, user) for k, v in settings.items()}}
            for action, settings in starter.actions
        ],
    )


def _filled(name: str, value: Any, user: User) -> Any:
    if name in ("title", "text"):
        return _both(value).as_dict()
    if isinstance(value, list):
        return [f"user:{user.email}" if one == ME else one for one in value]
    return value


def _both(text: Sentence) -> LocalText:
    said = {}
    for language in ("ru", "en"):
        with override(language):
            said[language] = str(text)
    return LocalText(said["ru"], said["en"])
