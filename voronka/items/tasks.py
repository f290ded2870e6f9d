"""Jobs and periodic work on cards."""

from procrastinate.contrib.django import app

from voronka.items.commands.folding import fold_tally
from voronka.items.commands.regrading import regrade_open_cards


@app.periodic(cron="*/5 * * * *")
@app.task(name="items.fold_tally", queueing_lock="items.fold_tally")
def fold(timestamp: int) -> None:
    """Keep the running tally of open cards short, every five minutes."""
    fold_tally()


@app.task(name="items.regrade_cards", queue="setup")
def regrade_cards(item_type_id: int) -> None:
    """Grade the open cards of a type anew after its rule has changed."""
    regrade_open_cards(item_type_id)
