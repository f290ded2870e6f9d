"""Tells people something: behind the bell."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import Params, Who, Words
from voronka.automation.recipients import people
from voronka.automation.registry import Context, Done, Nothing, Result, robot_action
from voronka.automation.texts import fill
from voronka.items.models import Item
from voronka.timeline.commands.notifications import notify
from voronka.timeline.models import Notification


class Settings(Params):
    who: list[Who] = Field(default_factory=lambda: ["owner"], min_length=1, max_length=20)
    text: Words = Field(description="With {title}, {amount}, {client.name} … of the card")


def _says(params: Settings, names: RobotNames) -> str:
    return _("tell %(who)s: “%(text)s”") % {"who": names.whom(params.who), "text": params.text}


@robot_action(
    "notify",
    title=gettext_lazy("Tell people"),
    params=Settings,
    says=_says,
    icon="bell",
    group=gettext_lazy("People"),
)
def notify_people(item: Item, params: Settings, context: Context) -> Result:
    """Everybody is told once, in their own language; nobody of what they have just done."""
    doer = context.event.actor_user_id if context.event and not context.robot.delay else None
    told = [user for user in people(item, params.who) if user.pk != doer]
    for user in told:
        text = fill(params.text.local, item, now=context.now, language=user.language)
        notify(user.pk, Notification.Kind.ROBOT, text, item_id=item.pk)
    if not told:
        return Nothing(gettext_lazy("There is nobody to tell."))
    names = ", ".join(str(user) for user in told)
    return Done(gettext_lazy("told: %(people)s"), {"people": names})
