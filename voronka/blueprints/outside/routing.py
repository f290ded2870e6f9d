"""The routing table in a blueprint (QL-8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.utils.translation import gettext as _

from voronka.blueprints.errors import Path
from voronka.blueprints.outside import naming
from voronka.blueprints.outside_schema import RouteSpec
from voronka.blueprints.schema import Blueprint
from voronka.journal.actors import Actor
from voronka.kernel import conditions
from voronka.kernel.errors import InvalidInput
from voronka.routing.commands import RuleSpec, delete_rule, reorder_rules, save_rule
from voronka.routing.models import RoutingRule

KIND, SECTION, ORDERED = "route", "routing", True


def of_rows(*, people: bool) -> dict[str, RouteSpec]:
    """Read the table in order, enquiries first. One SQL query."""
    rows = RoutingRule.objects.select_related("pipeline", "distribution", "owner")
    return {
        row.code: RouteSpec(
            name=row.name,
            when=row.when,
            conditions=row.condition,
            pipeline=row.pipeline.code if row.pipeline else "",
            group=row.distribution.code if row.distribution else "",
            owner=naming.email_of(row.owner, people=people),
            enabled=row.active,
        )
        for row in rows.order_by("-when", "position", "pk")
    }


def mistakes(blueprint: Blueprint) -> Iterator[tuple[Path, str]]:
    """Find rows without a name, unreadable conditions, and places that are not in the file."""
    for code, part in (blueprint.routing or {}).items():
        path: Path = (SECTION, code)
        yield from naming.no_name(path, part.name)
        yield from naming.no_funnel(blueprint, (*path, "pipeline"), part.pipeline)
        yield from naming.no_group(blueprint, (*path, "group"), part.group)
        try:
            conditions.parse(part.conditions)
        except InvalidInput as invalid:
            for place, sentence in (invalid.fields or {"": invalid.detail}).items():
                steps = [int(s) if s.isdecimal() else s for s in place.split(".") if s]
                yield (*path, "conditions", *steps), str(sentence)


def attrs(part: RouteSpec) -> dict[str, Any]:
    """Return what is compared; a condition in the one form in which it is kept."""
    found = {**part.model_dump(), "name": " ".join(part.name.split())}
    with suppress(InvalidInput):  # a mistake that `mistakes` tells
        found["conditions"] = conditions.dump(conditions.parse(part.conditions))
    if found["conditions"] == conditions.dump(conditions.ALWAYS):
        found["conditions"] = {}
    return {k: v for k, v in found.items() if k != "owner" or v is not None}


def save(code: str, part: RouteSpec, *, by: Actor) -> None:
    """Write a row of the table."""
    row = RoutingRule.objects.filter(code=code).first()
    spec = RuleSpec(
        part.name,
        part.conditions,
        part.when,
        naming.pipeline_id(part.pipeline),
        naming.group_id(part.group),
        naming.person_id(part.owner, row.owner_id if row else None),
        part.enabled,
        code,
    )
    save_rule(spec, by=by, rule_id=row.pk if row else None, unfinished=True)


def remove(code: str, *, by: Actor) -> None:
    """Take a row out of the table."""
    delete_rule(RoutingRule.objects.get(code=code).pk, by=by)


def arrange(order: tuple[str, ...], *, by: Actor) -> None:
    """Put the rows of each of the two tables in this order."""
    rows = {row.code: row for row in RoutingRule.objects.all()}
    for when in RoutingRule.When.values:
        ids = [rows[code].pk for code in order if code in rows and rows[code].when == when]
        if ids:
            reorder_rules(ids, by=by)


def effects(code: str, before: RouteSpec | None, after: RouteSpec | None) -> list[str]:
    """Say that a row leads nowhere yet, because the file does not name people."""
    if after is None or after.pipeline or after.group or after.owner:
        return []
    if before is not None and after.owner is None and before.owner:
        return []
    return [_("It leads nowhere until somebody names who gets its cards, and is passed over.")]
