"""A condition as it is built: a tree of rows, from JSON and from a form, and back to JSON.

A form names a row by its way from the root: "c.0.1.fact"; hidden inputs "c" list the rows in order,
so that a row is added, taken away or nested by drawing the form again. Where a form has several
trees, each has a base of its own in place of "c".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

GROUPS = ("all", "any", "none")
CARD = "c"  # the base of a form's own tree


@dataclass
class Row:
    """A comparison, a group, or a question about linked cards.

    Attributes:
        kind: "fact", "all", "any", "none", or "related": then `rows` are asked of each card.
        path: its way from the root in the form, "0.1"; "" is the root.
        place: where it stands in the JSON, as refusals name it.
        base: what the names of the tree's inputs begin with.
    """

    kind: str = "fact"
    fact: str = ""
    op: str = ""
    values: list[str] = field(default_factory=list)
    low: str = ""
    high: str = ""
    days: str = ""
    quantity: str = "some"
    rows: list[Row] = field(default_factory=list)
    path: str = ""
    place: str = ""
    base: str = CARD

    @property
    def is_group(self) -> bool:
        """Whether rows can be put into it."""
        return self.kind != "fact"

    @property
    def prefix(self) -> str:
        """The beginning of the names of its inputs."""
        return f"{self.base}.{self.path or 'root'}"

    @property
    def address(self) -> str:
        """How a button names it: its path, behind a base that is not the form's own."""
        return self.path if self.base == CARD else f"{self.base}/{self.path}"

    @property
    def depth(self) -> int:
        """How deep it lies; the root is 0."""
        return self.path.count(".") + 1 if self.path else 0

    @property
    def id(self) -> str:
        """Steady over redraws."""
        return "r-" + self.prefix.replace(".", "-")


def from_json(raw: Mapping[str, Any], base: str = CARD) -> Row:
    """Build the tree of a kept condition; its root is always a group."""
    root = _row(raw) if raw else Row("all")
    if root.kind not in GROUPS:
        root = Row("all", rows=[root])
    root.base = base
    number(root)
    return root


def _row(raw: Mapping[str, Any]) -> Row:
    for kind in GROUPS:
        if kind in raw:
            return Row(kind, rows=[_row(part) for part in raw[kind]])
    if "related" in raw:
        where = _row(raw.get("where") or {"all": []})
        inside = where.rows if where.kind == "all" else [where]
        quantity = str(raw.get("quantity", "some"))
        return Row("related", fact=str(raw["related"]), quantity=quantity, rows=inside)
    values = raw.get("values", [raw["value"]] if "value" in raw else [])
    return Row(
        "fact",
        str(raw.get("fact", "")),
        str(raw.get("op", "")),
        [_text(value) for value in values],
        _text(raw.get("low", "")),
        _text(raw.get("high", "")),
        _text(raw.get("days", "")),
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def number(root: Row) -> None:
    """Give every row its path, after the tree was changed."""
    for index, row in enumerate(root.rows):
        row.path = f"{root.path}.{index}" if root.path else str(index)
        row.base = root.base
        number(row)


def read(data: QueryDict, base: str = CARD) -> Row:
    """Build the tree that a form shows; rows without a parent are left out."""
    mode = data.get(f"{base}.root.kind", "all")
    root = Row(mode if mode in GROUPS else "all", base=base)
    by_path = {"": root}
    for path in data.getlist(base)[:200]:
        parent = by_path.get(path.rpartition(".")[0])
        if parent is None or path in by_path:
            continue
        name = f"{base}.{path}"
        row = Row(
            data.get(f"{name}.kind", "fact"),
            data.get(f"{name}.fact", ""),
            data.get(f"{name}.op", ""),
            [value.strip() for value in data.getlist(f"{name}.value") if value.strip()],
            data.get(f"{name}.low", "").strip(),
            data.get(f"{name}.high", "").strip(),
            data.get(f"{name}.days", "").strip(),
            data.get(f"{name}.quantity", "some"),
        )
        if f"{name}.list" in data:  # typed into one line
            row.values = [v.strip() for v in data.get(f"{name}.list", "").split(",") if v.strip()]
        by_path[path] = row
        parent.rows.append(row)
    number(root)
    return root


def change(root: Row, what: str, path: str) -> None:
    """Do what a button of the builder asks: add a row or a group to a group, or drop a row."""
    found = {row.path: row for row in walk(root)}
    row = found.get(path)
    if row is None:
        return
    if what == "drop" and path:
        parent = found[path.rpartition(".")[0]]
        parent.rows = [other for other in parent.rows if other is not row]
    elif what == "add" and row.is_group:
        row.rows.append(Row())
    elif what == "group" and row.is_group:
        row.rows.append(Row("any" if row.kind == "all" else "all", rows=[Row()]))
    number(root)


def walk(row: Row) -> Iterator[Row]:
    """Return a row and all that lie in it."""
    yield row
    for inner in row.rows:
        yield from walk(inner)
