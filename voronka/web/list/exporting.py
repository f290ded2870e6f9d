"""The list as a file: what the filter shows, in the chosen columns and order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from voronka.items.commands.exporting import note_export, require_export
from voronka.items.listing import listing
from voronka.journal.actors import Actor
from voronka.people.requests import SignedInRequest
from voronka.web.list.columns import Column
from voronka.web.list.page import ListPage
from voronka.web.list.rows import MOMENTS, Card, Drawing
from voronka.web.spreadsheets import CSV, XLSX, csv_lines, xlsx_file

MOST = {"csv": 100_000, "xlsx": 50_000}  # cards of one file
_BATCH = 1000


@login_required
@require_GET
def of_pipeline(request: SignedInRequest, pipeline_id: int) -> HttpResponseBase:
    """Download the list of a funnel."""
    return _file(request, ListPage.of_pipeline(request, pipeline_id))


@login_required
@require_GET
def of_type(request: SignedInRequest, code: str) -> HttpResponseBase:
    """Download the list of a type."""
    return _file(request, ListPage.of_type(request, code))


def _file(request: SignedInRequest, page: ListPage) -> HttpResponseBase:
    """Answer ?format=csv or xlsx. Only cards that the role may export are in it; journalled."""
    by = Actor.user(request.user)
    place = page.pipeline or page.item_type
    require_export(place, by=by)
    format_ = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    cards = page.cards_for("export")
    count = cards.order_by().values("pk")[: MOST[format_]].count()
    columns = [column.code for column in page.shown]
    asked = page.asked.query()
    note_export(place, cards=count, by=by, format=format_, filters=asked, columns=columns)
    head = [_head(column) for column in page.shown]
    rows = _rows(page, MOST[format_], get_language() or "ru")
    code = page.pipeline.code if page.pipeline else page.item_type.code
    name = f"{code}-{timezone.localdate()}.{format_}"
    if format_ == "xlsx":
        stream = xlsx_file(str(place), head, rows)
        return FileResponse(stream, as_attachment=True, filename=name, content_type=XLSX)
    response = StreamingHttpResponse(csv_lines(head, rows), content_type=CSV)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _head(column: Column) -> str:
    return str(column.title)


def _rows(page: ListPage, most: int, language: str) -> Iterator[list[object]]:
    """Read and write a thousand cards at a time; the person's language outlives the request."""
    after, left = "", most
    while left > 0:
        found = listing(page.cards_for("export"), page.sort, after=after, limit=min(_BATCH, left))
        with override(language):
            drawing = Drawing.of(found.items, page.shown, page.user, page.pipelines)
            lines = [
                [_value(drawing, item, column) for column in page.shown] for item in found.items
            ]
        yield from lines
        left -= len(lines)
        after = found.after
        if not after:
            return


def _value(drawing: Drawing, item: Card, column: Column) -> object:
    """Return a value as spreadsheets want it: numbers and dates as such, the rest in words."""
    if column.spec and column.spec.custom:
        return _custom(drawing, item, column)
    if column.code in (*MOMENTS, "stalls_at"):
        moment: datetime | None = getattr(item, column.code)
        return moment
    match column.code:
        case "title":
            return item.title
        case "amount":
            return item.amount
        case "stage":
            return str(drawing.stages[item.stage_id])
        case "owner":
            return str(drawing.owners[item.owner_id])
        case "grade":
            return item.grade
        case "next_step":
            return item.next_activity_at
        case "repeat":
            return _("yes") if item.repeat else _("no")
    return drawing.text(item, column.code)


def _custom(drawing: Drawing, item: Card, column: Column) -> object:
    value: Any = item.values.get(column.code)
    kind = column.spec.kind if column.spec else ""
    try:
        if value is not None and kind == "money":
            return Decimal(str(value))
        if value is not None and kind == "number":
            return value
        if value is not None and kind == "date":
            return date.fromisoformat(str(value)[:10])
        if value is not None and kind == "datetime":
            return datetime.fromisoformat(str(value))
    except (ValueError, ArithmeticError):
        return str(value)
    return drawing.custom_text(item, column)
