"""Periodic housekeeping of the worker. Named in settings, so that only workers load it."""

from importlib import import_module

from django.conf import settings
from procrastinate import JobContext, builtin_tasks
from procrastinate.contrib.django import app

_KEEP_JOBS = 24 * 30  # hours that failed and cancelled jobs stay to be looked at


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="upkeep.sessions")
def forget_expired_sessions(timestamp: int) -> None:
    """Delete the sessions that have run out."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="upkeep.jobs", pass_context=True)
async def forget_old_jobs(context: JobContext, timestamp: int) -> None:
    """Delete jobs that ended long ago."""
    await builtin_tasks.remove_old_jobs(
        context, max_hours=_KEEP_JOBS, remove_failed=True, remove_cancelled=True
    )
