"""README.txt of the archive, in Russian and English: what each file is and how it comes back.

It is a document and not a screen: both languages always stand in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

import voronka
from voronka.exports.tables import Table
from voronka.people.models import Company

_TEXTS = Path(__file__).parent
_FILES = {
    "ru": "files/        файлы под своими именами; номер впереди — id в csv/files.csv.\n",
    "en": "files/        files by their own names; the number is the id in csv/files.csv.\n",
}


def text(
    company: Company,
    made_at: datetime,
    tables: Sequence[Table],
    rows: Mapping[str, int],
    maps: Sequence[tuple[str, str]],
    with_files: bool,
) -> str:
    """Write the README.

    Args:
        rows: path of a table -> how many rows were written.
        maps: (path of a table, its mapping) in the order of import.
    """
    commands = "\n".join(
        f"  voronka import csv/{path}.csv --mapping import/{path}.yaml" for path, _yaml in maps
    )
    width = max(len(table.path) for table in tables)
    parts = []
    for language, files in _FILES.items():
        words = (_TEXTS / f"readme_{language}.txt").read_text(encoding="utf-8")
        lines = []
        for table in tables:
            about = table.about.in_language(language)
            lines.append(f"{table.path:<{width}}  {rows.get(table.path, 0):>9}  {about}")
        parts.append(
            words.format(
                company=f"{company.name} · " if company.name else "",
                made_at=f"{timezone.localtime(made_at):%d.%m.%Y %H:%M}",
                version=voronka.__version__,
                zone=company.time_zone,
                currency=settings.CURRENCY,
                files=files if with_files else "",
                tables="\n".join(lines),
                commands=commands,
            )
        )
    return "\n\n".join(parts)
