"""Errands: what has to be done outside of the database, at least once, with one key (RB-10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from voronka.automation.models import Errand, RobotRun
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import NotFound
from voronka.people.access import require_right

JOB = "automation.errand"  # of voronka.automation.tasks; named, for jobs call commands
ATTEMPTS = 8  # then it is given up: after some 12 hours
_FIRST_PAUSE = timedelta(seconds=20)
_LONGEST_PAUSE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one try. `again`: it failed, and trying once more may help."""

    done: bool
    answer: dict[str, Any]
    again: bool = False


Sender = Callable[[Errand], Report]
_senders: dict[str, Sender] = {}
_mourners: dict[str, Callable[[Errand], None]] = {}


def register_sender(
    kind: str, sender: Sender, *, given_up: Callable[[Errand], None] | None = None
) -> None:
    """Name the function that does errands of a kind. It is called outside of any transaction.

    Args:
        given_up: called when an errand has failed for good, inside the transaction that says so.
    """
    _senders[kind] = sender
    if given_up is not None:
        _mourners[kind] = given_up


def order(
    kind: str,
    payload: dict[str, Any],
    *,
    key: str,
    item: Item | None = None,
    run: RobotRun | None = None,
    lane: str = "",
    webhook_id: int | None = None,
) -> Errand:
    """Write an errand down and defer its job, inside the caller's transaction.

    The same key gives the same errand: asked twice, it is done once.
    """
    now = timezone.now()
    errand, made = Errand.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "payload": payload,
            "item": item,
            "run": run,
            "lane": lane,
            "webhook_id": webhook_id,
            "next_at": now,
            "created_at": now,
        },
    )
    if made:
        _defer(errand.pk)
    return errand


def perform(errand_id: int) -> bool:
    """Try an errand once; return whether it is over. The other side is called in no transaction.

    An errand waits while an earlier one of its lane is open; that one wakes it.
    """
    errand = Errand.objects.filter(pk=errand_id, state=Errand.State.WAITING).first()
    if errand is None:
        return True
    if _earlier(errand):
        return False
    sender = _senders.get(errand.kind)
    report = sender(errand) if sender else Report(False, {"error": "no sender"})
    with transaction.atomic():
        errand = Errand.objects.select_for_update().get(pk=errand_id)
        if errand.state != Errand.State.WAITING:
            return True
        errand.attempts += 1
        errand.answer = report.answer
        over = report.done or not report.again or errand.attempts >= ATTEMPTS
        if over:
            errand.state = Errand.State.DONE if report.done else Errand.State.FAILED
            errand.ended_at = timezone.now()
        else:
            errand.next_at = timezone.now() + pause(errand.attempts)
        errand.save()
        if over and not report.done and errand.kind in _mourners:
            _mourners[errand.kind](errand)
        if not over:
            _defer(errand.pk, at=errand.next_at)
        elif errand.lane and (following := _following(errand)):
            _defer(following)
    return over


def pause(attempts: int) -> timedelta:
    """Return how long to wait after so many failed tries: 20 s, 80 s, 5 min … at most six hours."""
    wait: timedelta = _FIRST_PAUSE * 4 ** (attempts - 1)
    return min(wait, _LONGEST_PAUSE)


@transaction.atomic
def replay(errand_id: int) -> Errand:
    """Do an errand once more that is over, with the same key."""
    errand = Errand.objects.select_for_update().get(pk=errand_id)
    if errand.state != Errand.State.WAITING:
        errand.state, errand.attempts, errand.ended_at = Errand.State.WAITING, 0, None
        errand.next_at = timezone.now()
        errand.save()
        _defer(errand.pk)
    return errand


@transaction.atomic
def retry_errand(errand_id: int, *, by: Actor) -> Errand:
    """Let a person try an errand once more that is over; records `errand.retried`.

    One that still waits for its next try is left to it.

    Raises:
        Forbidden: the role may not set up.
        NotFound: there is no such errand.
    """
    require_right(by, "setup")
    rows = Errand.objects.select_related("run__robot", "webhook").select_for_update(of=("self",))
    errand = rows.filter(pk=errand_id).first()
    if errand is None:
        raise NotFound(_("There is no such errand any more."))
    if errand.state == Errand.State.WAITING:
        return errand
    asked_by = errand.run.robot if errand.run else errand.webhook
    record(
        "errand.retried",
        asked_by or errand,
        by=by,
        name=str(asked_by or errand.kind),
        errand=errand.pk,
        item=errand.item_id,
    )
    return replay(errand.pk)


def pick_up(*, limit: int = 200) -> int:
    """Defer jobs for errands that are due and seem forgotten; return how many. Runs each minute.

    A job may have been lost with a restored database; two jobs for one errand do no harm.
    """
    late = timezone.now() - timedelta(minutes=5)
    forgotten = Errand.objects.filter(state=Errand.State.WAITING, next_at__lt=late)
    ids = list(forgotten.order_by("next_at").values_list("pk", flat=True)[:limit])
    for pk in ids:
        _defer(pk)
    return len(ids)


def _defer(errand_id: int, *, at: datetime | None = None) -> None:
    job = app.configure_task(JOB, queue="outside", schedule_at=at, allow_unknown=True)
    job.defer(errand_id=errand_id)


def _earlier(errand: Errand) -> bool:
    if not errand.lane:
        return False
    waiting = Errand.objects.filter(lane=errand.lane, state=Errand.State.WAITING)
    return waiting.filter(pk__lt=errand.pk).exists()


def _following(errand: Errand) -> int | None:
    waiting = Errand.objects.filter(lane=errand.lane, state=Errand.State.WAITING)
    return waiting.filter(pk__gt=errand.pk).order_by("pk").values_list("pk", flat=True).first()
