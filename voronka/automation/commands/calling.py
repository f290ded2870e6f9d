"""A call that a person starts with one click, without seeing the number (AC-3)."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.automation import telephony
from voronka.automation.commands.errands import order
from voronka.automation.models import Errand
from voronka.clients.models import ContactPoint
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Conflict, Forbidden, NotFound
from voronka.people import access
from voronka.people.models import User


@transaction.atomic
def call_contact(point_id: int, *, by: Actor) -> Errand:
    """Order a call: the person's own phone rings, then the client's; records `client.called`.

    Raises:
        NotFound: there is no such phone.
        Forbidden: the role does not show the client, or nobody is there to talk.
        Conflict: no telephony is connected, or the person has no phone.
    """
    if by.user_id is None:
        raise Forbidden(_("Only a person can call."))
    point = ContactPoint.objects.select_related("client").filter(pk=point_id, kind="phone").first()
    if point is None:
        raise NotFound(_("There is no such phone any more. Open the client again."))
    access.require(by, "see", access.CLIENTS, owner_id=point.client.owner_id)
    if telephony.connected() is None:
        raise Conflict(_("No telephony is connected: have the number shown, and dial it."))
    own = User.objects.get(pk=by.user_id).phone
    if not own:
        raise Conflict(_("Write your phone into your profile: it rings first."))
    record("client.called", point.client, by=by, contact=point.pk)
    payload = {
        "user_id": by.user_id,
        "user_phone": own,
        "client_phone": point.value,
        "item_id": None,
    }
    return order("call", payload, key=f"by-hand-{uuid4()}")
