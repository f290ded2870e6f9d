"""Cells of tables that spreadsheets open: a text never becomes a formula, and comes back as it was.

Source: docs/export.md.
"""

from __future__ import annotations

import re

BOM = "\ufeff"  # spreadsheets then read Cyrillic rightly
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]\d+([.,]\d+)?")  # a phone or a negative number does no harm


def tame(cell: object) -> object:
    """Keep a spreadsheet from taking a text for a formula: it gets an apostrophe in front."""
    return f"'{cell}" if isinstance(cell, str) and is_formula(cell) else cell


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would take the text for a formula."""
    return text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)


def untame(cell: str) -> str:
    """Take the apostrophe off that `tame` put in front."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
