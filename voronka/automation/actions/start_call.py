"""Starts a call: the person's phone rings, then the client's (callback robot, Q6, RB-3)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation import telephony
from voronka.automation.commands.errands import order
from voronka.automation.naming import RobotNames
from voronka.automation.params import Params, Who
from voronka.automation.recipients import one_person
from voronka.automation.registry import Context, Done, Nothing, Result, robot_action
from voronka.clients.models import ContactPoint
from voronka.items.models import Item


class Settings(Params):
    who: Who = Field("owner", title=gettext_noop("Who talks to the client"))


def _says(params: Settings, names: RobotNames) -> str:
    return _("start a call of %(who)s with the client") % {"who": names.who(params.who)}


@robot_action(
    "start_call",
    title=gettext_lazy("Start a call"),
    params=Settings,
    says=_says,
    icon="phone-outgoing",
    group=gettext_lazy("From outside"),
    reaches_client=True,
)
def start_call(item: Item, params: Settings, context: Context) -> Result:
    """Does nothing without a telephony, without phones, or while the person is away."""
    if telephony.connected() is None:
        return Nothing(gettext_lazy("No telephony is connected."))
    person = one_person(item, params.who)
    if person is None or not person.phone:
        return Nothing(gettext_lazy("There is nobody with a phone to talk to the client."))
    if person.absences.filter(starts_at__lte=context.now, ends_at__gt=context.now).exists():
        return Nothing(gettext_lazy("%(who)s is away."), {"who": person})
    clients = [pk for pk in (item.contact_id, item.company_id) if pk]
    phones = ContactPoint.objects.filter(client_id__in=clients, kind=ContactPoint.Kind.PHONE)
    phone = phones.order_by("position", "pk").values_list("value", flat=True).first()
    if phone is None:
        return Nothing(gettext_lazy("The client has no phone."))
    errand = order(
        "call",
        {
            "user_id": person.pk,
            "user_phone": person.phone,
            "client_phone": phone,
            "item_id": item.pk,
        },
        key=context.key,
        item=item,
        run=context.run,
    )
    return Done(
        gettext_lazy("a call of %(who)s with the client is on its way"),
        {"who": person},
        {"errand": errand.pk},
    )
