"""An element of a card (an article in production, a claim) was finished."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.models import Robot
from voronka.automation.naming import RobotNames
from voronka.automation.params import Params, PipelineRef, choices
from voronka.automation.registry import event_trigger
from voronka.items.models import Item, ItemLink
from voronka.journal.models import Event
from voronka.pipelines.models import Pipeline, Stage


class Settings(Params):
    how: Literal["won", "lost", "any"] = Field(
        "won",
        title=gettext_noop("How it was finished"),
        json_schema_extra=choices(
            won=gettext_noop("Successfully"),
            lost=gettext_noop("Without success"),
            any=gettext_noop("Either way"),
        ),
    )
    all: bool = Field(True, title=gettext_noop("Only when no element is open any more"))
    pipelines: list[PipelineRef] = Field(
        default_factory=list,
        max_length=50,
        title=gettext_noop("Funnels of the elements"),
        description=gettext_noop("Funnels of the elements; empty: any"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    if params.all:
        return _("all elements of the card are finished")
    return _("an element of the card is finished")


def _cards(event: Event) -> Iterable[int]:
    links = ItemLink.objects.filter(child_id=event.subject_id, kind=ItemLink.Kind.PART)
    return list(links.values_list("parent_id", flat=True))


@event_trigger(
    "element_closed",
    title=gettext_lazy("An element was finished"),
    verbs=["item.won", "item.lost"],
    params=Settings,
    says=_says,
    cards=_cards,
    icon="box",
    group=gettext_lazy("Linked cards"),
)
def element_closed(event: Event, params: Settings, robot: Robot) -> bool:
    """Fires on the parent card; with `all`, only when the last open element is finished."""
    if params.how != "any" and event.verb != f"item.{params.how}":
        return False
    funnel = (
        Pipeline.objects.filter(pk=event.pipeline_id or 0).values_list("code", flat=True).first()
    )
    if params.pipelines and funnel not in params.pipelines:
        return False
    if not params.all:
        return True
    parents = _cards(event)
    elements = Item.objects.open().filter(
        parent_links__parent_id__in=parents, parent_links__kind=ItemLink.Kind.PART
    )
    if params.pipelines:
        elements = elements.filter(pipeline__code__in=params.pipelines)
    return not elements.filter(stage__kind=Stage.Kind.OPEN).exists()
