"""Jobs of channels: thin, each calls a command."""

from __future__ import annotations

from procrastinate.contrib.django import app

from voronka.channels.commands import deliver, learn_pauses, send_due, sweep


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
