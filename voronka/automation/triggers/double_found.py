"""A client turns out to be known already: another one has the same contact or number (IN-11)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.automation.models import Robot
from voronka.automation.registry import NoParams, event_trigger
from voronka.clients.models import Client
from voronka.clients.queries import new_doubles
from voronka.items.models import Item
from voronka.journal.models import Event

_MOST = 50  # cards that one event wakes


def _cards(event: Event) -> Iterable[int]:
    """Return the open cards of the client and of those who are probably the same."""
    client = Client.objects.alive().filter(pk=event.subject_id).first()
    doubles = new_doubles(client, event) if client is not None else []
    if client is None or not doubles:
        return []
    ids = [client.pk, *(match.client.pk for match in doubles)]
    cards = Item.objects.open().filter(Q(contact_id__in=ids) | Q(company_id__in=ids))
    return list(cards.order_by("-pk").values_list("pk", flat=True)[:_MOST])


@event_trigger(
    "double_found",
    title=gettext_lazy("A double of the client was found"),
    verbs=[
        "client.created",
        "client.changed",
        "client.contact_added",
        "client.contact_changed",
        "client.restored",
    ],
    params=NoParams,
    says=lambda params, names: _("a double of the client was found"),
    cards=_cards,
    icon="users",
    group=gettext_lazy("Card"),
)
def double_found(event: Event, params: NoParams, robot: Robot) -> bool:
    """Fires on the open cards of both. A like name alone is no double: it would cry wolf."""
    return True
