"""What became of many cards: under way, the verdict of each, taken back, tried again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from voronka.items.commands.bulk import UNDO_FOR, resume_bulk, undo_bulk
from voronka.items.models import BulkRun
from voronka.items.queries import moved_from_to
from voronka.journal.actors import Actor
from voronka.people.requests import SignedInRequest
from voronka.web.spreadsheets import CSV, csv_lines

MOVE_HOURS = int(UNDO_FOR.total_seconds() // 3600)
MOST_SHOWN = 200  # cards of one verdict, as _report_rows.html; the file has all of them


@dataclass
class Report:
    """What became of each card."""

    run: BulkRun

    @cached_property
    def done(self) -> list[dict[str, Any]]:
        """Cards that it was done to."""
        return [row for row in self.run.report if row["ok"]]

    @cached_property
    def refused(self) -> list[dict[str, Any]]:
        """Cards that refused, with `detail`."""
        return [row for row in self.run.report if not row["ok"]]

    @cached_property
    def kept(self) -> list[dict[str, Any]]:
        """Cards that could not be taken back."""
        return [row for row in self.run.report if row.get("undone") is False]

    @cached_property
    def back(self) -> int:
        """How many cards were taken back."""
        return sum(row.get("undone") is True for row in self.run.report)

    @property
    def left_out(self) -> int:
        """How many cards only the file shows."""
        shown = (self.kept,) if self.run.undone_at else (self.refused, self.done)
        return sum(max(0, len(rows) - MOST_SHOWN) for rows in shown)

    @property
    def total(self) -> int:
        """How many cards the work that is under way is about."""
        return len(self.run.before) if self.run.undo_asked else len(self.run.item_ids)

    @property
    def ready(self) -> int:
        """With how many of them it is through."""
        return self.back + len(self.kept) if self.run.undo_asked else len(self.run.report)

    @property
    def percent(self) -> int:
        """How far it is."""
        return 100 * self.ready // self.total if self.total else 0

    @property
    def title(self) -> str:
        """What was done, in a word."""
        return {
            "move": pgettext("report", "Moved"),
            "assign": _("Given to another owner"),
            "edit": pgettext("report", "Changed"),
            "delete": _("In the recycle bin"),
        }[self.run.kind]

    @property
    def doing(self) -> str:
        """What is being done, in a word."""
        if self.run.undo_asked:
            return _("Being taken back")
        return {
            "move": _("Cards are being moved"),
            "assign": _("Cards are being given to another owner"),
            "edit": _("Cards are being changed"),
            "delete": _("Cards are going to the recycle bin"),
        }[self.run.kind]

    @property
    def undo_url(self) -> str:
        """Where to take it back; empty when it was, it is too late, or there is nothing."""
        if not self._has_way_back or self.too_late:
            return ""
        return reverse("list:bulk_undo", args=[self.run.pk])

    @property
    def _has_way_back(self) -> bool:
        return not (self.run.undone_at or self.run.is_busy or not self.run.before)

    @cached_property
    def _moved(self) -> tuple[datetime, datetime] | None:
        return moved_from_to(self.run) if self._has_way_back else None

    @property
    def undo_until(self) -> datetime | None:
        """Until when all moves can be taken back; None for anything else, which has no term."""
        if self.run.kind != "move" or self.too_late or self._moved is None:
            return None
        return self._moved[0] + UNDO_FOR

    @property
    def too_late(self) -> bool:
        """Whether moves were made that no longer can be taken back."""
        if self.run.kind != "move" or not self._has_way_back:
            return False
        return self._moved is None or timezone.now() > self._moved[1] + UNDO_FOR

    @property
    def undo_hours(self) -> int:
        """For how long a move can be taken back."""
        return MOVE_HOURS


def answer(request: SignedInRequest, run: BulkRun) -> HttpResponse:
    """Answer with the report in the dialog; the list behind reads itself again."""
    response = render(request, "list/_report.html", {"report": Report(run)})
    response = reswap(retarget(response, "#dialog"), "innerHTML")
    return trigger_client_event(response, "list:changed", {})


@login_required
@require_GET
def report(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Show the report of a bulk action again, to who made it."""
    return render(request, "list/report.html", {"report": Report(_own(request, run_id))})


@login_required
@require_GET
def progress(request: SignedInRequest, run_id: int) -> HttpResponse:
    """How far it is; once it has ended, the report takes the place of it all."""
    run = _own(request, run_id)
    if run.is_busy:
        return render(request, "list/_report_progress.html", {"report": Report(run)})
    return _in_place(request, run)


@login_required
@require_POST
def undo(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Take a bulk action back, and say which cards could not be."""
    _own(request, run_id)
    return _in_place(request, undo_bulk(run_id, by=Actor.user(request.user)))


@login_required
@require_POST
def again(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Go on with what an error has stopped."""
    _own(request, run_id)
    return _in_place(request, resume_bulk(run_id, by=Actor.user(request.user)))


@login_required
@require_GET
def as_csv(request: SignedInRequest, run_id: int) -> StreamingHttpResponse:
    """Every card with its verdict, for a spreadsheet."""
    run = _own(request, run_id)
    head = [_("Number"), _("Card"), _("Verdict"), _("Why")]
    rows = list(_lines(run))  # in the person's language, which does not outlive the request
    response = StreamingHttpResponse(csv_lines(head, rows), content_type=CSV)
    response["Content-Disposition"] = f'attachment; filename="bulk-{run.pk}.csv"'
    return response


def _lines(run: BulkRun) -> Iterator[list[object]]:
    for row in run.report:
        verdict = pgettext("verdict", "Done") if row["ok"] else pgettext("verdict", "Refused")
        if "undone" in row:
            verdict = _("Taken back") if row["undone"] else _("Stays as it is")
        yield [row["item"], row["title"], verdict, row.get("detail", "")]


def _own(request: SignedInRequest, run_id: int) -> BulkRun:
    return get_object_or_404(BulkRun, pk=run_id, by_user_id=request.user.pk)


def _in_place(request: SignedInRequest, run: BulkRun) -> HttpResponse:
    """Answer with the report where it stands, in the dialog or on its page."""
    response = render(request, "list/_report.html", {"report": Report(run)})
    response = reswap(retarget(response, f"#bulk-{run.pk}"), "outerHTML")
    if not run.is_busy:
        trigger_client_event(response, "list:changed", {})
        trigger_client_event(response, "recycle:changed", {})
    return response
