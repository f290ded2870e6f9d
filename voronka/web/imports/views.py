"""The import wizard: upload → mapping → trial run → import; then the fix list and undo."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from voronka.imports import commands, queries
from voronka.imports.commands.preparing import SAMPLE, take_file
from voronka.imports.mapping import Mapping, parse_mapping, write_yaml
from voronka.imports.models import ImportRow, ImportRun
from voronka.imports.tables import Reading, Table, open_table
from voronka.imports.targets import default_key, targets
from voronka.journal.actors import Actor
from voronka.kernel.cells import tame
from voronka.kernel.errors import DomainError
from voronka.people.requests import SignedInRequest
from voronka.web.forms import refuse
from voronka.web.imports.forms import (
    ReadingForm,
    UploadForm,
    advice,
    columns,
    entities,
    fixed_lines,
    importable_pipelines,
    read_mapping,
)
from voronka.web.toasts import toast

_PAGES = {"person": "clients:show", "company": "clients:show", "item": "card:show"}
State = ImportRun.State


@login_required
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """All imports this person may see, newest first."""
    _require_some_right(request)
    runs = Paginator(queries.visible_runs(request.user), 50).get_page(request.GET.get("page"))
    return render(request, "imports/index.html", {"runs": runs})


@login_required
@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Take a file in."""
    _require_some_right(request)
    initial = {"entity": request.GET.get("entity"), "pipeline": request.GET.get("pipeline")}
    form = UploadForm(request.user, request.POST or None, request.FILES or None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            item = data["entity"] == ImportRun.Entity.ITEM
            try:
                run = take_file(
                    data["file"],
                    name=data["file"].name,
                    entity=data["entity"],
                    user=request.user,
                    pipeline=data["pipeline"] if item else "",
                )
            except DomainError as error:
                refuse(form, error)
            else:
                return redirect("imports:mapping", run.pk)
    return render(request, "imports/new.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def mapping(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Say which column goes where, with a preview; then try or import."""
    run = _run(request, run_id)
    if run.is_busy or run.is_half_done or run.state in (State.DONE, State.UNDONE):
        return redirect("imports:show", run.pk)
    wanted = parse_mapping(run.mapping)
    error: DomainError | None = None
    if request.method == "POST":
        what = request.POST.get("what", "check")
        try:
            if what == "reread":
                commands.prepare_import(run, reading=_reading(request), mapping=wanted)
                return redirect("imports:mapping", run.pk)
            wanted = read_mapping(request.POST, run, wanted)
            commands.prepare_import(run, reading=Reading(**run.reading), mapping=wanted)
            if what == "save":
                return redirect("imports:mapping", run.pk)
            commands.start_import(
                run.pk, "run" if what == "run" else "check", by=Actor.user(request.user)
            )
            return redirect("imports:show", run.pk)
        except DomainError as refusal:
            error = refusal
    context = _mapping_context(run, wanted)
    return render(
        request, "imports/mapping.html", {**context, "error": error}, status=422 if error else 200
    )


def _reading(request: SignedInRequest) -> Reading:
    rows = request.POST.get("header_row", "0")
    return Reading(
        encoding=request.POST.get("encoding", ""),
        delimiter=request.POST.get("delimiter", ""),
        sheet=request.POST.get("sheet", ""),
        header_row=int(rows) if rows.isdecimal() and len(rows) < 4 else 0,
    )


def _mapping_context(run: ImportRun, wanted: Mapping) -> dict[str, Any]:
    table = _table(run)
    sample = list(islice(table.rows, SAMPLE))
    choices = targets(run.entity, wanted.pipeline)
    groups: dict[str, list[Any]] = {}
    for target in choices:
        groups.setdefault(str(target.group), []).append(target)
    keys = ["external_id", "phone", "email", "inn", "website", "name"]
    return {
        "run": run,
        "mapping": wanted,
        "columns": columns(run, wanted, sample, choices),
        "groups": groups,
        "fixed": fixed_lines(wanted),
        "reading": ReadingForm(table, initial=run.reading),
        "preview": sample[:5],
        "keys": [(k, k in (wanted.key or default_key(run.entity))) for k in keys]
        if run.entity in ("person", "company")
        else [],
    }


def _table(run: ImportRun) -> Table:
    return open_table(Path(run.file.path), name=run.file_name, reading=Reading(**run.reading))


@login_required
@require_GET
def show(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Progress, verdicts, the rows behind them, and what can be done next."""
    run = _run(request, run_id)
    if run.state == State.DRAFT:
        return redirect("imports:mapping", run.pk)
    verdict = request.GET.get("verdict", "")
    if verdict not in ImportRow.Verdict.values:
        verdict = ImportRow.Verdict.FIX if run.counts.get("fix") else ""
    rows = run.rows.filter(verdict=verdict) if verdict else run.rows.all()
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    shows = _PAGES.get(run.entity, "")
    context = {"run": run, "page": page, "verdict": verdict, "shows": shows, **_progress(run)}
    if run.state == State.CHECKED and run.advice:
        context["advice"] = advice(run)
    return render(request, "imports/show.html", context)


@login_required
@require_GET
def progress(request: SignedInRequest, run_id: int) -> HttpResponse:
    """The bar and the counts; when the job has ended, the whole page is loaded anew."""
    run = _run(request, run_id)
    if not run.is_busy:
        response = HttpResponse()
        response["HX-Redirect"] = reverse("imports:show", args=[run.pk])
        return response
    return render(request, "imports/_progress.html", {"run": run, **_progress(run)})


def _progress(run: ImportRun) -> dict[str, Any]:
    labels = ImportRow.Verdict
    tabs = [(v.value, v.label, run.counts[v.value]) for v in labels if run.counts.get(v.value)]
    return {"tabs": tabs, "percent": round(100 * run.done / run.total) if run.total else 0}


@login_required
@require_POST
def start(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Import for real after a trial run, or again after a failure."""
    run = _run(request, run_id)
    commands.start_import(run.pk, "run", by=Actor.user(request.user))
    return redirect("imports:show", run.pk)


@login_required
@require_POST
def repair(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Repair the names that the trial run has found, and try again."""
    run = _run(request, run_id)
    commands.repair_names(run.pk, by=Actor.user(request.user))
    return redirect("imports:show", run.pk)


@login_required
@require_POST
def again(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Go on with what an error has stopped, from where it stopped."""
    run = _run(request, run_id)
    commands.resume_import(run.pk, by=Actor.user(request.user))
    return redirect("imports:show", run.pk)


@login_required
@require_POST
def undo(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Take the whole import back."""
    run = _run(request, run_id)
    commands.start_undo(run.pk, by=Actor.user(request.user))
    return redirect("imports:show", run.pk)


@login_required
@require_POST
def discard(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Throw an import away that has not begun."""
    run = _run(request, run_id)
    commands.discard_import(run.pk, by=Actor.user(request.user))
    messages.success(request, _("The file is thrown away. Nothing was imported."))
    return HttpResponseRedirect(reverse("imports:index"))


@login_required
@require_http_methods(["GET", "POST"])
def row(request: SignedInRequest, row_id: int) -> HttpResponse:
    """Mend one row of the fix list and import it."""
    found = get_object_or_404(ImportRow.objects.select_related("run"), pk=row_id)
    run = _run(request, found.run_id)
    if request.method == "POST":
        cells = [request.POST.get(f"cell-{n}", "") for n in range(len(run.headers))]
        found = commands.retry_row(found.pk, cells, by=request.user)
        if found.verdict != ImportRow.Verdict.FIX:
            done = render(request, "imports/_row_done.html", {"row": found, "run": run})
            return toast(done, _("Row %(number)d is imported.") % {"number": found.number})
    padded = found.cells + [""] * (len(run.headers) - len(found.cells))
    cells_of = [
        (title, cell, "\n" in cell) for title, cell in zip(run.titles, padded, strict=False)
    ]
    status = 422 if request.method == "POST" else 200
    context = {"row": found, "run": run, "cells": cells_of}
    return render(request, "imports/_row_form.html", context, status=status)


@login_required
@require_GET
def mapping_file(request: SignedInRequest, run_id: int) -> HttpResponse:
    """The mapping as the file that the command line takes."""
    run = _run(request, run_id)
    text = write_yaml(parse_mapping(run.mapping))
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="mapping-{run.pk}.yaml"'
    return response


@login_required
@require_GET
def verdicts(request: SignedInRequest, run_id: int) -> StreamingHttpResponse:
    """Every row with its verdict and the reasons, as a CSV that Excel opens."""
    run = _run(request, run_id)
    out = csv.writer(_Echo())

    def lines() -> Any:
        yield "\ufeff"
        yield out.writerow([_("row"), _("verdict"), _("why"), *run.titles])
        for line in run.rows.iterator():
            why = "; ".join(note["text"] for note in line.notes)
            cells = [tame(c) for c in line.cells]
            yield out.writerow([line.number, line.get_verdict_display(), why, *cells])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{run.pk}-verdicts.csv"'
    return response


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, value: str) -> str:
        """Return the line."""
        return value


def _run(request: SignedInRequest, run_id: int) -> ImportRun:
    return get_object_or_404(queries.visible_runs(request.user), pk=run_id)


def _require_some_right(request: SignedInRequest) -> None:
    if not entities(request.user, importable_pipelines(request.user)):
        raise Http404
