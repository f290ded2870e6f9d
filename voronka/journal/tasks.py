"""Periodic work on the journal."""

from procrastinate.contrib.django import app

from voronka.journal import commands

_LINKS = 10  # a minute, of 10,000 events each: what a bulk load leaves behind must not take a core


@app.periodic(cron="* * * * *")
@app.task(name="journal.seal", queueing_lock="journal.seal", lock="journal.seal")
def seal(timestamp: int) -> None:
    """Add links to the hash chain until everything that has settled is sealed, or a share of it."""
    for _link in range(_LINKS):
        if commands.seal_journal() is None:
            break
