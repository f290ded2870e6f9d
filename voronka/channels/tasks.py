"""Jobs of channels: thin, each calls a command."""

from __future__ import annotations

from procrastinate.contrib.django import app

from voronka.channels.commands import (
    deliver,
    forget_kept_too_long,
    learn_pauses,
    send_due,
    sweep,
)
from voronka.channels.commands.telling import tell_of_silence


@app.task(queue="talk", name="channels.send", pass_context=False)
def send(message_id: int) -> None:
    """Hand a message to its channel."""
    deliver(message_id)


@app.periodic(cron="* * * * *")
@app.task(queue="clock", name="channels.send_due", queueing_lock="channels.send_due")
def send_planned(timestamp: int) -> None:
    """Send what is planned for now or to be tried again; each minute."""
    while send_due():
        pass


@app.periodic(cron="* * * * *")
@app.task(queue="clock", name="channels.sweep", queueing_lock="channels.sweep")
def sweep_ledger(timestamp: int) -> None:
    """Card what a dead process left behind; each minute."""
    sweep()


@app.periodic(cron="40 3 * * *")
@app.task(queue="clock", name="channels.learn", queueing_lock="channels.learn")
def learn(timestamp: int) -> None:
    """Learn how long each channel is usually silent; every night."""
    learn_pauses()


@app.periodic(cron="50 3 * * *")
@app.task(queue="clock", name="channels.forget_raw", queueing_lock="channels.forget_raw")
def forget_old_bodies(timestamp: int) -> None:
    """Empty the raw bodies of what came in before its term; every night."""
    while forget_kept_too_long():
        pass


@app.periodic(cron="11 * * * *")
@app.task(queue="clock", name="channels.silence", queueing_lock="channels.silence")
def notice_silence(timestamp: int) -> None:
    """Tell of channels that have been silent longer than usual; each hour."""
    tell_of_silence()
