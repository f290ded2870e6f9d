"""The rows of the matrix page: what there is to have rights to, and how far they reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from voronka.people.access import ACTIONS, CLIENTS, SCOPE_TITLES, Access, Scope
from voronka.pipelines.models import ItemType

ELSE = "*"
ACTION_TITLES: dict[str, Promise] = {
    "see": pgettext_lazy("action", "See"),
    "add": pgettext_lazy("action", "Add"),
    "change": pgettext_lazy("action", "Change"),
    "move": pgettext_lazy("action", "Move"),
    "delete": pgettext_lazy("action", "Delete"),
    "export": pgettext_lazy("action", "Export"),
    "import": pgettext_lazy("action", "Import"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One choice of the matrix."""

    name: str  # of the form field
    label: str  # for those who cannot see the table's head
    code: str  # the scope chosen here, "" when a row above decides
    reaches: Scope  # what follows in the end
    title: str  # of what follows

    @property
    def changed(self) -> bool:
        """Whether this row says something of its own."""
        return bool(self.code)


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of card, one pipeline, clients, or everything else."""

    key: str
    title: str
    depth: int
    cells: list[Cell | None]  # in the order of ACTIONS; None where the action makes no sense

    @property
    def group(self) -> bool:
        """Whether pipelines stand below this row."""
        return self.depth == 0


def titles() -> list[str]:
    """Return the head of the table."""
    return [str(ACTION_TITLES[action]) for action in ACTIONS]


def effective(access: Access, matrix: Mapping[str, Mapping[str, str]] | None = None) -> list[Row]:
    """Return every row with what it says itself and what follows. Two SQL queries."""
    own = access.matrix if matrix is None else matrix
    rows = [_row(access, own, ELSE, _("Everything else"), 0)]
    types = ItemType.objects.prefetch_related("pipelines").order_by("position", "pk")
    for item_type in types:
        rows.append(_row(access, own, item_type.code, str(item_type.plural), 0))
        pipelines = sorted(item_type.pipelines.all(), key=lambda p: (p.position, p.pk))
        for pipeline in pipelines:
            key = f"{item_type.code}/{pipeline.code}"
            rows.append(_row(access, own, key, str(pipeline.name), 1))
    rows.append(_row(access, own, CLIENTS, _("Clients"), 0))
    return rows


def _row(
    access: Access, own: Mapping[str, Mapping[str, str]], key: str, title: str, depth: int
) -> Row:
    kind, _slash, pipeline = key.partition("/")
    cells: list[Cell | None] = []
    for action in ACTIONS:
        if key == CLIENTS and action == "move":
            cells.append(None)
            continue
        scope = access.scope(action, kind, pipeline)
        cells.append(
            Cell(
                f"{key}:{action}",
                f"{title}: {ACTION_TITLES[action]}",
                own.get(key, {}).get(action, ""),
                scope,
                str(SCOPE_TITLES[scope]),
            )
        )
    return Row(key, title, depth, cells)
