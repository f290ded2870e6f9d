"""Jobs of the API."""

from __future__ import annotations

from procrastinate.contrib.django import app

from voronka.api.commands import forget_old_answers


@app.periodic(cron="17 3 * * *")
@app.task(queue="clock")
def tidy_answers(timestamp: int) -> None:
    """Drop old idempotent answers; each night."""
    forget_old_answers()
