"""Gives the card to somebody else."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.commands.auto_tasks import Closing, TaskOrder, set_task
from voronka.automation.models import AutoTask
from voronka.automation.naming import RobotNames
from voronka.automation.params import Duration, Params, Who
from voronka.automation.recipients import one_person, people
from voronka.automation.registry import Context, Done, Effect, Nothing, Result, robot_action
from voronka.automation.spans import Span
from voronka.items.commands import assign_owner, watch_item
from voronka.items.models import Item
from voronka.people.models import User


class Settings(Params):
    to: Who = Field(
        title=gettext_noop("To whom"),
        description=gettext_noop("Of several people, who has the fewest open cards"),
    )
    keep_watching: bool = Field(
        True, title=gettext_noop("The former responsible still sees the card and hears of it")
    )
    accept_within: Duration = Field(
        "",
        title=gettext_noop("To be accepted within"),
        description=gettext_noop(
            "The new one has to accept it within this time; empty: no acceptance"
        ),
    )


def _says(params: Settings, names: RobotNames) -> str:
    said = {"who": names.to_one(params.to), "span": names.span(params.accept_within)}
    if params.accept_within:
        return _("hand the card over to %(who)s, to be accepted within %(span)s") % said
    return _("hand the card over to %(who)s") % said


def _causes(params: Settings) -> Iterable[Effect]:
    return [Effect("assigned")]


@robot_action(
    "assign",
    title=gettext_lazy("Hand the card over"),
    params=Settings,
    says=_says,
    causes=_causes,
    icon="user",
    group=gettext_lazy("People"),
)
def assign(item: Item, params: Settings, context: Context) -> Result:
    """The former responsible keeps reading access; acceptance has a clock of its own (FS-10)."""
    if params.to == "stage" and any(u.pk == item.owner_id for u in people(item, [params.to])):
        return Nothing(gettext_lazy("It is theirs already."))
    person = one_person(item, params.to, but=item.owner_id)
    if person is None:
        return Nothing(gettext_lazy("There is nobody to hand it over to."))
    if person.pk == item.owner_id:
        return Nothing(gettext_lazy("It is theirs already."))
    former = User.objects.get(pk=item.owner_id)
    item = assign_owner(item.pk, to=person, by=context.by)
    if params.keep_watching and former.is_active:
        watch_item(item.pk, user=former, by=context.by)
    span = Span.read(params.accept_within)
    if span:
        due = span.after(context.now, lambda: context.schedule(person.pk))
        set_task(
            item,
            TaskOrder(
                title=_("Accept the card: look it through and take it on"),
                text="",
                due_at=due,
                owner_id=person.pk,
                purpose=AutoTask.Purpose.ACCEPT,
                closing=Closing(by_leaving=True, by_criteria=False),
            ),
            robot=context.robot,
            by=context.by,
        )
    return Done(gettext_lazy("handed over to %(who)s"), {"who": person}, {"user": person.pk})
