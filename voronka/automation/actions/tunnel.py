"""Lets the card go on in another funnel (F11, TN-1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import (
    FIELDS_ALONG,
    NO_WORDS,
    FieldRef,
    Params,
    StageRef,
    Who,
    Words,
    choices,
)
from voronka.automation.recipients import one_person
from voronka.automation.registry import Context, Done, Effect, Nothing, Result, robot_action
from voronka.automation.texts import fill
from voronka.items.commands import Tunnel, tunnel_item
from voronka.items.models import Item, Passage
from voronka.kernel.errors import NotFound
from voronka.pipelines.models import Stage


class Settings(Params):
    to: StageRef = Field(
        title=gettext_noop("Where to"),
        description=gettext_noop("The stage at which the card enters the other funnel"),
        json_schema_extra={"x-elsewhere": True},
    )
    how: Literal["move", "child", "copy"] = Field(
        "copy",
        title=gettext_noop("What goes there"),
        json_schema_extra=choices(
            copy=gettext_noop("A successor; this card stays"),
            move=gettext_noop("The card itself, with its history"),
            child=gettext_noop("A card that belongs to this one"),
        ),
    )
    owner: Who = Field("owner", title=gettext_noop("Who answers for it there"))
    title: Words = Field(
        NO_WORDS,
        title=gettext_noop("Its title"),
        description=gettext_noop("Of the new card; empty: as here"),
    )
    fields: dict[str, FieldRef] = Field(
        default_factory=dict,
        max_length=100,
        title=gettext_noop("Fields that are taken along"),
        description=gettext_noop("Field there: field here, besides those of the same code"),
        json_schema_extra=FIELDS_ALONG,
    )
    lines: bool = Field(False, title=gettext_noop("Take the products along"))
    once: bool = Field(
        True, title=gettext_noop("One card there for a card here, however often it is sent")
    )


_SAYS = {
    "move": gettext_lazy("move the card to “%(stage)s”"),
    "child": gettext_lazy("let it go on as a card of its own at “%(stage)s”"),
    "copy": gettext_lazy("make a successor at “%(stage)s”"),
}


def _says(params: Settings, names: RobotNames) -> str:
    return str(_SAYS[params.how]) % {"stage": names.stage(params.to)}


def _causes(params: Settings) -> Iterable[Effect]:
    pipeline, _slash, _code = params.to.partition("/")
    entered = Effect("entered", params.to, pipeline)
    if params.how == "move":
        return [entered, Effect("left")]
    return [entered, Effect("created", "", pipeline)]


@robot_action(
    "tunnel",
    title=gettext_lazy("Send the card through a tunnel"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="route",
    group=gettext_lazy("Linked cards"),
)
def tunnel(item: Item, params: Settings, context: Context) -> Result:
    """The entry stage's fields have to be filled: the same gate as everywhere."""
    pipeline, _slash, code = params.to.partition("/")
    stages = Stage.objects.select_related("pipeline__item_type")
    to = stages.filter(pipeline__code=pipeline, code=code).first()
    if to is None:
        raise NotFound(_("There is no stage “%(code)s”.") % {"code": params.to})
    if params.once and params.how != "move":
        sent = Passage.objects.filter(item=item, to_pipeline=to.pipeline, robot=context.robot.code)
        if sent.filter(child__deleted_at=None).exists():
            return Nothing(gettext_lazy("A card of this one stands there already."))
    owner = one_person(item, params.owner)
    arrived = tunnel_item(
        item.pk,
        Tunnel(
            to=to,
            how=params.how,
            fields=params.fields,
            owner_id=owner.pk if owner else None,
            title=fill(params.title.local, item, context, language="ru"),
            lines=params.lines,
            robot=context.robot.code,
        ),
        by=context.by,
    )
    return Done(
        gettext_lazy("“%(title)s” stands at “%(stage)s” now"),
        {"title": arrived.title, "stage": to.name},
        {"item": arrived.pk},
    )
