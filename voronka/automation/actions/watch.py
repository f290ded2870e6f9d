"""Lets people follow the card: they see it and hear of its moves."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import Params, Who
from voronka.automation.recipients import people
from voronka.automation.registry import Context, Done, Nothing, Result, robot_action
from voronka.items.commands import watch_item
from voronka.items.models import Item, Watch


class Settings(Params):
    who: list[Who] = Field(
        default_factory=lambda: ["head"],
        min_length=1,
        max_length=20,
        title=gettext_noop("Who follows the card"),
    )


def _says(params: Settings, names: RobotNames) -> str:
    return _("let %(who)s follow the card") % {"who": names.whom(params.who)}


@robot_action(
    "watch",
    title=gettext_lazy("Let people follow the card"),
    params=Settings,
    says=_says,
    icon="eye",
    group=gettext_lazy("People"),
)
def watch(item: Item, params: Settings, context: Context) -> Result:
    """Whoever follows it already stays as they are."""
    known = set(Watch.objects.filter(item=item).values_list("user_id", flat=True))
    found = [user for user in people(item, params.who) if user.pk not in known]
    if not found:
        return Nothing(gettext_lazy("They follow it already."))
    for user in found:
        watch_item(item.pk, user=user, by=context.by)
    names = ", ".join(str(user) for user in found)
    return Done(gettext_lazy("follow the card now: %(people)s"), {"people": names})
