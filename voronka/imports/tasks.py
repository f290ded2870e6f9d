"""Jobs of imports: they go on by themselves after a restart of the worker."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from voronka.imports import commands

_AGAIN = RetryStrategy(max_attempts=20, wait=3)  # seconds


@app.task(queue="imports", retry=_AGAIN)
def continue_import(run_id: int) -> None:
    """Work through the rows that are left."""
    commands.work_on(run_id)


@app.task(queue="imports", retry=_AGAIN)
def continue_undo(run_id: int) -> None:
    """Take back what is left."""
    commands.undo_import(run_id)
