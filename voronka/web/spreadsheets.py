"""Tables for spreadsheet programs: CSV line by line, XLSX whole; text never becomes a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import BytesIO
from typing import IO, Any

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from voronka.kernel.cells import BOM, is_formula, tame

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"


class _Echo:
    """What the csv module writes to: hands each line straight on."""

    def write(self, line: str) -> str:
        return line


def csv_lines(head: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Write a table line by line, as it is read."""
    writer = csv.writer(_Echo())
    yield BOM
    yield writer.writerow([str(cell) for cell in head])
    for row in rows:
        yield writer.writerow([tame(_plain(cell)) for cell in row])


def _plain(cell: object) -> object:
    if isinstance(cell, datetime):
        return timezone.localtime(cell).isoformat(sep=" ", timespec="minutes")[:16]
    return "" if cell is None else cell


def xlsx_file(title: str, head: Sequence[object], rows: Iterable[Sequence[object]]) -> IO[bytes]:
    """Write a table as a workbook, ready to be read; text cells are kept as text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    sheet.append([_head_cell(sheet, name) for name in head])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    stream = BytesIO()
    book.save(stream)
    stream.seek(0)
    return stream


def _head_cell(sheet: Any, name: object) -> Any:
    cell = WriteOnlyCell(sheet, value=str(name))
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, value: object) -> Any:
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None, microsecond=0)
    if not isinstance(value, str):
        return value
    text = "".join(c for c in value if c >= " " or c in "\t\n")[:32_000]
    if not is_formula(text):
        return text
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # openpyxl would take "=…" for a formula
    return cell
