"""What a row says of a client: mixed cells taken apart, names repaired."""

from __future__ import annotations

from collections.abc import Sequence

from voronka.imports import names
from voronka.imports.mapping import CONTACTS, REPEATED, Cells, Mapping, base_code, free_code
from voronka.imports.names import Name
from voronka.imports.repairing import Repairs, Told
from voronka.imports.splitting import split


class ClientCells:
    """Reads rows by a mapping of persons or companies."""

    def __init__(self, mapping: Mapping, headers: Sequence[str]) -> None:
        self._cells = Cells(mapping, headers)
        self._repairs = Repairs(mapping)
        self._person = mapping.entity == "person"
        self._mixed = [code for code in mapping.fields if base_code(code) == CONTACTS]

    def read(self, cells: Sequence[str]) -> tuple[dict[str, str], list[Told]]:
        """Return field code -> text of one row, and what is to be told of its names."""
        values = self._cells.read(cells)
        told = self._repairs.apply(values)
        for code in self._mixed:
            if text := values.pop(code, ""):
                self._split(code, text, values, told)
        return values, told

    def _split(self, code: str, text: str, values: dict[str, str], told: list[Told]) -> None:
        """Add what a cell of name and contacts gives; what has a column of its own goes before."""
        parts = split(text, person=self._person)
        full = parts.name.full
        if full and any(known in values for known in ("name", "first_name", "last_name")):
            parts.rest = ", ".join(t for t in (full, parts.rest) if t)
            parts.name = Name("")
        elif full:
            better = self._repairs.one(code, full, told)
            if better != full:
                parts.name = names.parts(better.split()) if self._person else Name(better)
        for field, part in parts.values().items():
            values[free_code(field, values) if field in REPEATED else field] = part
