"""`voronka import`: a file into the base, by a mapping file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voronka.cli.words import gettext as _

if TYPE_CHECKING:
    from voronka.imports.models import ImportRun


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="import")(import_file)


def import_file(
    file: Annotated[Path | None, typer.Argument(help="CSV, XLSX, XLS, ODS or vCard")] = None,
    mapping: Annotated[Path | None, typer.Option(help="Mapping file (YAML)")] = None,
    check: Annotated[bool, typer.Option(help="Trial run: verdicts only, writes nothing")] = False,
    user: Annotated[str, typer.Option(help="E-mail of who imports; default: the owner")] = "",
    verdicts: Annotated[Path | None, typer.Option(help="Write every row's verdict here")] = None,
    resume: Annotated[int, typer.Option(help="Go on with an import that was cut off")] = 0,
    undo: Annotated[int, typer.Option(help="Take an import back by its number")] = 0,
) -> None:
    """Import a file by a mapping; see docs/import.md. Prints a verdict count for all rows."""
    from voronka.cli.session import ready

    with ready():
        from voronka.imports import commands
        from voronka.imports.models import ImportRun

        if undo:
            run = _undo(undo, user)
        elif resume:
            run = _resume(resume, user)
        elif file is None or mapping is None:
            raise typer.BadParameter(_("give a file and --mapping, or --resume, or --undo"))
        else:
            run = _start(file, mapping, check=check, user=user)
            run = commands.work_on(run.pk)
        if verdicts:
            _write_verdicts(run, verdicts)
        _print(run)
        if run.state == ImportRun.State.FAILED:
            raise typer.Exit(1)


def _start(file: Path, mapping: Path, *, check: bool, user: str) -> "ImportRun":
    from django.core.files import File

    from voronka.cli.person import person
    from voronka.imports.commands import prepare_import, start_import
    from voronka.imports.commands.preparing import take_file
    from voronka.imports.mapping import read_yaml
    from voronka.journal.actors import Actor
    from voronka.kernel.errors import InvalidInput

    who = person(user)
    for path in (file, mapping):
        if not path.is_file():
            raise InvalidInput(_("There is no file %(path)s.") % {"path": path})
    rules = read_yaml(mapping.read_text(encoding="utf-8"))
    with file.open("rb") as stream:
        run = take_file(
            File(stream),
            name=file.name,
            entity=rules.entity,
            user=who,
            pipeline=rules.pipeline,
            limited=False,
        )
    prepare_import(run, mapping=rules)
    return start_import(
        run.pk, "check" if check else "run", by=Actor.importer(who, file.name), background=False
    )


def _resume(run_id: int, user: str) -> "ImportRun":
    from voronka.cli.person import person
    from voronka.imports import commands
    from voronka.imports.models import ImportRun
    from voronka.journal.actors import Actor
    from voronka.kernel.errors import NotFound

    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no import with the number %(run)d.") % {"run": run_id})
    if run.state == ImportRun.State.FAILED:
        by = Actor.importer(person(user), run.file_name)
        run = commands.resume_import(run_id, by=by, background=False)
    undoing = run.state == ImportRun.State.UNDOING
    return commands.undo_import(run_id) if undoing else commands.work_on(run_id)


def _undo(run_id: int, user: str) -> "ImportRun":
    from voronka.cli.person import person
    from voronka.imports.commands import start_undo, undo_import
    from voronka.journal.actors import Actor

    start_undo(run_id, by=Actor.importer(person(user), "undo"), background=False)
    return undo_import(run_id)


def _print(run: "ImportRun") -> None:
    from voronka.imports.models import ImportRow

    told = {"file": run.file_name, "run": run.pk, "state": run.get_state_display()}
    told |= {"rows": run.done}
    print(_("%(file)s: import %(run)d, %(state)s, rows: %(rows)d") % told)
    for verdict, count in sorted(run.counts.items()):
        print(f"  {ImportRow.Verdict(verdict).label}: {count}")
    for code, rows in run.advice.items():
        said = {"field": code, "rows": rows}
        print("  " + _("%(field)s: names to repair: %(rows)d (see “repair: true”)") % said)
    if run.error:
        print(f"  {run.error}")


def _write_verdicts(run: "ImportRun", path: Path) -> None:
    import csv

    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["row", "verdict", "why", *run.headers])
        for row in run.rows.all().iterator():
            why = "; ".join(f"{n['field']}: {n['text']}".lstrip(": ") for n in row.notes)
            out.writerow([row.number, row.verdict, why, *row.cells])
