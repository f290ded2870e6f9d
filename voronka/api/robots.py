"""Robots and their runs over HTTP: read, and the button on a card."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override
from ninja import Query, Router, Schema, Status
from pydantic import Field

from voronka.api.access import TokenRequest, actor, scope
from voronka.api.answers import REFUSALS
from voronka.api.paging import page
from voronka.api.schemas.common import Code, Id, In
from voronka.api.writing import answered
from voronka.automation.commands.pressing import press_button
from voronka.automation.models import Robot, RobotRun
from voronka.automation.naming import RobotNames
from voronka.automation.words import say, tell
from voronka.items.models import Item
from voronka.kernel.errors import NotFound

router = Router(tags=["robots"])


class RobotOut(Schema):
    """A robot: what wakes it, what has to hold, what it does."""

    code: str
    name: str
    item_type: str
    pipeline: str | None
    stage: str | None
    trigger: str
    settings: dict[str, Any] = Field(description="Of the trigger")
    conditions: dict[str, Any]
    delay_seconds: int = Field(description="Seconds after the trigger")
    delay_working: bool = Field(description="Counted in working time")
    actions: list[dict[str, Any]] = Field(description="[{action, with}]")
    on_leave: str
    enabled: bool
    sentence: str = Field(description="The robot in words, in the person's language")

    @classmethod
    def of(cls, robot: Robot, names: RobotNames) -> "RobotOut":
        return cls(
            code=robot.code,
            name=str(robot.name),
            item_type=robot.item_type.code,
            pipeline=robot.pipeline.code if robot.pipeline else None,
            stage=robot.stage.code if robot.stage else None,
            trigger=robot.trigger,
            settings=robot.settings,
            conditions=robot.conditions,
            delay_seconds=robot.delay_seconds,
            delay_working=robot.delay_working,
            actions=robot.actions,
            on_leave=robot.on_leave,
            enabled=robot.enabled,
            sentence=str(say(robot, names)),
        )


class ActionOut(Schema):
    """What one action of a run did."""

    action: str
    ok: bool
    text: str


class RunOut(Schema):
    """A run of a robot on a card, with its explanation."""

    id: int
    robot: str
    item_id: int
    state: str = Field(description="pending, waiting, done, skipped, cancelled or failed")
    due_at: datetime
    ended_at: datetime | None
    why: str = Field(description="Why it did not act; empty when it did")
    conditions: list[str] = Field(description="What each condition saw: “…: seen (yes or no)”")
    actions: list[ActionOut]

    @classmethod
    def of(cls, run: RobotRun, names: RobotNames) -> "RunOut":
        story = tell(run, names)
        return cls(
            id=run.pk,
            robot=run.robot.code,
            item_id=run.item_id,
            state=run.state,
            due_at=run.due_at,
            ended_at=run.ended_at,
            why=story.why,
            conditions=[
                f"{line.text}: {line.saw} ({_('yes') if line.holds else _('no')})"
                for line in story.conditions
            ],
            actions=[ActionOut(action=a.title, ok=a.ok, text=a.text) for a in story.actions],
        )


class RunPage(Schema):
    """A page of runs, newest first."""

    items: list[RunOut]
    next: str | None


class RobotQuery(In):
    """Filters of the list; all that are given must hold."""

    item_type: Code | None = None
    pipeline: Code | None = None


class PageQuery(In):
    """Which page."""

    cursor: str = ""
    limit: int = 50


@router.get("/robots", response={200: list[RobotOut], **REFUSALS}, summary="List robots")
@scope("setup:read")
def list_robots(request: TokenRequest, query: Query[RobotQuery]) -> list[RobotOut]:
    """All robots that are there, switched off ones included, in order."""
    robots = Robot.objects.alive().select_related("item_type", "pipeline", "stage")
    if query.item_type:
        robots = robots.filter(item_type__code=query.item_type)
    if query.pipeline:
        robots = robots.filter(pipeline__code=query.pipeline)
    names: dict[int, RobotNames] = {}
    with override(request.person.language):
        return [
            RobotOut.of(
                r, names.setdefault(r.item_type_id, RobotNames(r.item_type, reader=request.person))
            )
            for r in robots
        ]


@router.get(
    "/items/{item_id}/robot-runs",
    response={200: RunPage, **REFUSALS},
    summary="What robots did on a card, and why",
)
@scope("items:read")
def list_runs(request: TokenRequest, item_id: Id, query: Query[PageQuery]) -> RunPage:
    """Runs on a card that the person may see, those still due included."""
    item = _item(request, item_id)
    limit = max(1, min(query.limit, 200))
    runs = RobotRun.objects.filter(item=item).select_related("robot")
    rows, cursor = page(runs, cursor=query.cursor, limit=limit)
    names = RobotNames(item.pipeline.item_type, item.pipeline, reader=request.person)
    with override(request.person.language):
        return RunPage(items=[RunOut.of(run, names) for run in rows], next=cursor)


class PressedOut(Schema):
    """The button was pressed; the robot acts soon."""

    robot: str
    item_id: int


@router.post(
    "/items/{item_id}/buttons/{code}",
    response={202: PressedOut, **REFUSALS},
    summary="Press a robot's button on a card",
)
@scope("items:write")
def press(request: TokenRequest, item_id: Id, code: Code) -> Status[object]:
    """Wakes a robot whose trigger is the button; what it did stands in the card's runs."""
    item = _item(request, item_id)

    def done() -> PressedOut:
        press_button(item.pk, code, by=actor(request))
        return PressedOut(robot=code, item_id=item.pk)

    return answered(request, done, status=202)


def _item(request: TokenRequest, item_id: int) -> Item:
    rows = Item.objects.visible_to(request.person).select_related("stage", "pipeline__item_type")
    item = rows.filter(pk=item_id).first()
    if item is None:
        raise NotFound(_("There is no such card. It may have been deleted."))
    return item
