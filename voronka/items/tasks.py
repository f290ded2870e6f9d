"""Jobs and periodic work on cards."""

from django.utils.translation import override
from procrastinate import JobContext
from procrastinate.contrib.django import app

from voronka.items.commands.bulk import give_up_bulk, language_of, work_on_bulk
from voronka.items.commands.folding import fold_tally
from voronka.items.commands.recounting import recount_all
from voronka.items.commands.regrading import regrade_open_cards
from voronka.items.commands.restating import restate_open_cards
from voronka.kernel.jobs import AGAIN, persist


@app.periodic(cron="*/5 * * * *")
@app.task(name="items.fold_tally", queueing_lock="items.fold_tally")
def fold(timestamp: int) -> None:
    """Keep the running tallies of cards short, every five minutes."""
    fold_tally()


@app.task(name="items.regrade_cards", queue="setup")
def regrade_cards(item_type_id: int) -> None:
    """Grade the open cards of a type anew after its rule has changed."""
    regrade_open_cards(item_type_id)


@app.task(name="items.recount_cards", queue="setup", retry=AGAIN)
def recount_cards(item_type_id: int) -> None:
    """Count the formulas of all cards of a type anew after they have changed."""
    recount_all(item_type_id)


@app.task(name="items.restate_cards", queue="setup", retry=AGAIN)
def restate_cards(stage_id: int) -> None:
    """Count anew when the open cards of a stage stall, after its deadline has changed."""
    restate_open_cards(stage_id)


@app.task(name="items.continue_bulk", queue="imports", retry=AGAIN, pass_context=True)
def continue_bulk(context: JobContext, run_id: int) -> None:
    """Go on with a bulk action, or with taking it back (UI-13)."""
    with override(language_of(run_id)):
        persist(
            context,
            lambda: work_on_bulk(run_id),
            give_up=lambda why: give_up_bulk(run_id, why),
        )
