"""A client of this card has written to another one: what was nurtured asks again (N1)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.automation.models import Robot
from voronka.automation.registry import NoParams, event_trigger
from voronka.channels.robots.message_received import VERBS, is_written
from voronka.items.models import Item
from voronka.journal.models import Event


def _cards(event: Event) -> Iterable[int]:
    """Return the open cards of the client besides the one that the message came to."""
    if not is_written(event):
        return []
    own = Item.objects.filter(pk=event.subject_id).values_list("contact_id", "company_id").first()
    contact, company = own or (None, None)
    if contact is None and company is None:
        return []
    theirs = Q(contact_id=contact) if contact else Q(company_id=company, contact_id=None)
    others = Item.objects.open().filter(theirs).exclude(pk=event.subject_id)
    return list(others.order_by("-pk").values_list("pk", flat=True)[:20])


@event_trigger(
    "wrote_elsewhere",
    title=gettext_lazy("The client wrote again, and another card took it up"),
    verbs=VERBS,
    params=NoParams,
    says=lambda params, names: _("the client wrote again, and another card took it up"),
    cards=_cards,
    icon="messages",
    group=gettext_lazy("Messages"),
    counts=is_written,
)
def wrote_elsewhere(event: Event, params: NoParams, robot: Robot) -> bool:
    """Fires on every other open card of the same client: letters there may stop."""
    return is_written(event)
