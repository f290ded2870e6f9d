"""Moves the card to another stage of its funnel, through the gate like everybody."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import NO_WORDS, LossReasonRef, Params, StageRef, Words
from voronka.automation.registry import Context, Done, Effect, Nothing, Result, robot_action
from voronka.automation.texts import fill
from voronka.items.commands import move_item
from voronka.items.models import Item
from voronka.kernel.errors import NotFound
from voronka.pipelines.models import LossReason, Stage


class Settings(Params):
    to: StageRef = Field(title=gettext_noop("To which stage"))
    reason: LossReasonRef = Field(
        "",
        title=gettext_noop("Loss reason"),
        description=gettext_noop("Needed only when the stage is a lost one"),
    )
    comment: Words = Field(NO_WORDS, title=gettext_noop("Comment on the move"))


def _says(params: Settings, names: RobotNames) -> str:
    return _("move the card to “%(stage)s”") % {"stage": names.stage(params.to)}


def _causes(params: Settings) -> Iterable[Effect]:
    return [Effect("entered", params.to), Effect("left")]


@robot_action(
    "move_stage",
    title=gettext_lazy("Move the card"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="arrow-right",
    group=gettext_lazy("Card"),
)
def move_stage(item: Item, params: Settings, context: Context) -> Result:
    """What the gate asks for has to be there: a robot is refused in the same words as a person."""
    pipeline, _slash, code = params.to.rpartition("/")
    stages = Stage.objects.select_related("pipeline")
    to = stages.filter(pipeline__code=pipeline or item.pipeline.code, code=code).first()
    if to is None:
        raise NotFound(_("There is no stage “%(code)s”.") % {"code": params.to})
    if to.pk == item.stage_id:
        return Nothing(gettext_lazy("The card stands there already."))
    reason = None
    if params.reason:
        reason = LossReason.objects.filter(pipeline=to.pipeline, code=params.reason).first()
    comment = fill(params.comment.local, item, context, language="ru")
    move_item(item.pk, to=to, by=context.by, reason=reason, comment=comment)
    return Done(gettext_lazy("moved to “%(stage)s”"), {"stage": to.name}, {"stage": to.pk})
