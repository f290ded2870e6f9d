"""Jobs of the timeline."""

from __future__ import annotations

from procrastinate.contrib.django import app

from voronka.timeline.commands.notifications import forget_read, remind_due


@app.periodic(cron="* * * * *")
@app.task(queue="clock", pass_context=False)
def send_reminders(timestamp: int) -> None:
    """Tell people of what is about to be due; each minute."""
    remind_due()


@app.periodic(cron="47 3 * * *")
@app.task(queueing_lock="timeline.notifications", pass_context=False)
def forget_read_notifications(timestamp: int) -> None:
    """Delete notifications that were read long ago; each night."""
    forget_read()
