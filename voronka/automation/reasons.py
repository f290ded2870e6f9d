"""Whether a loss was for one of some reasons. A reason stands for those inside it."""

from __future__ import annotations

from voronka.journal.models import Event
from voronka.pipelines.models import LossReason


def reason_in(event: Event, codes: list[str]) -> bool:
    """Whether the loss reason of an event, or one above it, is among the codes."""
    reason = LossReason.objects.filter(pk=event.diff.get("reason")).first()
    while reason is not None:
        if reason.code in codes:
            return True
        reason = reason.parent
    return False
