"""`voronka blueprint …`: the whole set-up as one YAML file that can live in git."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voronka.cli.words import gettext as _
from voronka.kernel.errors import DomainError

if TYPE_CHECKING:
    from voronka.blueprints.schema import Blueprint

FileArgument = Annotated[
    str, typer.Argument(help="A YAML file, “-” for stdin, or a ready company: furniture, minimal")
]


class NoFile(DomainError):
    """The blueprint's file could not be read or written."""

    code = "no_file"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="The whole set-up as one YAML file: types, fields, funnels, robots, channels, roles.",
        no_args_is_help=True,
    )
    for command in (export, check, plan, apply, schema):
        group.command()(command)
    app.add_typer(group, name="blueprint")


def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; default: print it")] = None,
    products: Annotated[bool, typer.Option(help="With the price list")] = False,
    people: Annotated[
        bool,
        typer.Option(
            "--people",
            "--heads",
            help="With the e-mails of people: heads of departments, members of groups, owners",
        ),
    ] = False,
) -> None:
    """Write the set-up as it is now. The same set-up gives the same bytes."""
    from voronka.cli.session import ready

    with ready():
        from voronka.blueprints import queries

        text = queries.export(products=products, people=people)
    if file is None:
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NoFile(f"{file}: {error.strerror}.") from error
    print(_("%(path)s: lines: %(count)d") % {"path": file, "count": len(text.splitlines())})


def check(file: FileArgument) -> None:
    """Read a file and say what is wrong with it, with line and path. Needs no database."""
    import django

    django.setup()
    blueprint, name = _read(file)
    stages = sum(len(pipeline.stages) for pipeline in (blueprint.pipelines or {}).values())
    told = {"name": name, "funnels": len(blueprint.pipelines or {}), "stages": stages}
    print(_("%(name)s is sound. Funnels: %(funnels)d, stages: %(stages)d.") % told)


def plan(file: FileArgument) -> None:
    """Show what applying a file would change, and what that does to existing cards."""
    from voronka.cli.session import ready

    with ready():
        from voronka.blueprints import plans

        blueprint, name = _read(file)
        planned = plans.plan(blueprint, file=name)
        print(planned.as_text())
        if planned.blocking:
            raise typer.Exit(1)


def apply(
    file: FileArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")] = False,
) -> None:
    """Make the set-up what the file says: all of it, or nothing."""
    from voronka.cli.session import ready

    with ready():
        from voronka.blueprints import commands, plans
        from voronka.journal.actors import Actor

        blueprint, name = _read(file)
        planned = plans.plan(blueprint, file=name)
        print(planned.as_text())
        if planned.is_empty:
            return
        if not planned.blocking and not yes:
            typer.confirm(_("Apply this?"), abort=True)
        commands.apply(blueprint, by=Actor.system("blueprint"), file=name)
        print(_("Applied."))


def schema() -> None:
    """Print the JSON Schema of blueprints, for editors that complete and check."""
    import django

    django.setup()  # robots bring the parameters of their triggers and actions
    from voronka.blueprints.published import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def _read(file: str) -> "tuple[Blueprint, str]":
    from voronka.blueprints import ready_companies
    from voronka.blueprints.reading import read

    if file == "-":
        return read(sys.stdin.read(), file="stdin"), "stdin"
    if file in ready_companies.names() and not Path(file).exists():
        return ready_companies.load(file), f"{file}.yaml"
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoFile(_("%(path)s is not a text in UTF-8.") % {"path": file}) from error
    except OSError as error:
        raise NoFile(f"{file}: {error.strerror}.") from error
    return read(text, file=file), file
