"""Jobs of the timeline."""

from __future__ import annotations

from procrastinate.contrib.django import app

from voronka.timeline.commands.notices import devices, letters, pushes, watching
from voronka.timeline.commands.notifications import forget_read, remind_due
from voronka.timeline.commands.questions import tell_late


@app.periodic(cron="* * * * *")
@app.task(queue="clock", pass_context=False)
def send_reminders(timestamp: int) -> None:
    """Tell people of what is about to be due, and of answers that are late; each minute."""
    remind_due()
    tell_late()


@app.periodic(cron="47 3 * * *")
@app.task(queueing_lock="timeline.notifications", pass_context=False)
def forget_read_notifications(timestamp: int) -> None:
    """Delete notifications that were read long ago, and how they went; each night."""
    forget_read()
    pushes.forget_old()
    letters.forget_old()
    devices.forget_ended()


@app.task(name=pushes.JOB, queue="outside")
def send_push(push_id: int) -> None:
    """Send one notice to one device; it defers its own next try."""
    pushes.perform_push(push_id)


@app.task(name=letters.JOB, queue="outside")
def send_letter(letter_id: int) -> None:
    """Send one letter with notices; it defers its own next try."""
    letters.perform_letter(letter_id)


@app.periodic(cron="* * * * *")
@app.task(name="timeline.notices", queue="clock", queueing_lock="timeline.notices")
def each_minute(timestamp: int) -> None:
    """Tell of clients that wait, gather letters, find what was forgotten."""
    watching.tell_of_waiting()
    letters.gather_letters()
    pushes.pick_up()
    letters.pick_up()


@app.periodic(cron="*/5 * * * *")
@app.task(name="timeline.stalled", queue="clock", queueing_lock="timeline.stalled")
def tell_of_stalled(timestamp: int) -> None:
    """Tell heads of sales of cards that have stalled; each five minutes."""
    watching.tell_of_stalled()


@app.periodic(cron="7 * * * *")
@app.task(name="timeline.overdue", queue="clock", queueing_lock="timeline.overdue")
def tell_of_overdue(timestamp: int) -> None:
    """Tell heads of sales of tasks that became overdue; each hour."""
    watching.tell_of_overdue()
