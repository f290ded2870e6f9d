"""A card came to a stage: as a new one, by a move, a tunnel, a return. Jumping over is no entry."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.params import Params, StageRef
from voronka.automation.registry import Effect, event_trigger
from voronka.journal.models import Event
from voronka.pipelines.models import Stage


class Settings(Params):
    stages: list[StageRef] = Field(
        default_factory=list,
        max_length=50,
        title=gettext_noop("Stages"),
        description=gettext_noop(
            "Which stages count; empty: the robot's own, or every stage of work"
        ),
    )


def _says(params: Settings, names: RobotNames) -> str:
    if not params.stages:
        return _("a card came to the stage")
    stages = ", ".join(names.quoted(names.stage(path)) for path in params.stages)
    return _("a card came to %(stages)s") % {"stages": stages}


@event_trigger(
    "stage_entered",
    title=gettext_lazy("A card came to the stage"),
    verbs=[
        "item.created",
        "item.moved",
        "item.won",
        "item.lost",
        "item.corrected",
        "item.move_undone",
        "item.tunnelled",
    ],
    params=Settings,
    says=_says,
    of_stage=True,
    wakes=lambda params: [Effect("entered", path) for path in params.stages] or [Effect("entered")],
    icon="arrow-right",
    group=gettext_lazy("Card"),
)
def stage_entered(event: Event, params: Settings, robot: Robot) -> bool:
    """Fires for the robot's own stage; without one, for the named stages, else for open ones."""
    entered = event.diff.get("stage" if event.verb == "item.created" else "entered")
    if entered is None:
        return False
    if robot.stage_id is not None:
        return bool(entered == robot.stage_id)
    stage = Stage.objects.select_related("pipeline").filter(pk=entered).first()
    if stage is None:
        return False
    if not params.stages:
        return stage.is_open
    own = robot.pipeline.code if robot.pipeline else ""
    wanted = {path if "/" in path else f"{own}/{path}" for path in params.stages}
    return f"{stage.pipeline.code}/{stage.code}" in wanted
