"""Where an enquiry goes: funnel, source and responsible.

Source: docs/domain/intake.md, "where it goes" (IN-13, IN-17, QL-8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from voronka.channels.contract import Incoming
from voronka.channels.errors import NoDestination
from voronka.channels.models import Channel
from voronka.clients.models import Client
from voronka.people.models import User
from voronka.people.schedules import company_schedule
from voronka.pipelines.grades import grade
from voronka.pipelines.models import Field, ItemType, Pipeline, Source
from voronka.pipelines.values import BadValue, clean_value
from voronka.routing.commands import Pick, pick_owner
from voronka.routing.commands.giving import manager_of
from voronka.routing.facts import Subject
from voronka.routing.models import RoutingRule
from voronka.routing.queries import Route, route
from voronka.routing.rules import Wanted


@dataclass(frozen=True, slots=True)
class Destination:
    """A funnel (with its type and calendar), a source, and what the routing table said."""

    channel: Channel
    pipeline: Pipeline
    source: Source | None
    subject: Subject
    route: Route

    @property
    def why(self) -> dict[str, Any]:
        """What the card's first event keeps: the rows of the table that decided."""
        rules = [rule.name for rule in self.route.rules]
        return {"rules": rules} if rules else {}


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for a new card, why (a code), and the turn that was taken, if one was."""

    user_id: int
    why: str
    pick: Pick | None = None


def choose_destination(
    channel: Channel,
    incoming: Incoming,
    client: Client | None,
    rules: Sequence[RoutingRule],
    *,
    at: datetime,
) -> Destination:
    """Return where an enquiry goes: by the routing table, else as the channel says.

    No SQL query without a table, at most four with one.

    Args:
        rules: the table, `routing_rules()`.

    Raises:
        NoDestination: neither a row nor the channel names a funnel that is in use.
    """
    source = channel.source
    if incoming.source and (source is None or incoming.source != source.code):
        named = Source.objects.filter(code=incoming.source, archived=False).first()
        source = named or source
    subject = _subject(channel, incoming, client, source, at, asked=bool(rules))
    way = route(subject, rules, now=at)
    pipeline = way.pipeline or channel.pipeline
    if pipeline is None or pipeline.archived:
        raise NoDestination(
            _("“%(channel)s” has no funnel for its enquiries. Choose one in its settings.")
            % {"channel": channel.name}
        )
    return Destination(channel, pipeline, source, subject, way)


def choose_owner(destination: Destination, client: Client | None) -> Owner:
    """Return who answers for a new card; takes a turn in its group.

    A row of the table comes before the channel, a person before a group. Where all of them have
    left the company, the card is the owner's of the company: never nobody's.

    Raises:
        NoDestination: the company has nobody at all.
    """
    channel, way = destination.channel, destination.route
    if way.owner is not None:
        return Owner(way.owner.pk, "rule")
    group_id = way.distribution.pk if way.distribution else channel.distribution_id
    if group_id is not None:
        wanted = Wanted(
            destination.subject.source, destination.subject.grade, destination.subject.products
        )
        previous = manager_of(client.pk, client.pk) if client is not None else None
        pick = pick_owner(group_id, wanted, previous_id=previous)
        return Owner(pick.user_id, pick.why, pick)
    if channel.owner is not None and channel.owner.is_active:
        return Owner(channel.owner.pk, "channel")
    company_owner = User.objects.filter(is_active=True, role__everything=True).first()
    if company_owner is None:
        raise NoDestination(
            _("“%(channel)s” gives its enquiries to nobody. Name somebody in its settings.")
            % {"channel": channel.name}
        )
    return Owner(company_owner.pk, "nobody_left")


def _subject(
    channel: Channel,
    incoming: Incoming,
    client: Client | None,
    source: Source | None,
    at: datetime,
    *,
    asked: bool,
) -> Subject:
    """Return what the table and the group may ask. Nothing is read when there is no table."""
    values: dict[str, Any] = {}
    letter = ""
    kind = channel.pipeline.item_type if channel.pipeline else None
    if incoming.item_fields and (asked or channel.distribution_id is not None):
        values, letter = _values(kind, incoming)
    return Subject(
        source=source.code if source else "",
        channel=channel.code,
        provider=channel.provider,
        grade=letter,
        products=tuple(incoming.products),
        utm=incoming.utm,
        page=incoming.page,
        text=f"{incoming.subject}\n{incoming.text}".strip()[:10_000],
        values=values,
        known=client is not None,
        is_company=bool(incoming.company) or (client is not None and client.is_company),
        working_time=company_schedule().is_open(at) if asked else True,
    )


def _values(kind: ItemType | None, incoming: Incoming) -> tuple[dict[str, Any], str]:
    """Return the given fields as conditions compare them, and the grade they make."""
    types = ItemType.objects.filter(kind__in=(ItemType.Kind.LEAD, ItemType.Kind.DEAL))
    codes = set(incoming.item_fields) | set((kind.grade_rule.get("fields") or []) if kind else [])
    rows = list(Field.objects.filter(item_type__in=types, archived=False, code__in=codes))
    rows.sort(key=lambda f: f.item_type_id != (kind.pk if kind else None))
    values: dict[str, Any] = {}
    for row in rows:
        if row.code in incoming.item_fields and row.code not in values:
            try:
                values[row.code] = clean_value(row, incoming.item_fields[row.code])
            except BadValue:
                continue
    if kind is None:
        return values, ""
    own = [row for row in rows if row.item_type_id == kind.pk]
    return values, grade(kind.grade_rule, own, values).letter
