"""Groups among whom cards are given out (IN-13). People are in the file only when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from voronka.blueprints.errors import Path
from voronka.blueprints.outside import naming
from voronka.blueprints.outside_schema import GroupSpec, MemberSpec
from voronka.blueprints.schema import Blueprint
from voronka.journal.actors import Actor
from voronka.people.models import User
from voronka.routing.commands import DistributionSpec, archive_distribution, save_distribution
from voronka.routing.commands import MemberSpec as Member
from voronka.routing.models import Distribution

KIND, SECTION, ORDERED = "group", "groups", False


def of_rows(*, people: bool) -> dict[str, GroupSpec]:
    """Read the groups in use. Two SQL queries."""
    rows = Distribution.objects.filter(archived=False).select_related("duty")
    return {
        row.code: GroupSpec(
            name=row.name,
            strategy=row.strategy,
            sticky=row.sticky,
            capacity=row.capacity,
            after_hours=row.after_hours,
            duty=naming.email_of(row.duty, people=people),
            members=_members(row) if people else None,
        )
        for row in rows.prefetch_related("members__user")
    }


def _members(row: Distribution) -> dict[str, MemberSpec]:
    return {
        member.user.email: MemberSpec(
            active=member.active,
            capacity=member.capacity,
            sources=list(member.sources),
            grades=list(member.grades),
            products=list(member.products),
        )
        for member in row.members.all()
    }


def mistakes(blueprint: Blueprint) -> Iterator[tuple[Path, str]]:
    """Find groups without a name, and sources that are not in the file."""
    for code, part in (blueprint.groups or {}).items():
        path: Path = (SECTION, code)
        yield from naming.no_name(path, part.name)
        for email, member in (part.members or {}).items():
            for source in member.sources:
                place: Path = (*path, "members", email, "sources")
                yield from naming.no_source(blueprint, place, source)


def attrs(part: GroupSpec) -> dict[str, Any]:
    """Return what is compared: people only where the file names them."""
    found = {**part.model_dump(), "name": " ".join(part.name.split())}
    if part.members is not None:
        found["members"] = [(email.lower(), member) for email, member in found["members"].items()]
    if part.duty is not None:
        found["duty"] = part.duty.lower()
    return {k: v for k, v in found.items() if v is not None or k not in ("duty", "members")}


def save(code: str, part: GroupSpec, *, by: Actor) -> None:
    """Write a group; whose turn it is stays, and so do its people where the file is silent."""
    row = Distribution.objects.filter(code=code).first()
    members = _kept(row) if part.members is None else _named(part.members)
    spec = DistributionSpec(
        part.name,
        naming.person_id(part.duty, row.duty_id if row else None),
        members,
        part.strategy,
        part.sticky,
        part.capacity,
        part.after_hours,
        code,
    )
    save_distribution(spec, by=by, distribution_id=row.pk if row else None)


def _kept(row: Distribution | None) -> list[Member]:
    members = row.members.filter(user__is_active=True) if row else ()
    return [
        Member(m.user_id, m.active, m.capacity, m.sources, m.grades, m.products) for m in members
    ]


def _named(members: dict[str, MemberSpec]) -> list[Member]:
    ids = {
        email.lower(): pk
        for pk, email in User.objects.filter(is_active=True).values_list("pk", "email")
    }
    return [
        Member(ids[email.lower()], m.active, m.capacity, m.sources, m.grades, m.products)
        for email, m in members.items()
        if email.lower() in ids
    ]


def remove(code: str, *, by: Actor) -> None:
    """Give out no more cards by a group."""
    archive_distribution(Distribution.objects.get(code=code).pk, by=by)


def effects(code: str, before: GroupSpec | None, after: GroupSpec | None) -> list[str]:
    """Say that a new group has nobody yet, and that rows of the table pass a removed one over."""
    if after is None:
        return [_("Rows of the routing table that name it are passed over.")]
    if before is None and not after.members:
        return [_("It has nobody yet: name its people. Till then its cards are the owner's.")]
    return []
