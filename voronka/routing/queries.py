"""Reads of the routing table: where would this go, and what would last month have looked like.

Source: docs/domain/routing.md (QL-8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q

from voronka.items.models import Item, ItemLink, LineItem, Touch
from voronka.kernel.conditions import judge, parse
from voronka.kernel.prepared import Prepared
from voronka.people.models import User
from voronka.people.schedules import company_schedule
from voronka.pipelines.models import ItemType, Pipeline
from voronka.routing.facts import Subject, subject_of
from voronka.routing.models import Distribution, Member, RoutingRule, Unplaced

MOST_TRIED = 2000  # cards of a rehearsal, the newest
PAGE = 50


@dataclass(frozen=True, slots=True)
class Route:
    """Where a card goes by the table. Each part is None when no row decides it."""

    pipeline: Pipeline | None = None
    distribution: Distribution | None = None
    owner: User | None = None
    rules: tuple[RoutingRule, ...] = ()  # the rows that decided, in order


def routing_rules(when: str = RoutingRule.When.ENQUIRY, *, all_: bool = False) -> list[RoutingRule]:
    """Return the rows of a table in order, with what they name. One SQL query, or a lighter one.

    Most companies have no table: whether there is a row is asked first, at a tenth of the cost.

    Args:
        all_: those that are switched off as well.
    """
    if (_EVERY if all_ else _ACTIVE).first(when) is None:
        return []
    rows = RoutingRule.objects.filter(when=when)
    if not all_:
        rows = rows.filter(active=True)
    named = ("pipeline__item_type", "pipeline__calendar", "distribution", "owner")
    return list(rows.select_related(*named).order_by("position", "pk"))


_EVERY = Prepared(
    lambda when: RoutingRule.objects.filter(when=when).only("pk").order_by()[:1],
    str,
    model=RoutingRule,
)
_ACTIVE = Prepared(
    lambda when: RoutingRule.objects.filter(when=when, active=True).only("pk").order_by()[:1],
    str,
    model=RoutingRule,
    steady=True,
)


def route(subject: Subject, rules: Sequence[RoutingRule], *, now: datetime) -> Route:
    """Return where a subject goes. No SQL query.

    The first row whose condition holds decides what it names; what it leaves empty is decided by
    the next row that holds and names it. Funnels and groups in the archive are passed over.
    """
    facts = subject.facts()
    pipeline: Pipeline | None = None
    distribution: Distribution | None = None
    owner: User | None = None
    used: list[RoutingRule] = []
    for rule in rules:
        its_pipeline = rule.pipeline if rule.pipeline and not rule.pipeline.archived else None
        its_group = rule.distribution
        its_group = its_group if its_group and not its_group.archived else None
        its_owner = rule.owner if rule.owner and rule.owner.is_active else None
        gives_funnel = pipeline is None and its_pipeline is not None
        settled = owner is not None or distribution is not None
        gives_person = not settled and (its_owner is not None or its_group is not None)
        if not (gives_funnel or gives_person):
            continue
        if not judge(parse(rule.condition), facts, now=now).holds:
            continue
        used.append(rule)
        pipeline = pipeline or its_pipeline
        if not settled:
            owner, distribution = its_owner, None if its_owner else its_group
        if pipeline is not None and (owner is not None or distribution is not None):
            break
    return Route(pipeline, distribution, owner, tuple(used))


def propose(item: Item, *, now: datetime) -> Route:
    """Return where a lead should go when it becomes a deal. At most five SQL queries."""
    rules = routing_rules(RoutingRule.When.CONVERSION)
    if not rules:
        return Route()
    touch = Touch.objects.filter(item_id=item.pk).order_by("at").first()
    return route(subject_of(item, touch, {}), rules, now=now)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One card of a rehearsal: where it is, and where the table would have put it."""

    item: Item
    route: Route

    @property
    def differs(self) -> bool:
        """Whether it would have started in another funnel than it did."""
        there = self.route.pipeline
        return there is not None and there.pk != self.item.pipeline_id


@dataclass(slots=True)
class Rehearsal:
    """What the table would have done: cards by the row that decided (None: no row), the newest."""

    cards: list[Rehearsed] = field(default_factory=list)
    by_rule: dict[int | None, int] = field(default_factory=dict)
    by_pipeline: dict[int | None, int] = field(default_factory=dict)
    cut: bool = False  # there were more than MOST_TRIED


def rehearse(
    rules: Sequence[RoutingRule],
    *,
    user: User,
    since: datetime,
    until: datetime,
    channels: Mapping[int, tuple[str, str]],
    limit: int = MOST_TRIED,
) -> Rehearsal:
    """Say what would have happened to the enquiries of a period (QL-8). At most seven SQL queries.

    Rows need not be saved: a table can be tried before it is used. Cards that the person may not
    see are left out; who would have got a card inside a group is not guessed.

    Args:
        channels: channel id -> (code, provider), for rows that ask for it.
    """
    grown = ItemLink.objects.filter(child=OuterRef("pk"), kind=ItemLink.Kind.CONVERTED)
    kinds = (ItemType.Kind.LEAD, ItemType.Kind.DEAL)
    cards = Item.objects.visible_to(user).filter(
        ~Exists(grown),
        created_at__gte=since,
        created_at__lt=until,
        pipeline__item_type__kind__in=kinds,
    )
    before = Item.objects.alive().filter(
        contact=OuterRef("contact"), created_at__lt=OuterRef("created_at")
    )
    cards = cards.annotate(known_before=Exists(before))
    cards = cards.select_related("source", "owner", "pipeline").prefetch_related(
        Prefetch("lines", LineItem.objects.select_related("product"))
    )
    found = list(cards.order_by("-created_at", "-pk")[: limit + 1])
    told = Rehearsal(cut=len(found) > limit)
    hours = company_schedule()
    firsts: dict[int, Touch] = {}
    for touch in Touch.objects.filter(item__in=[c.pk for c in found[:limit]]).order_by("-at"):
        firsts[touch.item_id] = touch
    for item in found[:limit]:
        subject = subject_of(
            item,
            firsts.get(item.pk),
            channels,
            known=bool(getattr(item, "known_before", False)),
            working_time=hours.is_open(item.created_at),
        )
        there = route(subject, rules, now=item.created_at)
        told.cards.append(Rehearsed(item, there))
        rule = there.rules[0].pk if there.rules else None
        told.by_rule[rule] = told.by_rule.get(rule, 0) + 1
        pipeline = there.pipeline.pk if there.pipeline else None
        told.by_pipeline[pipeline] = told.by_pipeline.get(pipeline, 0) + 1
    return told


@dataclass(frozen=True, slots=True)
class DistributionRow:
    """A line of the list of groups."""

    distribution: Distribution  # with the person on duty
    members: list[Member]  # with their users
    unplaced: int  # cards for which nobody fitted, not seen to yet


def distributions(*, archived: bool = False) -> list[DistributionRow]:
    """Return the groups in order, with members. Two SQL queries."""
    waiting = Count("unplaced", filter=Q(unplaced__settled_at=None), distinct=True)
    rows = Distribution.objects.filter(archived=archived).select_related("duty")
    members = Prefetch("members", Member.objects.select_related("user"))
    return [
        DistributionRow(row, list(row.members.all()), _number(row, "waiting"))
        for row in rows.annotate(waiting=waiting).prefetch_related(members)
    ]


def _number(row: Any, name: str) -> int:
    return int(getattr(row, name))


def unplaced(user: User, *, before: int | None = None, limit: int = PAGE) -> list[Unplaced]:
    """Return the cards for which nobody fitted and nobody has seen to, the newest first."""
    rows = Unplaced.objects.filter(settled_at=None, item__in=Item.objects.visible_to(user))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    rows = rows.select_related("item__owner", "item__pipeline", "distribution")
    return list(rows.order_by("-pk")[:limit])


def count_unplaced(user: User) -> int:
    """Count them: the head of sales' counter, at most a few dozen."""
    visible = Item.objects.visible_to(user)
    return Unplaced.objects.filter(settled_at=None, item__in=visible).count()
