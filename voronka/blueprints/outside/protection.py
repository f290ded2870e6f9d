"""From when on reading is unusual and deleting takes two people, in a blueprint (AC-3, AC-7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from voronka.blueprints.errors import Path
from voronka.blueprints.outside_schema import ProtectionSpec
from voronka.blueprints.schema import Blueprint
from voronka.journal.actors import Actor
from voronka.people.commands.companies import save_company
from voronka.people.queries import company

KIND, SECTION, ORDERED = "protection", "protection", False
COMPANY = "company"  # the one part of the section
_USUAL = ProtectionSpec()


def of_rows(*, people: bool) -> dict[str, ProtectionSpec]:
    """Read the limits; nothing when they are as usual. One SQL query."""
    row = company()
    found = ProtectionSpec(reading_limit=row.reading_limit, deletion_limit=row.deletion_limit)
    return {} if found == _USUAL else {COMPANY: found}


def mistakes(blueprint: Blueprint) -> Iterator[tuple[Path, str]]:
    """Find parts that are not the company's."""
    for code in blueprint.protection or {}:
        if code != COMPANY:
            yield (SECTION, code), _("Only the company's limits are carried: call it “company”.")


def attrs(part: ProtectionSpec) -> dict[str, Any]:
    """Return what is compared."""
    return part.model_dump()


def save(code: str, part: ProtectionSpec, *, by: Actor) -> None:
    """Set the limits."""
    save_company(by=by, **part.model_dump())


def remove(code: str, *, by: Actor) -> None:
    """Set the usual limits."""
    save(code, _USUAL, by=by)


def effects(code: str, before: ProtectionSpec | None, after: ProtectionSpec | None) -> list[str]:
    """Say from when they hold."""
    return [_("The new limits hold for what is opened and deleted from now on.")]
