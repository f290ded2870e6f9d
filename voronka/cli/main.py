"""The `voronka` command.

Each module of MODULES carries `register(app)`, which adds its commands. Modules import only light
things at the top; models and commands are imported inside the functions, so `--help` is quick.
"""

import importlib
import os
import sys

import typer

from voronka.cli.helping import translate
from voronka.cli.refusals import explain

MODULES = (
    "run",
    "nursery",
    "web",
    "worker",
    "migrate",
    "backup",
    "exporting",
    "importing",
    "report",
    "user",
    "token",
    "blueprint",
    "demo",
)

app = typer.Typer(
    name="voronka",
    help="Voronka, a CRM around the selling funnel. Settings come from the environment: "
    "PORT, VORONKA_HOME, DATABASE_URL and others, see docs/operations.md.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def gather() -> typer.Typer:
    """Return the program with all its commands."""
    if not app.registered_commands:
        for name in MODULES:
            importlib.import_module(f"voronka.cli.{name}").register(app)
    return app


def main() -> None:
    """Run the command line; an expected refusal is one sentence on stderr and exit code 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voronka.settings")
    translate(gather())
    try:
        app()
    except Exception as error:
        if not explain(error):
            raise
        sys.exit(1)


if __name__ == "__main__":
    main()
