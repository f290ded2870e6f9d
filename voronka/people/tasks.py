"""Periodic work on accounts, and on what people read."""

from procrastinate.contrib.django import app

from voronka.people import commands


@app.periodic(cron="17 * * * *")
@app.task(name="people.forget_the_stale", queueing_lock="people.forget_the_stale")
def forget_the_stale(timestamp: int) -> None:
    """Drop old log-in attempts, ended sessions and spent invitations, every hour."""
    commands.forget_the_stale()


@app.periodic(cron="* * * * *")
@app.task(name="people.sound_alarms", queueing_lock="people.sound_alarms")
def sound_alarms(timestamp: int) -> None:
    """Tell of whoever reads unusually much, every minute."""
    commands.sound_alarms()
