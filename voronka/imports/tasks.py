"""Jobs of imports: they go on by themselves after a restart of the worker."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import override
from procrastinate import JobContext
from procrastinate.contrib.django import app

from voronka.imports import commands
from voronka.kernel.jobs import AGAIN, persist


@app.task(queue="imports", retry=AGAIN, pass_context=True)
def continue_import(context: JobContext, run_id: int) -> None:
    """Work through the rows that are left."""
    _persist(context, commands.work_on, run_id)


@app.task(queue="imports", retry=AGAIN, pass_context=True)
def continue_undo(context: JobContext, run_id: int) -> None:
    """Take back what is left."""
    _persist(context, commands.undo_import, run_id)


def _persist(context: JobContext, work: Callable[[int], object], run_id: int) -> None:
    with override(commands.language_of(run_id)):
        persist(
            context,
            lambda: work(run_id),
            give_up=lambda why: commands.give_up_import(run_id, why),
        )
