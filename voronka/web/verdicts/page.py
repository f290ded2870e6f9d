"""What the pages of checks show of one loss."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from voronka.automation.models import LossVerdict
from voronka.people.models import User
from voronka.timeline.models import Activity, Message

SOON = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss to be checked, or checked: with the people it concerns."""

    verdict: LossVerdict  # with item, pipeline, reason, from_stage
    lost_by: User | None
    judge: User | None
    judged_by: User | None

    @property
    def left(self) -> timedelta:
        """How long until it counts as confirmed; negative afterwards."""
        return self.verdict.due_at - timezone.now()

    @property
    def tone(self) -> str:
        """ "red" when time is up, "amber" when it is nearly so."""
        if self.left <= timedelta(0):
            return "red"
        return "amber" if self.left < SOON else ""

    @property
    def is_open(self) -> bool:
        """Whether a verdict can still be given: it waits, or nobody has looked in time."""
        return self.verdict.state in (LossVerdict.State.WAITING, LossVerdict.State.LAPSED)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was done on a card before it was given up."""

    in_work: timedelta
    answered: timedelta | None  # from its making to the first human answer
    work: list[tuple[str, int]] = field(default_factory=list)  # "Call", 3
    last_talk: Activity | None = None  # in which the client was spoken to
    last_letter: Message | None = None  # of the client's


def losses(verdicts: Iterable[LossVerdict]) -> list[Loss]:
    """Put people to the checks. One query."""
    rows = list(verdicts)
    ids = {pk for row in rows for pk in (row.lost_by_id, row.judge_id, row.judged_by_id) if pk}
    people = User.objects.in_bulk(ids) if ids else {}
    return [
        Loss(
            row,
            people.get(row.lost_by_id),
            people.get(row.judge_id or 0),
            people.get(row.judged_by_id or 0),
        )
        for row in rows
    ]


def evidence(verdict: LossVerdict) -> Evidence:
    """Count the work on a card up to its loss, and find the client's last words. Three queries."""
    item = verdict.item
    done = Activity.objects.filter(
        item_id=item.pk, done_at__lte=verdict.lost_at, outcome=Activity.Outcome.DONE
    )
    counted = dict(done.values_list("kind").annotate(n=Count("pk")))
    talks = done.filter(kind__in=(Activity.Kind.CALL, Activity.Kind.MEETING))
    letters = Message.objects.filter(
        conversation__item_id=item.pk,
        direction=Message.Direction.IN,
        automatic=False,
        at__lte=verdict.lost_at,
    )
    first = item.first_response_at
    return Evidence(
        in_work=verdict.lost_at - item.created_at,
        answered=max(first - item.created_at, timedelta(0)) if first else None,
        work=[
            (str(title), counted[kind]) for kind, title in Activity.Kind.choices if kind in counted
        ],
        last_talk=talks.order_by("-done_at").first(),
        last_letter=letters.order_by("-at").first(),
    )
