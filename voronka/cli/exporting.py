"""`voronka export`: the whole base as one archive that anybody can read."""

from pathlib import Path
from typing import Annotated

import typer

from voronka.cli.words import gettext as _


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="export")(export)


def export(
    archive: Annotated[Path, typer.Argument(help="Where to: a zip file")],
    files: Annotated[bool, typer.Option("--with-files/--without-files", help="Files too")] = True,
) -> None:
    """Write the whole base as CSV, JSON and files, readable without Voronka; see docs/export.md."""
    from voronka.cli.session import ready
    from voronka.kernel.errors import InvalidInput

    with ready():
        from voronka.exports.commands import export_to

        if archive.is_dir():
            raise InvalidInput(_("%(path)s is a folder. Name a file.") % {"path": archive})
        try:
            written = export_to(archive, with_files=files, progress=_tell)
        except OSError as fault:
            raise InvalidInput(
                _("%(path)s cannot be written: %(why)s.")
                % {"path": archive, "why": fault.strerror or fault}
            ) from None
        print(
            _("%(path)s: %(rows)s rows, %(size).1f MB")
            % {
                "path": archive,
                "rows": f"{sum(written.rows.values()):,}".replace(",", " "),
                "size": archive.stat().st_size / 1_000_000,
            }
        )
        if written.missing:
            print(
                _("Files that are not on the disk any more: %(count)d") % {"count": written.missing}
            )


def _tell(done: int, total: int) -> None:
    import sys

    if sys.stderr.isatty():
        print(f"\r{100 * done // max(total, 1):3d} %", end="", file=sys.stderr, flush=True)
        if done >= total:
            print(file=sys.stderr)
