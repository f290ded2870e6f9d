"""Periodic work on cards."""

from procrastinate.contrib.django import app

from voronka.items.commands.folding import fold_tally


@app.periodic(cron="*/5 * * * *")
@app.task(name="items.fold_tally", queueing_lock="items.fold_tally")
def fold(timestamp: int) -> None:
    """Keep the running tally of open cards short, every five minutes."""
    fold_tally()
