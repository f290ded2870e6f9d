"""Working through a file, chunk by chunk, so that a restart goes on where it stopped."""

from __future__ import annotations

import gc
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from voronka.imports.commands.preparing import may_import
from voronka.imports.mapping import parse_mapping
from voronka.imports.models import ImportRow, ImportRun
from voronka.imports.planners.base import Planned, Planner, SourceRow, Verdict
from voronka.imports.tables import Reading, Table, open_table
from voronka.imports.targets import planner_for
from voronka.journal.actors import Actor
from voronka.journal.commands import plain, record
from voronka.kernel.copying import copy_rows
from voronka.kernel.errors import Conflict, DomainError, NotFound
from voronka.people.models import User
from voronka.timeline.commands.notifications import notify

CHUNK = 1000  # rows in one transaction
_LOCK = 0x564F_494D  # "VOIM": advisory locks of imports
_COLUMNS = ["run_id", "number", "cells", "verdict", "notes", "object_id", "made", "before"]


def work_on(run_id: int) -> ImportRun:
    """Work through the rows that are left of a trial run or an import.

    Each chunk is one transaction that holds its cards, its rows' verdicts and the progress: a
    process killed in the middle leaves whole chunks, and the next call goes on behind them. A
    second worker on the same run returns at once.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, run_id])
        if not cursor.fetchone()[0]:
            return ImportRun.objects.get(pk=run_id)
    gc.freeze()  # rows come and go by the thousand; what stands need not be walked each time
    try:
        return _work(run_id)
    finally:
        gc.unfreeze()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, run_id])


def _work(run_id: int) -> ImportRun:
    run = ImportRun.objects.select_related("created_by__role").get(pk=run_id)
    if run.state not in (ImportRun.State.CHECKING, ImportRun.State.RUNNING):
        return run
    by = Actor.importer(run.created_by, run.file_name)
    with override(run.created_by.language):
        try:
            table = _open(run)
            planner = planner_for(parse_mapping(run.mapping), run.headers, by=by)
            _go_behind(planner, table, run)
            while chunk := _chunk(table, run.done):
                _work_chunk(run, planner, chunk)
        except DomainError as refusal:
            _stop(run, str(refusal))
            return run
        _finish(run, by)
    return run


def _open(run: ImportRun) -> Table:
    return open_table(Path(run.file.path), name=run.file_name, reading=Reading(**run.reading))


def _go_behind(planner: Planner, table: Table, run: ImportRun) -> None:
    """After a restart: pass over the rows that are done, but let later doubles of them be known.

    What an import has written is recognised in the base. A trial run has written nothing, so its
    planner has to see the rows again.
    """
    if run.state == ImportRun.State.RUNNING:
        rows = run.rows.exclude(object_id=None).values_list("object_id", "number")
        if run.done:
            known = rows.order_by("-number").iterator()  # of several rows the first is named
            planner.done = {pk: number for pk, number in known if pk is not None}
        for _row in islice(table.rows, run.done):
            pass
        return
    for done in range(0, run.done, CHUNK):
        rows_done = islice(table.rows, min(CHUNK, run.done - done))
        planner.plan([SourceRow(done + n, cells) for n, cells in enumerate(rows_done, start=1)])


def _chunk(table: Table, done: int) -> list[SourceRow]:
    rows = islice(table.rows, CHUNK)
    return [
        SourceRow(done + n, cells, table.left_out(cells)) for n, cells in enumerate(rows, start=1)
    ]


@transaction.atomic
def _work_chunk(run: ImportRun, planner: Planner, chunk: list[SourceRow]) -> None:
    planned = planner.plan(chunk)
    if run.state == ImportRun.State.RUNNING:
        planner.write(planned)
    counts, advice = dict(run.counts), dict(run.advice)
    for plan in planned:
        if plan.row.left_out:
            plan.note("", _("Left out: %(names)s.") % {"names": plan.row.left_out})
        counts[str(plan.verdict)] = counts.get(str(plan.verdict), 0) + 1
        for code in {note["field"] for note in plan.notes if "advice" in note}:
            advice[code] = advice.get(code, 0) + 1
    copy_rows(ImportRow, _COLUMNS, (_row(run, p) for p in planned))
    run.counts, run.advice = counts, advice
    run.done += len(chunk)
    run.save(update_fields=["counts", "advice", "done"])
    record("import.progressed", run, by=Actor.system(), done=run.done, owner_id=run.created_by_id)


def _row(run: ImportRun, plan: Planned) -> list[Any]:
    before = plain(plan.before) if plan.before is not None else None
    cells = [c.replace("\x00", "") for c in plan.row.cells]
    return [
        run.pk,
        plan.row.number,
        cells,
        str(plan.verdict),
        plan.notes,
        plan.object_id,
        plan.made,
        before,
    ]


@transaction.atomic
def _stop(run: ImportRun, error: str) -> None:
    run.stopped_in, run.state = run.state, ImportRun.State.FAILED
    run.error, run.finished_at = error, timezone.now()
    run.save(update_fields=["stopped_in", "state", "error", "finished_at"])
    record("import.failed", run, by=Actor.system(), error=error[:300], owner_id=run.created_by_id)
    text = _("The import of “%(file)s” has stopped by an error.") % {"file": run.file_name}
    notify(run.created_by_id, "job", text, url_name="imports:show", url_id=run.pk)


def give_up_import(run_id: int, why: str) -> None:
    """Stop a run whose job fails again and again; its person sees why and can try again."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run_id)
        if run.is_busy:
            _stop(run, why)


def language_of(run_id: int) -> str:
    """Return the language of the person whose run this is."""
    languages = ImportRun.objects.values_list("created_by__language", flat=True)
    return languages.get(pk=run_id)


@transaction.atomic
def _finish(run: ImportRun, by: Actor) -> None:
    checked = run.state == ImportRun.State.CHECKING
    run.state = ImportRun.State.CHECKED if checked else ImportRun.State.DONE
    run.total, run.finished_at = run.done, timezone.now()
    run.save(update_fields=["state", "total", "finished_at"])
    verb = "import.checked" if checked else "import.done"
    record(verb, run, by=by, counts=run.counts, owner_id=run.created_by_id)
    if not checked:
        text = _("The import of “%(file)s” has ended.") % {"file": run.file_name}
        notify(run.created_by_id, "job", text, url_name="imports:show", url_id=run.pk)


@transaction.atomic
def retry_row(row_id: int, cells: list[str], *, by: User) -> ImportRow:
    """Import one row of the fix list again with corrected cells.

    Returns the row with its new verdict; if it still breaks a rule, with the new reasons.

    Raises:
        Conflict: the row is not on the fix list, or the import has not ended.
    """
    row = ImportRow.objects.select_for_update(of=("self",)).select_related("run").filter(pk=row_id)
    found = row.first()
    if found is None:
        raise NotFound(_("There is no such import."))
    run = found.run
    if found.verdict != Verdict.FIX or run.state != ImportRun.State.DONE:
        raise Conflict(_("This row is not on the fix list any more."))
    actor = Actor.importer(by, run.file_name)
    mapping = parse_mapping(run.mapping)
    may_import(actor, run.entity, mapping.pipeline)
    planner = planner_for(mapping, run.headers, by=actor)
    plan = planner.plan([SourceRow(found.number, cells)])[0]
    planner.write([plan])
    found.cells, found.verdict, found.notes = cells, str(plan.verdict), plan.notes
    found.object_id, found.made, found.before = plan.object_id, plan.made, plain(plan.before)
    found.save()
    counts = dict(run.counts)
    counts[Verdict.FIX] = counts.get(Verdict.FIX, 1) - 1
    counts[found.verdict] = counts.get(found.verdict, 0) + 1
    run.counts = {k: v for k, v in counts.items() if v}
    run.save(update_fields=["counts"])
    record("import.row_fixed", run, by=actor, row=found.number, verdict=found.verdict)
    return found
