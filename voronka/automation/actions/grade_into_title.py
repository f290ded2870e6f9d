"""Puts the grade before the title, so that A is seen first wherever the card is shown (Q7)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import Params, columns
from voronka.automation.registry import Context, Done, Effect, Nothing, Result, robot_action
from voronka.items.commands import edit_item
from voronka.items.models import Item

_MARK = re.compile(r"^(?:A{1,3}|B{1,3}|C{1,3}) · ")
_LONGEST = 255  # letters of a title


class Settings(Params):
    marks: dict[str, str] = Field(
        default_factory=lambda: {"A": "A", "B": "B", "C": "C"},
        max_length=3,
        title=gettext_noop("What is written for a grade"),
        description=gettext_noop("What is written for a grade, e.g. AAA for A"),
        json_schema_extra=columns(gettext_noop("Grade"), gettext_noop("Is written as")),
    )


def _says(params: Settings, names: RobotNames) -> str:
    return _("put the grade before the title")


def _causes(params: Settings) -> Iterable[Effect]:
    return [Effect("changed", "title")]


@robot_action(
    "grade_into_title",
    title=gettext_lazy("Put the grade into the title"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="abc",
    group=gettext_lazy("Card"),
)
def grade_into_title(item: Item, params: Settings, context: Context) -> Result:
    """The former grade goes, the present one comes: “A · Kitchen for Ivanova”."""
    marks = "|".join(re.escape(m) for m in sorted(params.marks.values(), key=len, reverse=True))
    bare = _MARK.sub("", item.title)
    if marks:
        bare = re.sub(rf"^(?:{marks}) · ", "", bare)
    mark = params.marks.get(item.grade, item.grade)
    title = f"{mark} · {bare}"[:_LONGEST] if mark else bare
    if title == item.title:
        return Nothing(gettext_lazy("The title says so already."))
    edit_item(item.pk, {"title": title}, by=context.by)
    return Done(gettext_lazy("the title is now “%(title)s”"), {"title": title})
