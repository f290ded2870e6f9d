"""The check of losses by the head of sales: confirmed, returned to work, or another reason.

Source: docs/domain/robots.md, "Verdicts on losses" (QL-6, TN-7, Q5).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import override

from voronka.automation.models import AutoTask, LossVerdict
from voronka.automation.spans import Span
from voronka.items.commands.card import note_event, require_card
from voronka.items.commands.losses import change_loss_reason, overturn_loss
from voronka.items.models import Item, StageVisit
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.people.access import require_right
from voronka.people.models import User
from voronka.people.queries import head_of
from voronka.people.schedules import schedule_of
from voronka.pipelines.models import LossReason, Stage
from voronka.timeline.commands.activities import Plan, finish_activity, plan_activity
from voronka.timeline.commands.notifications import notify
from voronka.timeline.models import Activity

State = LossVerdict.State
ORDER_WITHIN = Span.read("4h")  # working time to do what the judge of a loss has ordered
_TITLE = 120  # characters of an order that a task is called by


@transaction.atomic
def ask_verdict(item: Item, *, due_at: datetime, by: Actor) -> LossVerdict | None:
    """Ask the head of sales whether a loss is right; None when it is not lost or asked already.

    Until the verdict, or `due_at`, the card goes nowhere else: `item.loss_confirmed` is what
    tunnels into the refusals funnel listen to. Records `item.verdict_asked`.
    """
    if item.stage.kind != Stage.Kind.LOST or item.closed_at is None:
        return None
    before = (
        StageVisit.objects.filter(item_id=item.pk, jump=False, left_at__lte=item.stage_entered_at)
        .exclude(stage__kind=Stage.Kind.LOST)
        .order_by("-left_at", "-pk")
        .first()
    )
    head = head_of(item.owner_id)
    verdict, made = LossVerdict.objects.get_or_create(
        item=item,
        lost_at=item.stage_entered_at,
        defaults={
            "pipeline": item.pipeline,
            "lost_by_id": item.owner_id,
            "reason": item.loss_reason,
            "comment": item.loss_comment,
            "from_stage_id": before.stage_id if before else None,
            "judge_id": head.pk if head else None,
            "due_at": due_at,
        },
    )
    if not made:
        return None
    note_event("item.verdict_asked", item, by=by, verdict=verdict.pk, judge=verdict.judge_id)
    return verdict


@transaction.atomic
def confirm_loss(verdict_id: int, *, by: Actor, said: str = "") -> LossVerdict:
    """Say that a loss is right; records `item.loss_confirmed`.

    Raises:
        NotFound, InvalidInput: no such verdict, or it was given already.
        Forbidden: the role lacks "control", or does not reach this card.
    """
    verdict = _lock(verdict_id, by=by)
    return _settle(verdict, State.CONFIRMED, by=by, said=said)


@transaction.atomic
def return_to_work(verdict_id: int, *, cause: str, said: str, by: Actor) -> LossVerdict:
    """Put the card back where it stood, as if it had not been lost; records `item.loss_overturned`.

    The responsible person is told, with the cause and the words, and has a task to do what they
    say within `ORDER_WITHIN`; of somebody who no longer works here it is the judge's own.

    Args:
        cause: a LossVerdict.Cause: what was wrong with the loss.
        said: what to do now; the person reads it.
    Raises:
        InvalidInput: no cause or no words, the verdict was given already, the card has moved on.
        Forbidden: the role lacks "control", or may not move and change this card.
    """
    if cause not in LossVerdict.Cause.values:
        raise InvalidInput(
            _("Say what was wrong with the loss."), fields={"cause": _("Choose from the list.")}
        )
    verdict = _lock(verdict_id, by=by)
    _require_still_lost(verdict)
    overturn_loss(verdict.item_id, why=said, by=by)
    verdict.cause = cause
    _settle(verdict, State.RETURNED, by=by, said=said)
    owner = User.objects.get(pk=verdict.item.owner_id)
    _order(verdict, to=owner, cause=cause, said=said.strip(), by=by)
    with override(owner.language):
        text = _("“%(title)s” is back in work: %(cause)s. %(said)s") % {
            "title": verdict.item.title,
            "cause": LossVerdict.Cause(cause).label,
            "said": said.strip(),
        }
    if owner.pk != by.user_id:
        notify(owner.pk, "returned", text, item_id=verdict.item_id)
    return verdict


def _order(verdict: LossVerdict, *, to: User, cause: str, said: str, by: Actor) -> None:
    """Make the judge's words a task: a card that is back in work has a next step."""
    doer_id = to.pk if to.is_active or by.user_id is None else by.user_id
    due_at = ORDER_WITHIN.after(timezone.now(), lambda: schedule_of(doer_id))
    with override(to.language):
        text = _("Back in work: %(cause)s.") % {"cause": LossVerdict.Cause(cause).label}
    # The whole order stands in the text where the title has no room for it.
    if len(said) > _TITLE or "\n" in said:
        text = f"{said}\n\n{text}"
    title = Truncator(said.replace("\n", " ")).chars(_TITLE)
    plan = Plan(kind=Activity.Kind.TASK, title=title, due_at=due_at, text=text)
    plan_activity(plan, item_id=verdict.item_id, owner_id=doer_id, by=by)


@transaction.atomic
def correct_reason(
    verdict_id: int, *, reason: LossReason, by: Actor, comment: str = "", said: str = ""
) -> LossVerdict:
    """Say that the card is lost indeed, but for another reason.

    Records `item.loss_reason_changed` and `item.loss_confirmed`.

    Raises:
        InvalidInput: the reason does not fit, the verdict was given already, the card has moved on.
        Forbidden: the role lacks "control", or does not reach this card.
    """
    verdict = _lock(verdict_id, by=by)
    _require_still_lost(verdict)
    if reason.pk == verdict.reason_id:
        raise InvalidInput(
            _("This is the reason that was given. Confirm the loss, or choose another one."),
            fields={"reason": _("Choose another reason.")},
        )
    change_loss_reason(verdict.item_id, reason=reason, comment=comment, by=by)
    return _settle(verdict, State.WRONG_REASON, by=by, said=said)


def lapse_verdicts(*, now: datetime | None = None, limit: int = 200) -> int:
    """Let losses that nobody has checked in time count as confirmed; return how many (TN-7)."""
    moment = now or timezone.now()
    late = LossVerdict.objects.filter(state=State.WAITING, due_at__lte=moment)
    ids = list(late.order_by("due_at").values_list("pk", flat=True)[:limit])
    for pk in ids:
        _lapse(pk)
    return len(ids)


@transaction.atomic
def _lapse(verdict_id: int) -> None:
    verdict = (
        LossVerdict.objects.select_for_update(skip_locked=True)
        .filter(pk=verdict_id, state=State.WAITING)
        .first()
    )
    if verdict is not None:
        _settle(verdict, State.LAPSED, by=Actor.system())


def _lock(verdict_id: int, *, by: Actor) -> LossVerdict:
    require_right(by, "control")
    verdict = (
        LossVerdict.objects.select_for_update(of=("self",))
        .select_related("item__pipeline__item_type")
        .filter(pk=verdict_id)
        .first()
    )
    if verdict is None:
        raise NotFound(_("There is no such loss to check."))
    require_card(by, "see", verdict.item)
    if verdict.state not in (State.WAITING, State.LAPSED):
        raise InvalidInput(_("The verdict on this loss was given already."))
    return verdict


def _require_still_lost(verdict: LossVerdict) -> None:
    item = Item.objects.filter(pk=verdict.item_id, deleted_at=None).first()
    if item is None or item.stage_entered_at != verdict.lost_at:
        raise InvalidInput(_("The card has moved on since it was lost. Open it and look."))


def _settle(verdict: LossVerdict, state: str, *, by: Actor, said: str = "") -> LossVerdict:
    lapsed_before = verdict.state == State.LAPSED
    verdict.state, verdict.said = state, said.strip()[:500]
    verdict.judged_by_id, verdict.judged_at = by.user_id, timezone.now()
    verdict.save()
    _close_task(verdict)
    if state in (State.CONFIRMED, State.WRONG_REASON, State.LAPSED) and not lapsed_before:
        item = Item.objects.select_related("pipeline__item_type").get(pk=verdict.item_id)
        still = item.deleted_at is None and item.stage_entered_at == verdict.lost_at
        if still:
            note_event(
                "item.loss_confirmed",
                item,
                by=by,
                verdict=verdict.pk,
                reason=item.loss_reason_id,
                state=state,
            )
    return verdict


def _close_task(verdict: LossVerdict) -> None:
    tasks = AutoTask.objects.filter(
        item_id=verdict.item_id,
        purpose=AutoTask.Purpose.VERDICT,
        closed_at=None,
        activity__done_at=None,
    )
    for task in tasks:
        task.closed_at, task.closed_how = timezone.now(), "criteria"
        task.save(update_fields=["closed_at", "closed_how"])
        if verdict.item.deleted_at is None:
            finish_activity(
                task.activity_id,
                outcome=Activity.Outcome.DONE,
                by=Actor("robot", None, ""),
                result=str(State(verdict.state).label),
            )
