"""The kill switch: all robots stand still at once, and go on (RB-10)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.automation.models import Engine, RobotRun
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import InvalidInput
from voronka.people.access import require_right

_ROW = 1


@transaction.atomic
def stop_engine(*, why: str = "", by: Actor) -> Engine:
    """Let no robot act any more, from the next moment on; records `engine.stopped`.

    What happens to cards meanwhile is kept: it becomes due and waits.

    Raises:
        Forbidden: the role may not set up.
    """
    require_right(by, "setup")
    engine = _lock()
    if engine.stopped_at is None:
        engine.stopped_at, engine.stopped_by_id = timezone.now(), by.user_id
        engine.stopped_why = why.strip()[:300]
        engine.save()
        record("engine.stopped", engine, by=by, why=engine.stopped_why)
    return engine


@transaction.atomic
def start_engine(*, forget: bool = False, by: Actor) -> Engine:
    """Let robots act again; records `engine.started`.

    Args:
        forget: what became due while they stood still is cancelled instead of made up for.
    Raises:
        Forbidden: the role may not set up.
    """
    require_right(by, "setup")
    engine = _lock()
    if engine.stopped_at is None:
        return engine
    dropped = 0
    if forget:
        late = RobotRun.objects.filter(state=RobotRun.State.PENDING, due_at__lte=timezone.now())
        dropped = late.update(
            state=RobotRun.State.CANCELLED,
            ended_at=timezone.now(),
            explanation={"why": "stopped"},
        )
    engine.stopped_at, engine.stopped_by_id, engine.stopped_why = None, None, ""
    engine.save()
    record("engine.started", engine, by=by, dropped=dropped)
    return engine


@transaction.atomic
def set_client_budget(messages: int, *, by: Actor) -> Engine:
    """Set how many messages all robots together may send to a client in a day (RB-11).

    Raises:
        InvalidInput: less than none, or more than a hundred.
        Forbidden: the role may not set up.
    """
    require_right(by, "setup")
    if not 0 <= messages <= 100:
        raise InvalidInput(_("Give a number from 0 to 100."))
    engine = _lock()
    before = engine.client_budget
    if before != messages:
        engine.client_budget = messages
        engine.save()
        record("engine.changed", engine, by=by, changes={"client_budget": [before, messages]})
    return engine


def _lock() -> Engine:
    Engine.objects.get_or_create(pk=_ROW)
    return Engine.objects.select_for_update().get(pk=_ROW)
