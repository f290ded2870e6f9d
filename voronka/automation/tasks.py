"""Jobs of automation: errands outside, and what is done by the minute and by the night."""

from __future__ import annotations

from datetime import datetime

from procrastinate.contrib.django import app

from voronka.automation.commands import control, errands, publishing, verdicts, webhooks
from voronka.items.commands import clocks


@app.task(name=errands.JOB, queue="outside")
def do_errand(errand_id: int) -> None:
    """Try something outside of the database once; it defers its own next try."""
    errands.perform(errand_id)


@app.task(name=publishing.JOB, queue="outside")
def publish(
    robot_id: int,
    starts_at: str,
    days: int,
    late: bool,
    after: int,
    placed: int,
    total: int | None,
) -> None:
    """Let a robot begin with the next cards that are there; it defers the rest."""
    how = publishing.Publishing(datetime.fromisoformat(starts_at), days, late)
    publishing.publish_chunk(robot_id, how, after=after, placed=placed, total=total)


@app.periodic(cron="* * * * *")
@app.task(name="automation.minute", queue="clock", queueing_lock="automation.minute")
def each_minute(timestamp: int) -> None:
    """Let pauses end, unchecked losses count as confirmed, forgotten errands go on."""
    clocks.end_pauses()
    verdicts.lapse_verdicts()
    errands.pick_up()


@app.periodic(cron="23 2 * * *")
@app.task(name="automation.night", queue="clock", queueing_lock="automation.night")
def each_night(timestamp: int) -> None:
    """Count anew from what amount on an order is large; forget what webhooks were told long ago."""
    control.restate_thresholds()
    while webhooks.forget_old():
        pass
