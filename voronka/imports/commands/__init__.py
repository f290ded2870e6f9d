"""Starting, running, mending and undoing imports."""

from voronka.imports.commands.preparing import (
    discard_import,
    prepare_import,
    repair_names,
    resume_import,
    start_import,
)
from voronka.imports.commands.running import give_up_import, language_of, retry_row, work_on
from voronka.imports.commands.undoing import start_undo, undo_import

__all__ = [
    "discard_import",
    "give_up_import",
    "language_of",
    "prepare_import",
    "repair_names",
    "resume_import",
    "retry_row",
    "start_import",
    "start_undo",
    "undo_import",
    "work_on",
]
