"""Long jobs: tried again after a fault, and given up with a reason that a person can read."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate import JobContext, RetryStrategy

TRIES = 20  # after the first one
AGAIN = RetryStrategy(max_attempts=TRIES, wait=3)  # seconds


def persist(
    context: JobContext, work: Callable[[], object], *, give_up: Callable[[str], object]
) -> None:
    """Go on with a long job; when it can't be helped, say so instead of staying "running".

    Args:
        context: of the job, which counts its tries; those that ended with a killed worker too.
        work: goes on where the job stopped; may be called any number of times.
        give_up: told the reason in a sentence, in the language that is active.
    """
    tries = context.job.attempts
    if tries > TRIES:
        give_up(_told(tries, _("its worker was stopped each time")))
        return
    try:
        work()
    except Exception as fault:
        if tries == TRIES:
            give_up(_told(tries + 1, f"{type(fault).__name__}: {fault}"))
        raise


def _told(tries: int, why: str) -> str:
    lines = why.strip().splitlines() or [""]
    text = ngettext(
        "It did not succeed in %(count)d try (%(why)s). What is done stays.",
        "It did not succeed in %(count)d tries (%(why)s). What is done stays.",
        tries,
    )
    return text % {"count": tries, "why": lines[0][:150]}
