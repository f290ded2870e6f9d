"""The bulk door of automation: checks of losses and tasks of robots of the past, for the demo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction

from voronka.automation.models import AutoTask, LossVerdict
from voronka.timeline.commands.loading import load_activities


@transaction.atomic
def load_verdicts(verdicts: Iterable[LossVerdict]) -> int:
    """Write many verdicts that were given long ago; return how many.

    No events: history wakes nobody.
    """
    return len(LossVerdict.objects.bulk_create(verdicts, batch_size=1000))


@transaction.atomic
def load_auto_tasks(tasks: Sequence[AutoTask]) -> int:
    """Write tasks that robots have set in the past, with their activities; return how many.

    Cards get their next steps anew. No events: history wakes nobody.

    Args:
        tasks: each with an activity that is not saved.
    """
    load_activities([task.activity for task in tasks])
    for task in tasks:
        task.activity_id = task.activity.pk
    AutoTask.objects.bulk_create(tasks, batch_size=1000)
    return len(tasks)
