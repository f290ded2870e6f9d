"""Gives the card out among a group of people, by turn or to the least loaded (IN-13)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import Params
from voronka.automation.registry import Context, Done, Effect, Nothing, Result, robot_action
from voronka.items.models import Item
from voronka.kernel.errors import NotFound
from voronka.people.models import User
from voronka.routing.commands.giving import give_item
from voronka.routing.models import Distribution


class Settings(Params):
    group: str = Field(
        min_length=1,
        max_length=60,
        title=gettext_noop("By which distribution"),
        json_schema_extra={"x-ref": "distribution"},
    )


def _says(params: Settings, names: RobotNames) -> str:
    return _("give the card out among “%(group)s”") % {"group": names.group(params.group)}


def _causes(params: Settings) -> Iterable[Effect]:
    return [Effect("assigned")]


@robot_action(
    "distribute",
    title=gettext_lazy("Give the card out among a group"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="users-group",
    group=gettext_lazy("People"),
)
def distribute(item: Item, params: Settings, context: Context) -> Result:
    """Whoever fits gets it; when nobody does, the person on duty, and the head of sales sees it."""
    group = Distribution.objects.filter(code=params.group, archived=False).first()
    if group is None:
        raise NotFound(_("There is no distribution “%(code)s”.") % {"code": params.group})
    pick = give_item(item.pk, group.pk, by=context.by, at=context.now)
    if pick.user_id == item.owner_id:
        return Nothing(gettext_lazy("It is theirs already."))
    person = User.objects.get(pk=pick.user_id)
    return Done(gettext_lazy("handed over to %(who)s"), {"who": person}, {"user": person.pk})
