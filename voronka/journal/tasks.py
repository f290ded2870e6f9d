"""Periodic work on the journal."""

from procrastinate.contrib.django import app

from voronka.journal import commands


@app.periodic(cron="* * * * *")
@app.task(name="journal.seal", queueing_lock="journal.seal", lock="journal.seal")
def seal(timestamp: int) -> None:
    """Add links to the hash chain until everything that has settled is sealed."""
    while commands.seal_journal():
        pass
