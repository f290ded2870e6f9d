"""`voronka worker`: one process that works off the job queue and the periodic tasks."""

import asyncio
import logging
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from procrastinate import App

HEARTBEAT = 5.0  # seconds
STALLED_AFTER = 20.0  # seconds without a heartbeat; then a worker counts as dead
_GRACE = 6.0  # seconds for running jobs when told to stop

logger = logging.getLogger(__name__)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(worker)


def worker(
    concurrency: Annotated[int, typer.Option(help="Jobs at the same time", min=1)] = 4,
) -> None:
    """Work off jobs, periodic tasks and robots until told to stop."""
    from voronka.cli.session import ready

    with ready(speaks=False):
        work(concurrency)


def work(concurrency: int = 4, *, post: bool = False) -> None:
    """Work off jobs, `concurrency` at the same time; the tables are up to date.

    Args:
        post: keep the mail server of the demo company open as well, if that is here.
    """
    from voronka.cli.session import ready

    with ready(migrated=False, speaks=False):
        from voronka.automation.worker import running
        from voronka.channels.listening import listening
        from voronka.demo.post.serving import sample_post
        from voronka.kernel.telling import begin_anew

        begin_anew()
        with sample_post() if post else nullcontext(), running(), listening():
            asyncio.run(_work(concurrency))


async def _work(concurrency: int) -> None:
    from procrastinate.contrib.django import app

    async with app.with_connector(app.connector.get_worker_connector()).open_async() as own:  # type: ignore[attr-defined]
        revival = asyncio.create_task(_revive_stalled_jobs(own))
        try:
            await own.run_worker_async(
                concurrency=concurrency,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=STALLED_AFTER,
                shutdown_graceful_timeout=_GRACE,
                delete_jobs="successful",
            )
        finally:
            revival.cancel()


async def _revive_stalled_jobs(app: "App") -> None:
    """Put the jobs of killed workers back into the queue, from the start and ever after."""
    while True:
        try:
            await app.job_manager.prune_stalled_workers(STALLED_AFTER)
            for job in await app.job_manager.get_stalled_jobs(
                seconds_since_heartbeat=STALLED_AFTER
            ):
                logger.warning("Job %s of a dead worker goes back to the queue", job.id)
                await app.job_manager.retry_job(job)
        except Exception:  # another worker was faster, or the database is away for a moment
            logger.info("Could not look for stalled jobs", exc_info=True)
        await asyncio.sleep(HEARTBEAT)
