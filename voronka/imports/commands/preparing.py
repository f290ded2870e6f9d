"""Taking a file in, setting its mapping, and starting the trial run or the import."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.imports.mapping import Mapping, headers_key, parse_mapping
from voronka.imports.models import ImportRun, SavedMapping
from voronka.imports.proposing import guess, guess_cards, spot_contacts
from voronka.imports.tables import SPREADSHEETS, Reading, open_table
from voronka.imports.targets import planner_for, targets
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Conflict, InvalidInput, NotFound
from voronka.kernel.file_names import clean_file_name
from voronka.people import access
from voronka.people.models import User
from voronka.pipelines.models import Pipeline

State = ImportRun.State
SAMPLE = 20  # rows looked at to guess and to show


def may_import(by: Actor, entity: str, pipeline: str = "") -> None:
    """Let the actor import rows of this kind, or raise Forbidden."""
    if entity in ("person", "company"):
        access.require(by, "import", access.CLIENTS, owner_id=by.user_id)
    elif entity == "item" and pipeline:
        kind = Pipeline.objects.filter(code=pipeline).values_list("item_type__code", flat=True)
        access.require(by, "import", kind.first() or "", pipeline, owner_id=by.user_id)
    elif entity in ("product", "employee"):
        access.require_right(by, "setup" if entity == "product" else "people")


def take_file(
    file: File[bytes],
    *,
    name: str,
    entity: str,
    user: User,
    pipeline: str = "",
    limited: bool = True,
) -> ImportRun:
    """Keep a file, guess how it is read and where its columns go; the run is a draft.

    A mapping used before for the same headers is taken again.

    Args:
        limited: refuse what is too large for a page; the command line takes any size.
    Raises:
        InvalidInput: not a table, empty, or too large.
        Forbidden: the role may not import this.
    """
    may_import(Actor.user(user), entity, pipeline)
    if limited:
        _require_size(file.size or 0, name)
    run = ImportRun(
        entity=entity,
        file_name=clean_file_name(name),
        created_by=user,
        created_at=timezone.now(),
    )
    run.file.save(clean_file_name(run.file_name[-80:]), file, save=False)
    try:
        prepare_import(run, pipeline=pipeline)
    except InvalidInput:
        run.file.delete(save=False)
        raise
    return run


def _require_size(size: int, name: str) -> None:
    """Spreadsheets are read whole into memory, CSV line by line."""
    if Path(name).suffix.lower() in SPREADSHEETS:
        if size > settings.UPLOAD_MAX_BYTES:
            raise InvalidInput(
                _("A spreadsheet may have up to %(count)d MB. Save it as CSV, or cut it in parts.")
                % {"count": settings.UPLOAD_MAX_BYTES // 1024**2}
            )
    elif size > settings.IMPORT_MAX_BYTES:
        raise InvalidInput(
            _(
                "A file may have up to %(count)d MB here. Cut it in parts, or import it on the"
                " server by “voronka import”, which takes any size."
            )
            % {"count": settings.IMPORT_MAX_BYTES // 1024**2}
        )


def prepare_import(
    run: ImportRun,
    *,
    reading: Reading | None = None,
    mapping: Mapping | None = None,
    pipeline: str = "",
) -> ImportRun:
    """Read the headers anew and set the mapping; what is not given is guessed or remembered.

    Raises:
        Conflict: the run has started already.
        InvalidInput: the file can't be read this way.
    """
    _require_not_begun(run)
    table = open_table(_path(run), name=run.file_name, reading=reading)
    run.headers, run.reading = table.headers, table.reading.as_dict()
    sample = list(islice(table.rows, SAMPLE))
    run.total = len(sample) + sum(1 for _row in table.rows)
    run.state = State.DRAFT
    if mapping is None:
        mapping = _remembered(run) or Mapping.model_validate({"entity": run.entity})
        if not mapping.fields:
            titles = {t.code: t.title for t in targets(run.entity, pipeline)}
            propose = guess_cards if table.of_cards else guess
            mapping.fields = propose(table.headers, titles)
            if run.entity == ImportRun.Entity.PERSON:
                mapping.fields = spot_contacts(mapping.fields, table.headers, sample)
    if pipeline:
        mapping.pipeline = pipeline
    run.mapping = mapping.model_dump(exclude_defaults=True)
    run.save()
    return run


def _remembered(run: ImportRun) -> Mapping | None:
    saved = SavedMapping.objects.filter(
        entity=run.entity, headers_key=headers_key(run.headers)
    ).first()
    return parse_mapping(saved.mapping) if saved else None


def _path(run: ImportRun) -> Path:
    return Path(run.file.path)


@transaction.atomic
def start_import(
    run_id: int, what: Literal["check", "run"], *, by: Actor, background: bool = True
) -> ImportRun:
    """Start the trial run or the import; records `import.started`.

    Args:
        background: hand it to the worker as a job; else the caller goes on with `work_on`.

    Raises:
        Conflict: it is running, or has been imported already.
        InvalidInput: the mapping does not fit the file.
    """
    from voronka.imports.tasks import continue_import

    run = ImportRun.objects.select_for_update().get(pk=run_id)
    _require_not_begun(run)
    mapping = parse_mapping(run.mapping)
    may_import(by, run.entity, mapping.pipeline)
    planner_for(mapping, run.headers, by=by)  # refuses a mapping that does not fit
    run.rows.all().delete()
    run.state = State.CHECKING if what == "check" else State.RUNNING
    run.done, run.counts, run.advice, run.error = 0, {}, {}, ""
    run.save()
    if what == "run":
        SavedMapping.objects.update_or_create(
            entity=run.entity,
            headers_key=headers_key(run.headers),
            defaults={"mapping": run.mapping, "changed_at": timezone.now()},
        )
    record("import.started", run, by=by, what=what, file=run.file_name)
    if background:
        continue_import.defer(run_id=run.pk)
    return run


@transaction.atomic
def repair_names(run_id: int, *, by: Actor, background: bool = True) -> ImportRun:
    """Take what the trial run advises: repair the names of these columns, and try again.

    Raises:
        Conflict: it has not been tried, or has been imported already.
    """
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if run.state != State.CHECKED:
        raise Conflict(_("Names are repaired after a trial run. Start one first."))
    mapping = parse_mapping(run.mapping)
    for code in run.advice:
        mapping.fields[code].repair = True
    run.mapping = mapping.model_dump(exclude_defaults=True)
    run.save(update_fields=["mapping"])
    return start_import(run.pk, "check", by=by, background=background)


def _require_not_begun(run: ImportRun) -> None:
    """Let rows be read anew only while none is in the base: else the way back would be lost.

    Raises:
        Conflict: it is running, has ended, or stopped half-way.
    """
    if run.is_half_done:
        raise Conflict(_("A part of this file is imported already. Go on with it, or undo it."))
    if run.is_busy or run.state in (State.DONE, State.UNDONE):
        raise Conflict(_("This import has started already."))


@transaction.atomic
def resume_import(run_id: int, *, by: Actor, background: bool = True) -> ImportRun:
    """Go on with what an error has stopped, behind the last whole chunk.

    Records `import.resumed`.

    Args:
        background: hand it to the worker as a job; else the caller goes on with `work_on`, or
            `undo_import` if that was stopped.
    Raises:
        Conflict: it has not stopped.
    """
    from voronka.imports.tasks import continue_import, continue_undo

    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if run.state != State.FAILED:
        raise Conflict(_("This import has not stopped by an error."))
    may_import(by, run.entity, parse_mapping(run.mapping).pipeline)
    run.state, run.error = State(run.stopped_in or State.RUNNING), ""
    run.save(update_fields=["state", "error"])
    record("import.resumed", run, by=by, file=run.file_name)
    if background:
        job = continue_undo if run.state == State.UNDOING else continue_import
        job.defer(run_id=run.pk)
    return run


@transaction.atomic
def discard_import(run_id: int, *, by: Actor) -> None:
    """Throw a draft or a checked import away; what is imported stays and is undone instead."""
    run = ImportRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such import."))
    if run.is_busy or run.state == State.DONE or run.is_half_done:
        raise Conflict(_("This import has started already."))
    may_import(by, run.entity, parse_mapping(run.mapping).pipeline)
    run.delete()
