"""Jobs of the timeline."""

from __future__ import annotations

from procrastinate.contrib.django import app

from voronka.timeline.commands.notifications import remind_due


@app.periodic(cron="* * * * *")
@app.task(queue="clock", pass_context=False)
def send_reminders(timestamp: int) -> None:
    """Tell people of what is about to be due; each minute."""
    remind_due()
