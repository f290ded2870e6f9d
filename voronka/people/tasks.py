"""Periodic work on accounts."""

from procrastinate.contrib.django import app

from voronka.people import commands


@app.periodic(cron="17 * * * *")
@app.task(name="people.forget_the_stale", queueing_lock="people.forget_the_stale")
def forget_the_stale(timestamp: int) -> None:
    """Drop old log-in attempts, ended sessions and spent invitations, every hour."""
    commands.forget_the_stale()
