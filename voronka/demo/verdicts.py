"""The head's checks of losses: those of two months were given, the last ones wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from django.db.models import Q

from voronka.automation.commands.loading import load_verdicts
from voronka.automation.models import LossVerdict
from voronka.items.models import Item, StageVisit
from voronka.people.queries import head_of
from voronka.pipelines.models import LossReason, Stage

PAST = timedelta(days=60)
WAITING, MOST = 7, 120  # cards
State = LossVerdict.State


def make_verdicts(dice: Random, *, now: datetime) -> int:
    """Judge the losses of the last two months; return how many verdicts there are."""
    kinds = Q(pipeline__item_type__kind="lead") | Q(pipeline__item_type__kind="deal")
    lost = Item.objects.filter(
        kinds, stage__kind=Stage.Kind.LOST, stage_entered_at__gt=now - PAST, deleted_at=None
    ).select_related("pipeline", "loss_reason")
    cards = list(lost.order_by("-stage_entered_at", "-pk")[:MOST])
    verdicts = _given(cards, dice)
    for number, verdict in enumerate(verdicts[:WAITING]):
        verdict.state, verdict.judged_by_id, verdict.judged_at = State.WAITING, None, None
        verdict.due_at = now + timedelta(hours=22 - 3 * number)
    return load_verdicts(verdicts)


def _given(cards: list[Item], dice: Random) -> list[LossVerdict]:
    before = {
        visit.item_id: visit.stage_id
        for visit in StageVisit.objects.filter(item__in=cards, jump=False, left_at__isnull=False)
        .exclude(stage__kind=Stage.Kind.LOST)
        .order_by("left_at")
    }
    others = {r.pipeline_id: r for r in LossReason.objects.filter(archived=False).order_by("-pk")}
    found = []
    for card in cards:
        head = head_of(card.owner_id)
        state = dice.choices(
            [State.CONFIRMED, State.WRONG_REASON, State.LAPSED], weights=[80, 12, 8]
        )[0]
        took = timedelta(minutes=dice.randint(20, 26 * 60))
        reason = card.loss_reason
        if state == State.WRONG_REASON:  # what the person had said
            reason = others.get(card.pipeline_id, reason)
        found.append(
            LossVerdict(
                item=card,
                pipeline=card.pipeline,
                lost_at=card.stage_entered_at,
                lost_by_id=card.owner_id,
                reason=reason,
                comment=card.loss_comment,
                from_stage_id=before.get(card.pk),
                judge_id=head.pk if head else None,
                due_at=card.stage_entered_at + timedelta(days=1),
                state=state,
                judged_by_id=head.pk if head and state != State.LAPSED else None,
                judged_at=card.stage_entered_at + took,
            )
        )
    return found
