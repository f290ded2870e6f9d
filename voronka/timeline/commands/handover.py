"""Dismissal in one action: what is open of a person goes to others, every door closes (AC-4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.clients.models import Client
from voronka.items.commands.editing import assign_owner
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import InvalidInput
from voronka.people import access
from voronka.people.commands.accounts import close_account
from voronka.people.models import User
from voronka.timeline.models import Activity


@dataclass(frozen=True, slots=True)
class HandoverReport:
    """How much went to each heir: {user id: number}."""

    items: dict[int, int]
    activities: dict[int, int]
    clients: dict[int, int]


@transaction.atomic
def dismiss_user(user_id: int, *, heirs: Sequence[int], by: Actor) -> HandoverReport:
    """Hand over everything open of a person and close the account with its sessions and tokens.

    Open cards go to the heirs by turn, a client's cards together; planned activities follow their
    card, others and clients go by turn too. Closed cards keep their owner: history stays true.

    Raises:
        Forbidden: the role may not manage people.
        InvalidInput: no heir while something is open, or an heir who does not work here.
    """
    access.require_right(by, "people")
    heirs = list(dict.fromkeys(heirs))
    active = set(User.objects.filter(pk__in=heirs, is_active=True).values_list("pk", flat=True))
    if user_id in heirs or active != set(heirs):
        raise InvalidInput(_("Choose people who keep working here."))
    items = list(Item.objects.open().filter(owner_id=user_id).order_by("pk"))
    activities = Activity.objects.planned().filter(owner_id=user_id)
    clients = Client.objects.alive().filter(owner_id=user_id).order_by("pk")
    if not heirs and (items or activities.exists() or clients.exists()):
        raise InvalidInput(
            _("Something is still open. Choose who takes it over."),
            fields={"heirs": _("Choose at least one person.")},
        )
    system = Actor(by.kind, None, by.name or _("Handover"))
    turn = cycle(heirs)
    by_client: dict[int, int] = {}
    report = HandoverReport({}, {}, {})
    people = User.objects.in_bulk(heirs)
    for item in items:
        client_id = item.company_id or item.contact_id
        heir = by_client.get(client_id or 0) or next(turn)
        if client_id:
            by_client[client_id] = heir
        assign_owner(item.pk, to=people[heir], by=system)
        moved = Activity.objects.planned().filter(item_id=item.pk, owner_id=user_id)
        _count(report.activities, heir, moved.update(owner_id=heir))
        _count(report.items, heir, 1)
    for activity in activities.order_by("pk"):
        heir = next(turn)
        activity.owner_id = heir
        activity.save(update_fields=["owner"])
        _count(report.activities, heir, 1)
    for client in clients:
        heir = by_client.get(client.pk) or next(turn)
        client.owner_id = heir
        client.save(update_fields=["owner"])
        record("client.assigned", client, by=by, left=user_id, entered=heir, owner_id=heir)
        _count(report.clients, heir, 1)
    close_account(user_id, by=by)
    return report


def _count(where: dict[int, int], heir: int, number: int) -> None:
    if number:
        where[heir] = where.get(heir, 0) + number
