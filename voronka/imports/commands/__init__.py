"""Starting, running, mending and undoing imports."""

from voronka.imports.commands.preparing import discard_import, prepare_import, start_import
from voronka.imports.commands.running import retry_row, work_on
from voronka.imports.commands.undoing import start_undo, undo_import

__all__ = [
    "discard_import",
    "prepare_import",
    "retry_row",
    "start_import",
    "start_undo",
    "undo_import",
    "work_on",
]
