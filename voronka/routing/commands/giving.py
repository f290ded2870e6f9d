"""Giving cards out among people, fairly also when many come at once (IN-13).

Source: docs/domain/routing.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.items.commands import assign_owner
from voronka.items.commands.card import lock_card, note_event
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import NotFound
from voronka.people.models import Absence, User
from voronka.people.schedules import schedules_of
from voronka.routing import rules
from voronka.routing.models import Distribution, Member, Unplaced


@dataclass(frozen=True, slots=True)
class Pick:
    """Who gets a card, why (a code of `rules.Choice`), and what was found of each member."""

    user_id: int
    why: str
    distribution_id: int
    verdicts: dict[int, str]

    @property
    def nobody_fits(self) -> bool:
        """Whether it lies with the person on duty because nobody fitted."""
        return self.why == "nobody_fits"


@transaction.atomic
def pick_owner(
    distribution_id: int,
    wanted: rules.Wanted,
    *,
    at: datetime | None = None,
    previous_id: int | None = None,
) -> Pick:
    """Choose who gets the next card of a group, and count it as given. At most seven queries.

    Holds the group's row until the transaction ends, so that two cards at once are two turns: call
    it in a transaction that is short, or in one of its own before the long one.

    Args:
        at: the moment whose working hours count; now when omitted.
        previous_id: the manager of the client's earlier cards, for a sticky group.
    Raises:
        NotFound: there is no such group.
    """
    now = at or timezone.now()
    group = Distribution.objects.select_for_update().filter(pk=distribution_id).first()
    if group is None:
        raise NotFound(_("There is no such distribution."))
    members = list(
        group.members.filter(active=True).select_related("user__calendar").order_by("position")
    )
    people = {m.user_id: m.user for m in members}
    previous = None
    if group.sticky and previous_id is not None:
        previous = people.get(previous_id) or User.objects.filter(pk=previous_id).first()
        if previous is not None:
            people.setdefault(previous.pk, previous)
    away = _away([*people, *filter(None, [group.duty_id])], now)
    choice = rules.choose(
        _candidates(group, members, away, now),
        wanted,
        strategy=group.strategy,
        after_hours=group.after_hours,
        previous=_previous(previous, away) if previous is not None else None,
    )
    chosen = choice.user_id or on_duty(group, away)
    with connection.cursor() as cursor:  # the clock of the lock's holder: turns never tie
        cursor.execute("SELECT clock_timestamp()")
        given_at = cursor.fetchone()[0]
    group.members.filter(user_id=chosen).update(last_given_at=given_at, given=F("given") + 1)
    return Pick(chosen, choice.why, group.pk, choice.verdicts)


def _candidates(
    group: Distribution, members: list[Member], away: dict[int, int | None], now: datetime
) -> list[rules.Candidate]:
    schedules = schedules_of(m.user for m in members)
    limited = any(m.capacity is not None for m in members) or group.capacity is not None
    counting = limited or group.strategy == Distribution.Strategy.LEAST_LOADED
    loads = workload([m.user_id for m in members]) if counting else {}
    return [
        rules.Candidate(
            user_id=m.user_id,
            at_work=schedules[m.user_id].is_open(now),
            away=m.user_id in away,
            works_here=m.user.is_active,
            load=loads.get(m.user_id, 0),
            capacity=group.capacity if m.capacity is None else m.capacity,
            sources=m.sources,
            grades=m.grades,
            products=m.products,
            last_given_at=m.last_given_at,
            position=m.position,
        )
        for m in members
    ]


def workload(user_ids: list[int]) -> dict[int, int]:
    """Count the open cards of people. One SQL query over an index."""
    open_cards = Item.objects.open().filter(owner_id__in=user_ids)
    return dict(open_cards.values_list("owner_id").annotate(count=Count("pk")).order_by())


def _away(user_ids: list[int], now: datetime) -> dict[int, int | None]:
    """Return who of these people is away now, each with the substitute who was named."""
    rows = Absence.objects.filter(user_id__in=user_ids, starts_at__lte=now, ends_at__gt=now)
    return dict(rows.values_list("user_id", "substitute_id"))


def _previous(user: User, away: dict[int, int | None]) -> rules.Candidate:
    """The previous manager, or who stands in for them."""
    stand_in = away.get(user.pk)
    if stand_in is not None and User.objects.filter(pk=stand_in, is_active=True).exists():
        return rules.Candidate(stand_in)
    return rules.Candidate(user.pk, works_here=user.is_active, away=user.pk in away)


def on_duty(group: Distribution, away: Mapping[int, int | None] | None = None) -> int:
    """Return who gets what fits nobody: the person on duty, their substitute, else the owner.

    Args:
        away: who of the people is away with whom instead; looked up when omitted.
    Raises:
        NotFound: nobody works here.
    """
    duty = group.duty_id
    if away is None:
        away = _away([duty] if duty is not None else [], timezone.now())
    wanted = [] if duty is None else [away.get(duty), duty]
    works = User.objects.filter(is_active=True)
    known = set(works.filter(pk__in=[w for w in wanted if w]).values_list("pk", flat=True))
    found = next((w for w in wanted if w in known), None)
    if found is None:
        found = works.filter(role__everything=True).values_list("pk", flat=True).first()
    found = found or duty
    if found is None:
        raise NotFound(_("Nobody works here whom a card could be given to."))
    return found


@transaction.atomic
def give_item(item_id: int, distribution_id: int, *, by: Actor, at: datetime | None = None) -> Pick:
    """Give a card to whoever of a group is next; records `item.assigned` with the reason.

    Raises:
        NotFound, Forbidden: the card, or the group.
    """
    item = lock_card(item_id, by=by, action="change")
    pick = pick_owner(distribution_id, wanted_of(item), at=at, previous_id=previous_manager(item))
    assign_owner(item_id, to=User.objects.get(pk=pick.user_id), by=by, why=pick.why)
    if pick.nobody_fits:
        note_unplaced(Item.objects.select_related("pipeline").get(pk=item_id), pick, by=by)
    return pick


def note_unplaced(item: Item, pick: Pick, *, by: Actor) -> None:
    """Count a card for which nobody fitted for the head of sales; records `item.nobody_fits`."""
    verdicts = {str(pk): why for pk, why in pick.verdicts.items()}
    Unplaced.objects.create(
        item=item, distribution_id=pick.distribution_id, verdicts=verdicts, at=timezone.now()
    )
    note_event(
        "item.nobody_fits", item, by=by, distribution=pick.distribution_id, verdicts=verdicts
    )


def wanted_of(item: Item) -> rules.Wanted:
    """Return what a group looks at in a card: source, grade, products. Two queries."""
    codes = item.lines.exclude(product=None).values_list("product__code", "product__group")
    products = {part for pair in codes for part in pair if part}
    return rules.Wanted(item.source.code if item.source else "", item.grade, sorted(products))


def previous_manager(item: Item) -> int | None:
    """Return who had the client's last other card. One SQL query."""
    return manager_of(item.contact_id, item.company_id, but=item.pk)


def manager_of(
    contact_id: int | None, company_id: int | None = None, *, but: int | None = None
) -> int | None:
    """Return who had the last card of a person or a company. One SQL query."""
    mine = Q(pk__in=[])
    if contact_id is not None:
        mine |= Q(contact_id=contact_id)
    if company_id is not None:
        mine |= Q(company_id=company_id)
    cards = Item.objects.alive().filter(mine).exclude(pk=but or 0)
    return cards.order_by("-created_at", "-pk").values_list("owner_id", flat=True).first()


def on_settled(event: Event) -> None:
    """Somebody has seen to the card (a handler of `item.assigned` and `item.answered`)."""
    rows: Any = Unplaced.objects.filter(item_id=event.subject_id, settled_at=None)
    rows.update(settled_at=Now())
