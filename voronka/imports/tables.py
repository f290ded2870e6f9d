"""Reading what people have: CSV in any encoding and delimiter, XLSX, XLS, ODS, contact cards."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from voronka.imports import vcards
from voronka.kernel.cells import untame
from voronka.kernel.errors import InvalidInput

SPREADSHEETS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
DELIMITERS = (";", ",", "\t", "|")
_CYRILLIC_ENCODINGS = ("cp1251", "koi8_r", "cp866", "mac_cyrillic")
ENCODINGS = ("utf-8", "cp1251", "utf-16", "koi8_r", "cp866", "mac_cyrillic", "latin-1")
# The commonest letters of Russian text; a wrong encoding turns them into rare ones or capitals.
_COMMON = frozenset("оеаинтсрвлкмдпуяыьгзбчйх ")
_SAMPLE = 64 * 1024  # bytes looked at to guess
_MOST_COLUMNS = 400
_LEFT_OUT = list(vcards.COLUMNS).index(vcards.LEFT_OUT)
csv.field_size_limit(10 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read; guessed, and open to correction by the person."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 0  # rows above the header that are skipped

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        return {
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "sheet": self.sheet,
            "header_row": self.header_row,
        }


@dataclass(slots=True)
class Table:
    """A table: its headers, all made different, and its rows as texts."""

    headers: list[str]
    rows: Iterator[list[str]]
    reading: Reading
    sheets: list[str]
    of_cards: bool = False  # contact cards, whose columns are those of `vcards.COLUMNS`

    def left_out(self, cells: list[str]) -> str:
        """Return what the reader of the file could not bring into a column of this row."""
        return cells[_LEFT_OUT] if self.of_cards else ""


def open_table(path: Path, *, name: str = "", reading: Reading | None = None) -> Table:
    """Open a file as a table.

    Args:
        name: the file's own name, if `path` has another; its ending tells the format.
        reading: how to read it; what is left empty is guessed.
    Raises:
        InvalidInput: it is not a table, is empty, or can't be read in this encoding.
    """
    reading = reading or Reading()
    suffix = Path(name or path.name).suffix.lower()
    if suffix in SPREADSHEETS:
        return _spreadsheet(path, reading)
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    if not sample.strip():
        raise InvalidInput(_("The file is empty."))
    if suffix in vcards.SUFFIXES or vcards.looks_like_cards(sample):
        return _cards(path, reading, sample)
    return _csv(path, reading, sample)


def guess_encoding(sample: bytes) -> str:
    """Return the likeliest encoding of a piece of text."""
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if _is_utf8(sample):
        return "utf-8"
    if sample.count(b"\x00") > len(sample) // 4:
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    return max(_CYRILLIC_ENCODINGS, key=lambda e: _likeness(sample, e))


def _is_utf8(sample: bytes) -> bool:
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        # a letter cut in two by the end of the sample is no fault
        return error.start >= len(sample) - 3 and len(sample) >= _SAMPLE
    return True


def _likeness(sample: bytes, encoding: str) -> float:
    letters = [c for c in sample.decode(encoding, "replace") if ord(c) > 127]
    if not letters:
        return 0.0
    common = sum(c in _COMMON for c in letters)
    other = sum(not ("а" <= c.lower() <= "я" or c in "ё№«»—–\u00a0") for c in letters)
    return (common - 2 * other) / len(letters)


def guess_delimiter(text: str) -> str:
    """Return the delimiter that cuts the first lines into the same number of columns, most."""

    def score(delimiter: str) -> tuple[float, int]:
        rows = []
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(len(row))
            if len(rows) == 30:
                break
        if not rows or rows[0] < 2:
            return 0.0, 0
        return sum(n == rows[0] for n in rows) / len(rows), rows[0]

    return max(DELIMITERS, key=score)


def _cards(path: Path, reading: Reading, sample: bytes) -> Table:
    if not vcards.looks_like_cards(sample):
        raise InvalidInput(
            _("There are no contact cards in this file. Save the contacts anew as vCard or CSV.")
        )
    encoding = reading.encoding or guess_encoding(sample)
    headers = list(vcards.COLUMNS)
    rows = vcards.read_cards(path, encoding)
    return Table(headers, rows, Reading(encoding), [], of_cards=True)


def _csv(path: Path, reading: Reading, sample: bytes) -> Table:
    if sample.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise InvalidInput(
            _("This is not a CSV file. Give the file its right ending and try again.")
        )
    encoding = reading.encoding or guess_encoding(sample)
    if encoding == "utf-8":
        encoding = "utf-8-sig"
    head = sample.decode(encoding, "replace")
    delimiter = reading.delimiter or guess_delimiter(head)
    rows = _csv_rows(path, encoding, delimiter)
    found = Reading(encoding.removesuffix("-sig"), delimiter, "", reading.header_row)
    return _with_headers(rows, found, [])


def _csv_rows(path: Path, encoding: str, delimiter: str) -> Iterator[list[str]]:
    try:
        with path.open(encoding=encoding, newline="") as file:
            lines = (line.replace("\x00", "") for line in file)
            for row in csv.reader(lines, delimiter=delimiter):
                yield [untame(cell) for cell in row]
    except (UnicodeError, csv.Error, LookupError) as error:
        raise InvalidInput(
            _("The file can't be read in the encoding %(encoding)s. Choose another one.")
            % {"encoding": encoding}
        ) from error


def _spreadsheet(path: Path, reading: Reading) -> Table:
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = list(book.sheet_names)
        name = reading.sheet if reading.sheet in sheets else sheets[0]
        sheet = book.get_sheet_by_name(name)
        rows = ([_cell(v) for v in row] for row in sheet.iter_rows())
    except (CalamineError, OSError, IndexError, ValueError) as error:
        raise InvalidInput(
            _("This spreadsheet can't be opened. Save it anew as XLSX or CSV and try again.")
        ) from error
    found = Reading("", "", name, reading.header_row)
    return _with_headers(rows, found, sheets)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _with_headers(rows: Iterator[list[str]], reading: Reading, sheets: list[str]) -> Table:
    for _skipped in range(reading.header_row):
        next(rows, None)
    first = next(rows, None)
    while first is not None and not any(cell.strip() for cell in first):
        first = next(rows, None)
    if first is None:
        raise InvalidInput(_("The file has no rows."))
    if len(first) > _MOST_COLUMNS:
        raise InvalidInput(
            _("The file has more than %(count)d columns. Keep those that matter.")
            % {"count": _MOST_COLUMNS}
        )
    return Table(_distinct(first), rows, reading, sheets)


def _distinct(cells: list[str]) -> list[str]:
    """Name the columns: empty headers get a letter-like number, doubles a counter."""
    headers: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) or f"#{number}"
        again = 2
        plain = name
        while name in headers:
            name = f"{plain} ({again})"
            again += 1
        headers.append(name[:120])
    return headers
