"""The ways in and out in a blueprint: one module for each section, all of the same shape.

A section that comes later (another way in, another list of the set-up) is one module more, named
in `SECTIONS`, and its model in `outside_schema`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from voronka.blueprints.basics import Part
from voronka.blueprints.errors import Path
from voronka.blueprints.outside import (
    channels,
    groups,
    notices,
    protection,
    routing,
    templates,
    webhooks,
)
from voronka.blueprints.schema import Blueprint
from voronka.journal.actors import Actor


class Section(Protocol):
    """What a module of a section does."""

    KIND: str  # of one part: "channel"
    SECTION: str  # key in the file: "channels"
    ORDERED: bool  # whether the order of the file is the order on the screen

    def of_rows(self, *, people: bool) -> Mapping[str, Part]:
        """Read what is set up; `people`: with e-mails of people. Nothing archived."""

    def mistakes(self, blueprint: Blueprint) -> Iterator[tuple[Path, str]]:
        """Find what can't be applied. No database."""

    def attrs(self, part: Any) -> dict[str, Any]:
        """Return what is compared, in the one form in which it is kept; without what is left."""

    def save(self, code: str, part: Any, *, by: Actor) -> None:
        """Make the part what the file says, through the commands."""

    def remove(self, code: str, *, by: Actor) -> None:
        """Take the part out of use."""

    def effects(self, code: str, before: Any, after: Any) -> list[str]:
        """Say what adding, changing or removing it does to what is there."""


IN_ORDER: tuple[Section, ...] = (
    templates,
    groups,
    channels,
    routing,
    webhooks,
    notices,
    protection,
)
SECTIONS: dict[str, Section] = {section.KIND: section for section in IN_ORDER}
