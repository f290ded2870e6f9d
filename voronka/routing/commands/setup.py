"""Setting up groups and the routing table.

Source: docs/domain/routing.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.conditions import check, dump, parse
from voronka.kernel.errors import InvalidInput, NotFound, Sentence
from voronka.people import access
from voronka.people.models import User
from voronka.pipelines.codes import code_from
from voronka.pipelines.models import Pipeline
from voronka.routing.facts import fact_specs
from voronka.routing.models import Distribution, Member, RoutingRule


@dataclass(frozen=True, slots=True)
class MemberSpec:
    """A person in a group. `capacity` is a number of open cards; None takes the group's."""

    user_id: int
    active: bool = True
    capacity: int | None = None
    sources: Sequence[str] = ()
    grades: Sequence[str] = ()
    products: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class DistributionSpec:
    """What a group should be; members in order. Without a person on duty the owner stands in."""

    name: str
    duty_id: int | None
    members: Sequence[MemberSpec] = field(default_factory=list)
    strategy: str = Distribution.Strategy.BY_TURN
    sticky: bool = True
    capacity: int | None = None
    after_hours: str = Distribution.AfterHours.SPREAD
    code: str = ""  # made of the name when empty


@transaction.atomic
def save_distribution(
    spec: DistributionSpec, *, by: Actor, distribution_id: int | None = None
) -> Distribution:
    """Make a group, or change one; whose turn it is stays. Records `distribution.saved`.

    Raises:
        Forbidden: the role lacks "setup".
        InvalidInput: no name, or somebody who does not work here; `fields` says what.
        NotFound: there is no such group.
    """
    access.require_right(by, "setup")
    wrong: dict[str, Sentence] = {}
    name = " ".join(spec.name.split())[:120]
    if not name:
        wrong["name"] = _("Give the group a name.")
    if spec.strategy not in Distribution.Strategy:
        wrong["strategy"] = _("Choose from the list.")
    if spec.after_hours not in Distribution.AfterHours:
        wrong["after_hours"] = _("Choose from the list.")
    wanted = {m.user_id for m in spec.members} | ({spec.duty_id} if spec.duty_id else set())
    works = set(User.objects.filter(pk__in=wanted, is_active=True).values_list("pk", flat=True))
    if spec.duty_id is not None and spec.duty_id not in works:
        wrong["duty"] = _("Name somebody who works here: cards never go to nobody.")
    if any(m.user_id not in works for m in spec.members):
        wrong["members"] = _("Choose people who work here.")
    if wrong:
        raise InvalidInput(
            _("Some fields can't be saved yet. Mend them and try again."), fields=wrong
        )
    if distribution_id is None:
        row = Distribution(code=spec.code or _free_code(name), position=_last(Distribution) + 1)
    else:
        row = _lock(distribution_id)
    row.name, row.duty_id, row.strategy, row.sticky = name, spec.duty_id, spec.strategy, spec.sticky
    row.capacity, row.after_hours, row.archived = spec.capacity, spec.after_hours, False
    row.save()
    for position, member in enumerate(spec.members):
        Member.objects.update_or_create(
            distribution=row,
            user_id=member.user_id,
            defaults={
                "active": member.active,
                "capacity": member.capacity,
                "sources": list(member.sources),
                "grades": [g for g in member.grades if g in ("A", "B", "C")],
                "products": list(member.products),
                "position": position,
            },
        )
    row.members.exclude(user_id__in=[m.user_id for m in spec.members]).delete()
    record("distribution.saved", row, by=by, name=name, members=len(spec.members))
    return row


@transaction.atomic
def archive_distribution(distribution_id: int, *, by: Actor) -> Distribution:
    """Give out no more cards by a group; rows of the table that name it are passed over."""
    access.require_right(by, "setup")
    row = _lock(distribution_id)
    if not row.archived:
        row.archived = True
        row.save(update_fields=["archived"])
        record("distribution.archived", row, by=by, name=row.name)
    return row


def _lock(distribution_id: int) -> Distribution:
    row = Distribution.objects.select_for_update().filter(pk=distribution_id).first()
    if row is None:
        raise NotFound(_("There is no such distribution."))
    return row


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A row of the routing table. `condition` is JSON as `kernel.conditions` reads it."""

    name: str
    condition: Mapping[str, Any] = field(default_factory=dict)
    when: str = RoutingRule.When.ENQUIRY
    pipeline_id: int | None = None
    distribution_id: int | None = None
    owner_id: int | None = None
    active: bool = True
    code: str = ""  # of a new one; made of the name when empty


@transaction.atomic
def save_rule(
    spec: RuleSpec, *, by: Actor, rule_id: int | None = None, unfinished: bool = False
) -> RoutingRule:
    """Add a row at the end of the table, or change one; records `routing_rule.saved`.

    Args:
        unfinished: it may lead nowhere yet: a blueprint does not know the people. Such a row is
            passed over until somebody names its destination.
    Raises:
        Forbidden: the role lacks "setup".
        InvalidInput: no name, a condition that can't be read or asks for what is not there, no
            destination, or one that is not in use.
    """
    access.require_right(by, "setup")
    row = draft_rule(spec, unfinished=unfinished)
    if rule_id is not None:
        kept = RoutingRule.objects.select_for_update().filter(pk=rule_id).first()
        if kept is None:
            raise NotFound(_("There is no such row any more."))
        row.pk, row.position, row.code = kept.pk, kept.position, kept.code
        row.save(force_update=True)
    else:
        row.position = _last(RoutingRule) + 1
        taken = RoutingRule.objects.values_list("code", flat=True)
        row.code = spec.code or code_from(row.name, taken=set(taken), fallback="row")
        row.save(force_insert=True)
    record("routing_rule.saved", row, by=by, name=row.name)
    return row


def draft_rule(spec: RuleSpec, *, unfinished: bool = False) -> RoutingRule:
    """Return a row that is not saved, checked, so that it can be rehearsed.

    Args:
        unfinished: it may lead nowhere yet.
    Raises:
        InvalidInput: as `save_rule`.
    """
    wrong: dict[str, Sentence] = {}
    name = " ".join(spec.name.split())[:120]
    if not name:
        wrong["name"] = _("Give the row a name.")
    if spec.when not in RoutingRule.When:
        wrong["when"] = _("Choose from the list.")
    condition = parse(spec.condition)
    for place, sentence in check(condition, fact_specs()).items():
        wrong[f"condition.{place}"] = sentence
    pipeline = Pipeline.objects.filter(pk=spec.pipeline_id or 0, archived=False).first()
    if spec.pipeline_id is not None and pipeline is None:
        wrong["pipeline"] = _("Choose a funnel that is in use.")
    group = Distribution.objects.filter(pk=spec.distribution_id or 0, archived=False).first()
    if spec.distribution_id is not None and group is None:
        wrong["distribution"] = _("Choose from the list.")
    owner = User.objects.filter(pk=spec.owner_id or 0, is_active=True).first()
    if spec.owner_id is not None and owner is None:
        wrong["owner"] = _("Choose a person.")
    if not (pipeline or group or owner or unfinished) and not wrong:
        wrong["pipeline"] = _("Say where such a card goes: a funnel, a group or a person.")
    if wrong:
        raise InvalidInput(
            _("Some fields can't be saved yet. Mend them and try again."), fields=wrong
        )
    return RoutingRule(
        when=spec.when,
        name=name,
        condition=dump(condition) if spec.condition else {},
        pipeline=pipeline,
        distribution=group,
        owner=owner,
        active=spec.active,
    )


@transaction.atomic
def delete_rule(rule_id: int, *, by: Actor) -> None:
    """Take a row out of the table; records `routing_rule.deleted` with what it said."""
    access.require_right(by, "setup")
    row = RoutingRule.objects.filter(pk=rule_id).first()
    if row is None:
        raise NotFound(_("There is no such row any more."))
    record("routing_rule.deleted", row, by=by, name=row.name, condition=row.condition)
    row.delete()


@transaction.atomic
def reorder_rules(order: Sequence[int], *, by: Actor) -> None:
    """Put the rows of the table in the order of these ids; records `routing_rule.reordered`.

    Raises:
        InvalidInput: the ids are not all of one table.
    """
    access.require_right(by, "setup")
    rows = {r.pk: r for r in RoutingRule.objects.select_for_update().filter(pk__in=order)}
    whens = {r.when for r in rows.values()}
    of_table = RoutingRule.objects.filter(when__in=whens).count()
    if len(whens) != 1 or len(rows) != len(set(order)) or of_table != len(rows):
        raise InvalidInput(_("The list has changed meanwhile. Open it again."))
    changed = []
    for position, pk in enumerate(order):
        if rows[pk].position != position:
            rows[pk].position = position
            changed.append(rows[pk])
    RoutingRule.objects.bulk_update(changed, ["position"])
    if changed:
        record("routing_rule.reordered", changed[0], by=by, order=list(order))


def _last(model: type[Distribution] | type[RoutingRule]) -> int:
    last = model._default_manager.aggregate(last=Max("position"))["last"]
    return -1 if last is None else int(last)


def _free_code(name: str) -> str:
    taken = Distribution.objects.values_list("code", flat=True)
    return code_from(name, taken=set(taken), fallback="group")
