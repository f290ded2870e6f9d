"""Moving a card through its pipeline; the gate stands here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from voronka.items import gate, rules
from voronka.items.changes import clean_changes
from voronka.items.commands.answering import end_clock
from voronka.items.commands.card import (
    LOSS,
    end_pause,
    enter_stage,
    lock_card,
    note_event,
    save_card,
)
from voronka.items.commands.editing import apply_changes, changed_columns
from voronka.items.errors import BackwardRefused, CardChanged, CardClosed, GateClosed, WrongPipeline
from voronka.items.models import ClockChange, Item, ItemLink, Passage, StageVisit, ToldBy
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput
from voronka.people import access
from voronka.people.schedules import schedule_of
from voronka.pipelines.models import LossReason, Stage
from voronka.pipelines.queries import ordered_stages

UNDO_FOR = timedelta(minutes=10)
_NEXT_STEP = (
    *("next_activity_at", "next_activity_kind", "next_activity_title"),
    *("version", "changed_at"),
)
TOO_LATE = _("This move can't be taken back any more. The head of sales can return the card.")


@transaction.atomic
def move_item(
    item_id: int,
    *,
    to: Stage,
    by: Actor,
    changes: Mapping[str, Any] | None = None,
    confirmed: tuple[str, ...] = (),
    reason: LossReason | None = None,
    comment: str = "",
    told_by: str = "",
    seen_stage_id: int | None = None,
    work: str = "",
    at: datetime | None = None,
) -> Item:
    """Move a card forward to another stage of its own pipeline, or close it as won or lost.

    Saves `changes` together with the move, closes the present stage visit, keeps the stages in
    between as passed by jump (FS-8), opens the next visit, and records `item.moved`,
    `item.won` or `item.lost`. Moving to the stage where it already stands does nothing.

    Args:
        to: the target stage; the card stalls `to.deadline` later, in working or calendar time.
        changes: field code -> value, for what the gate asks; saved only if the move succeeds.
        confirmed: codes of exit criteria of the present stage that the person confirms now.
        reason, comment: why the card is lost; wanted by lost stages.
        told_by: whose word the reason is: "client" or "seller"; the seller's when a person does not
            say, nobody's when the system closes the card.
        seen_stage_id: where the person saw the card; if it is elsewhere by now, the move fails.
        work: of a closing: "close" what people still have planned on the card, or "keep" it; the
            event carries it. When empty, a loss closes it and a win keeps it.
        at: when it happened (aware); now when omitted.
    Raises:
        WrongPipeline: `to` belongs to another pipeline; only a tunnel may cross over.
        CardChanged: somebody else has moved it first.
        BackwardRefused: the pipeline goes forward only; `correct_item` is the way back.
        GateClosed: fields, exit criteria or the loss reason are missing.
        DomainError: what a registered guard refuses, e.g. a large order without a pass.
    Source: docs/domain/gate.md.
    """
    item = lock_card(item_id, by=by, action="move")
    left = item.stage
    if seen_stage_id is not None and seen_stage_id != left.pk:
        raise CardChanged
    if left.pk == to.pk:
        return item
    if item.pipeline_id != to.pipeline_id:
        raise WrongPipeline(to)
    if not left.is_open:
        raise CardClosed
    if rules.is_backward(left, to) and item.pipeline.forward_only:
        raise BackwardRefused(to)
    diff = _take_along(item, changes, confirmed, by=by)
    stages = ordered_stages(item.pipeline)
    if reason is not None and reason.pipeline_id != item.pipeline_id:
        raise InvalidInput(_("This reason belongs to another funnel. Choose one from the list."))
    verdict = gate.ask(item, to, stages, reason=reason, comment=comment, by=by)
    if verdict.missing or verdict.criteria or verdict.needs_reason or verdict.needs_comment:
        raise GateClosed(
            to,
            missing=verdict.missing,
            criteria=verdict.criteria,
            needs_reason=verdict.needs_reason,
            needs_comment=verdict.needs_comment,
        )
    gate.pass_guards(item, to, by=by)
    if to.kind == Stage.Kind.LOST:
        item.loss_reason, item.loss_comment = reason, comment.strip()[:500]
        item.loss_told_by = told_by_of(told_by, by)
    at = _not_before(item, at)
    enter_stage(item, to, by=by, at=at, passed=verdict.passed)
    if item.closed_at is not None and item.clock_started_at is not None:
        end_clock(item, by=by, at=at)
    if diff:
        note_event("item.changed", item, by=by, at=at, changes=diff)
    verbs = {Stage.Kind.WON: "item.won", Stage.Kind.LOST: "item.lost"}
    note_event(
        verbs.get(Stage.Kind(to.kind), "item.moved"),
        item,
        by=by,
        at=at,
        left=left.pk,
        entered=to.pk,
        passed=[s.pk for s in verdict.passed],
        reason=reason.pk if reason else None,
        comment=item.loss_comment,
        **({"told_by": item.loss_told_by} if item.loss_told_by else {}),
        **({"work": work} if work and item.is_closed else {}),
    )
    if item.is_closed:  # its next step may have ended with it
        item.refresh_from_db(fields=_NEXT_STEP)
    return item


def told_by_of(said: str, by: Actor) -> str:
    """Return whose word a loss reason is, by what was said and who says it (FS-14)."""
    if said in ToldBy.values:
        return said
    return ToldBy.SELLER if by.user_id is not None else ""


def _take_along(
    item: Item, changes: Mapping[str, Any] | None, confirmed: tuple[str, ...], *, by: Actor
) -> dict[str, list[Any]]:
    """Save what the person filled in on the way, so that the gate sees it."""
    columns: list[str] = []
    diff: dict[str, list[Any]] = {}
    if changes:
        clean = clean_changes(item.pipeline.item_type, changes, by=by)
        diff = apply_changes(item, clean)
        columns += changed_columns(clean)
    if confirmed:
        known = {c.code: c for c in rules.criteria(item.stage)}
        now = timezone.now().isoformat()
        met = {known[c].key: {"by": by.user_id, "at": now} for c in confirmed if c in known}
        item.checks = {**item.checks, **met}
        columns.append("checks")
    if columns:
        save_card(item, columns)
    return diff


def _not_before(item: Item, at: datetime | None) -> datetime:
    """A visit can't end before it began, even if clocks of two machines differ."""
    moment = at or timezone.now()
    return max(moment, item.stage_entered_at)


@transaction.atomic
def correct_item(item_id: int, *, to: Stage, why: str, by: Actor) -> Item:
    """Return a card to an earlier stage, or reopen a closed one, as a correction (FS-7).

    Kept as a correction, so that conversion does not count the stage twice; records
    `item.corrected` with the reason. Needs the settings right "correct".

    Raises:
        Forbidden: the role may not correct.
        InvalidInput: no reason was given, or the way is forward (then it is a move).
        GateClosed: a closed card would stand in a stage whose fields it lacks.
    """
    item = lock_card(item_id, by=by, action="move")
    rights = access.of_actor(by)
    if rights is not None and not rights.has("correct"):
        raise Forbidden(
            _("Only the head of sales can return a card. Ask for it in a note and mention them.")
        )
    left = item.stage
    if item.pipeline_id != to.pipeline_id:
        raise WrongPipeline(to)
    if left.pk == to.pk:
        return item
    if not to.is_open or not rules.is_backward(left, to):
        raise InvalidInput(_("This is not a return. Move the card forward in the usual way."))
    if len(why.strip()) < 3:
        raise InvalidInput(
            _("Say why the card returns."), fields={"why": _("Write a reason in a few words.")}
        )
    if not left.is_open:
        missing = gate.ask(item, to, list(item.pipeline.stages.all()), by=by).missing
        if missing:
            raise GateClosed(to, missing=missing)
    at = _not_before(item, None)
    enter_stage(item, to, by=by, at=at, correction=True)
    note_event(
        "item.corrected",
        item,
        by=by,
        at=at,
        left=left.pk,
        entered=to.pk,
        why=why.strip()[:500],
    )
    return item


@transaction.atomic
def undo_move(item_id: int, *, by: Actor, within: timedelta = UNDO_FOR) -> Item:
    """Take the last move back as if it had not been made (UI-13).

    Allowed to the person who made it, while nobody has moved it since. The journal keeps both the
    move and `item.move_undone`.

    Args:
        within: how long after the move.
    Raises:
        InvalidInput: there is nothing to take back, or it is too late.
    """
    item = lock_card(item_id, by=by, action="move")
    last = StageVisit.objects.get(item_id=item.pk, left_at=None)
    fresh = timezone.now() - last.entered_at <= within
    if not fresh or last.by_user_id != by.user_id:
        raise InvalidInput(TOO_LATE)
    if deal := living_deal(item):
        raise InvalidInput(
            _("This lead has become “%(deal)s”. Take the conversion back instead.") % {"deal": deal}
        )
    undone = item.stage_id
    step_back(item)
    note_event("item.move_undone", item, by=by, left=undone, entered=item.stage_id)
    return item


def living_deal(lead: Item) -> Item | None:
    """Return the deal that a card was converted into, unless it lies in the recycle bin."""
    deals = Item.objects.alive().filter(
        parent_links__parent=lead, parent_links__kind=ItemLink.Kind.CONVERTED
    )
    return deals.order_by("-pk").first()


def step_back(item: Item) -> None:
    """Forget a locked card's last visit, with the stages it jumped over, and reopen the one before.

    Raises:
        InvalidInput: the card has only ever stood in its first stage, or the reason for which it
            was lost is gone.
    """
    visits = list(StageVisit.objects.filter(item_id=item.pk).order_by("-entered_at", "-pk"))
    stays = [visit for visit in visits if not visit.jump]
    if len(stays) < 2:
        raise InvalidInput(TOO_LATE)
    previous = stays[1]
    stage = Stage.objects.select_related("pipeline").get(pk=previous.stage_id)
    if stage.pipeline_id != item.pipeline_id:  # back through the tunnel by which it came
        item.passages.filter(how=Passage.How.MOVE, at=item.stage_entered_at).delete()
        item.pipeline = stage.pipeline
    item.loss_reason, item.loss_comment, item.loss_told_by = None, "", ""
    if stage.kind == Stage.Kind.LOST:
        item.loss_reason, item.loss_comment, item.loss_told_by = _why_it_was_lost(item)
    StageVisit.objects.filter(pk__in=[v.pk for v in visits[: visits.index(previous)]]).delete()
    StageVisit.objects.filter(pk=previous.pk).update(left_at=None, overdue=None)
    entered = previous.entered_at
    item.stage, item.stage_entered_at = stage, entered
    if item.paused_at is not None:
        end_pause(item, at=timezone.now())
    changes = ClockChange.objects.filter(item_id=item.pk, stay=entered)
    item.stall_extra = sum((change.amount for change in changes), timedelta())
    item.paused_at = None  # a pause ended when the card left
    item.stalls_at = rules.stalls_at(
        stage,
        entered,
        lambda: schedule_of(item.owner_id, calendar_id=item.pipeline.calendar_id),
        extra=item.stall_extra,
    )
    item.closed_at = None if stage.is_open else entered
    columns = ["pipeline", "stage", "stage_entered_at", "stalls_at", "stall_extra", "paused_at"]
    save_card(item, [*columns, "closed_at", *LOSS])


def _why_it_was_lost(item: Item) -> tuple[LossReason | None, str, str]:
    """Return reason, comment and whose word of a card's last loss, forgotten when it went on."""
    told = Event.objects.filter(
        subject_type=Item.journal_type,
        subject_id=item.pk,
        verb__in=("item.lost", "item.loss_reason_changed"),
    )
    last = told.order_by("-pk").first()
    diff = last.diff if last else {}
    reason = LossReason.objects.filter(pk=diff.get("reason") or 0).first()
    if reason is None and gate.has_reasons(item.pipeline_id):
        raise InvalidInput(TOO_LATE)
    return reason, str(diff.get("comment") or ""), str(diff.get("told_by") or "")
