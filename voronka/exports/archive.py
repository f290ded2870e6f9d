"""Writing the archive: table by table through cursors of the server, so memory stays small."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path, PurePath
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import override

import voronka
from voronka.blueprints import queries as blueprints
from voronka.exports import readme
from voronka.exports.cards import card_tables
from voronka.exports.clients import client_tables
from voronka.exports.mappings import mappings
from voronka.exports.tables import Column, Table, attachments, plain_tables
from voronka.items.models import Attachment
from voronka.kernel.cells import BOM, tame
from voronka.kernel.file_names import clean_file_name
from voronka.kernel.texts import LocalText
from voronka.people.models import Company, User
from voronka.people.queries import company as the_company

FORMAT = 1
_STEP = 2000  # rows between two words about progress
_LONGEST_NAME = 80  # characters; any disk takes them after unpacking
_FILE_COLUMNS = "id item_id client_id name path size content_type by_user_id created_at"
Progress = Callable[[int, int], None]  # (done, total) rows and files


@dataclass(slots=True)
class Written:
    """What has been written so far."""

    total: int = 0
    done: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    missing: int = 0  # files that the base names and the disk has not


def write_archive(
    target: Path, *, with_files: bool = True, progress: Progress = lambda done, total: None
) -> Written:
    """Write the whole base as it is at this moment into a zip at `target`, readable by its owner.

    One read-only snapshot of the database; others go on working. It is written under a draft's
    name first: there is never half an archive. Needs room on the disk beside `target` for the
    largest table besides the archive.

    Raises:
        OSError: no room, or no right to write there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    written = Written()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".voronka-export-") as folder:
        draft = Path(folder) / "archive.zip"
        draft.touch(mode=0o600)  # it holds the whole base
        with _snapshot(), zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as out:
            company = the_company()
            with override(company.language), timezone.override(ZoneInfo(company.time_zone)):
                _Archive(out, Path(folder), written, progress).write(company, with_files)
        os.replace(draft, target)
    return written


@contextmanager
def _snapshot() -> Iterator[None]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


class _Archive:
    def __init__(
        self, out: zipfile.ZipFile, folder: Path, written: Written, progress: Progress
    ) -> None:
        self.out, self.folder, self.written, self.progress = out, folder, written, progress
        self.made_at = timezone.now()

    def write(self, company: Company, with_files: bool) -> None:
        people = dict(User.objects.values_list("pk", "email"))
        tables = [*plain_tables(), *client_tables(people), *card_tables(people)]
        tables.append(_files_table(with_files))
        tables.sort(key=lambda table: table.path)
        files = attachments().count() if with_files else 0
        self.written.total = sum(table.count() for table in tables) + files
        for table in tables:
            self._table(table)
        if with_files:
            for row in attachments().iterator(chunk_size=_STEP):
                self._file(row)
                self._step()
        self._text("blueprint.yaml", blueprints.export(people=True))
        maps = list(mappings())
        for path, text in maps:
            self._text(f"import/{path}.yaml", text)
        manifest = {
            "format": FORMAT,
            "voronka": voronka.__version__,
            "made_at": self.made_at.isoformat(),
            "company": company.name,
            "currency": settings.CURRENCY,
            "time_zone": company.time_zone,
            "with_files": with_files,
            "rows": self.written.rows,
        }
        self._text("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
        about = readme.text(company, self.made_at, tables, self.written.rows, maps, with_files)
        self._text("README.txt", BOM + about)
        self.progress(self.written.total, self.written.total)

    def _table(self, table: Table) -> None:
        """Write a table twice in one reading: CSV straight into the zip, JSON by way of a file."""
        codes = [column.code for column in table.columns]
        count = 0
        with tempfile.TemporaryFile(dir=self.folder) as lines:
            with self._entry(f"csv/{table.path}.csv") as raw:
                stream = io.TextIOWrapper(raw, encoding="utf-8", newline="", write_through=False)
                stream.write(BOM)
                writer = csv.writer(stream, delimiter=";")
                writer.writerow(codes)
                for row in table.rows():
                    writer.writerow(_cells(table.columns, row))
                    lines.write(_line(codes, row))
                    count += 1
                    self._step()
                stream.flush()
                stream.detach()
            lines.seek(0)
            with self._entry(f"json/{table.path}.jsonl") as raw:
                shutil.copyfileobj(lines, raw, 1024 * 1024)
        self.written.rows[table.path] = count

    def _file(self, row: Attachment) -> None:
        try:
            source = default_storage.open(row.file.name or "")
        except FileNotFoundError:
            self.written.missing += 1
            return
        with source, self._entry(file_path(row), zipfile.ZIP_STORED) as raw:
            shutil.copyfileobj(source, raw, 1024 * 1024)

    def _text(self, path: str, text: str) -> None:
        with self._entry(path) as raw:
            raw.write(text.encode())

    def _entry(self, path: str, compression: int = zipfile.ZIP_DEFLATED) -> IO[bytes]:
        info = zipfile.ZipInfo(path, timezone.localtime(self.made_at).timetuple()[:6])
        info.compress_type, info.external_attr = compression, 0o600 << 16
        return self.out.open(info, "w", force_zip64=True)

    def _step(self) -> None:
        self.written.done += 1
        if self.written.done % _STEP == 0:
            self.progress(self.written.done, max(self.written.total, self.written.done))


def file_path(row: Attachment) -> str:
    """Return where a file lies in the archive: its own name behind its number."""
    name = PurePath(clean_file_name(row.name).replace(":", "_"))
    stem = name.stem[: _LONGEST_NAME - len(name.suffix[:12])]
    return f"files/{row.pk}-{stem}{name.suffix[:12]}"


def _files_table(with_files: bool) -> Table:
    codes = [
        "id",
        "item_id",
        "client_id",
        "name",
        "path",
        "size",
        "content_type",
        "by_user_id",
        "created_at",
    ]

    def rows() -> Iterator[Sequence[Any]]:
        for row in attachments().iterator(chunk_size=_STEP):
            there = with_files and default_storage.exists(row.file.name or "")
            yield [
                *(row.pk, row.item_id, row.client_id, row.name, file_path(row) if there else None),
                *(row.size, row.content_type, row.by_user_id, row.created_at),
            ]

    about = LocalText(
        "Файлы карточек, клиентов и переписок; path — где файл лежит в архиве.",
        "Files of cards, clients and conversations; path says where in this archive.",
    )
    return Table("files", about, [Column(c) for c in codes], rows, attachments().count)


def _cells(columns: Sequence[Column], row: Sequence[Any]) -> list[object]:
    return [
        _cell(column.words(value) if column.words and value is not None else value)
        for column, value in zip(columns, row, strict=True)
    ]


def _cell(value: Any) -> object:
    """Return a value as a person reads it in a spreadsheet, and an import takes it back."""
    if value is None or value == {} or value == []:
        return ""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
        return tame("; ".join(str(one) for one in value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return tame(str(value).replace("\x00", ""))


def _line(codes: Sequence[str], row: Sequence[Any]) -> bytes:
    pairs: Mapping[str, Any] = dict(zip(codes, row, strict=True))
    return json.dumps(pairs, ensure_ascii=False, default=_plain).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, LocalText):
        return value.as_dict()
    return str(value)
