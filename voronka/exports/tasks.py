"""Jobs of exports."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from voronka.exports import commands

_AGAIN = RetryStrategy(max_attempts=5, wait=5)  # seconds; the worker may be killed in the middle


@app.task(queue="imports", retry=_AGAIN)
def make(run_id: int) -> None:
    """Make the archive."""
    commands.make_export(run_id)


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="exports.throw_away")
def throw_away(timestamp: int) -> None:
    """Delete archives whose day is over; every hour."""
    commands.throw_away()
