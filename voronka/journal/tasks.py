"""Periodic work on the journal."""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from voronka.journal import commands

_KEEP_READINGS = timedelta(days=400)  # a year, and a month to look back at it
_LINKS = 10  # a minute, of 10,000 events each: what a bulk load leaves behind must not take a core


@app.periodic(cron="* * * * *")
@app.task(name="journal.seal", queueing_lock="journal.seal", lock="journal.seal")
def seal(timestamp: int) -> None:
    """Add links to the hash chain until everything that has settled is sealed, or a share of it."""
    for _link in range(_LINKS):
        if commands.seal_journal() is None:
            break


@app.periodic(cron="47 3 * * *")
@app.task(name="journal.forget_readings", queueing_lock="journal.forget_readings")
def forget_readings(timestamp: int) -> None:
    """Delete the counts of readings of more than a year ago."""
    commands.forget_old_readings(before=timezone.now() - _KEEP_READINGS)
