"""Bulk actions: the single commands for many cards, a verdict for each, and one way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from voronka.items.commands.card import lock_card
from voronka.items.commands.deleting import delete_item, restore_item
from voronka.items.commands.editing import assign_owner, edit_item, stored
from voronka.items.commands.moving import move_item, undo_move
from voronka.items.errors import CardChanged, SecondPersonNeeded
from voronka.items.models import BulkRun, Item, StageVisit
from voronka.items.second_person import Consent, consent_to_delete, deletion_limit
from voronka.journal.actors import Actor
from voronka.journal.commands import plain, record
from voronka.journal.live import announce_change
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.people.models import User
from voronka.pipelines.models import LossReason, Stage

MOST_CARDS = 5000  # of one action
AT_ONCE = 50  # cards done while the person waits; about a second
CHUNK = 50  # cards in one transaction of the worker
UNDO_FOR = timedelta(hours=24)  # after the moves of many cards (UI-13)


@dataclass(frozen=True, slots=True)
class BulkAction:
    """What to do with every card: exactly one of the four."""

    to: Stage | None = None
    reason: LossReason | None = None
    comment: str = ""
    told_by: str = ""  # of a loss: as in `move_item`
    owner: User | None = None
    changes: dict[str, Any] | None = None
    delete: bool = False
    work: str = ""  # of a move that closes: as in `move_item`

    @property
    def kind(self) -> str:
        """move, assign, edit or delete."""
        if self.to is not None:
            return "move"
        if self.owner is not None:
            return "assign"
        return "delete" if self.delete else "edit"


def run_bulk(
    item_ids: Sequence[int], action: BulkAction, *, by: Actor, asked_by: int | None = None
) -> BulkRun:
    """Do one thing to many cards, in one transaction, each through its own command.

    A card that refuses does not stop the others; the run's report names every card with its
    verdict, and `undo_bulk` takes back what was done. Records `bulk.done`.

    Args:
        asked_by: who wanted the deletion that `by` agrees to.
    Raises:
        InvalidInput: no card, too many cards, or nothing to do was given.
        SecondPersonNeeded: so many cards are not deleted by one person (AC-7).
    """
    with transaction.atomic():
        run = _begin(item_ids, action, by=by, asked_by=asked_by)
        _do_some(run, action, run.item_ids, by=by)
        _end(run, by=by)
    return run


@transaction.atomic
def start_bulk(
    item_ids: Sequence[int], action: BulkAction, *, by: Actor, asked_by: int | None = None
) -> BulkRun:
    """Do one thing to many cards: a few at once, more than `AT_ONCE` by the worker.

    What the worker does is `running` when this returns; `work_on_bulk` does it.

    Args:
        asked_by: who wanted the deletion that `by` agrees to.
    Raises:
        InvalidInput, SecondPersonNeeded: as `run_bulk`.
    """
    if len(set(item_ids)) <= AT_ONCE or by.user_id is None:
        return run_bulk(item_ids, action, by=by, asked_by=asked_by)
    run = _begin(item_ids, action, by=by, asked_by=asked_by)
    run.state, run.background = BulkRun.State.RUNNING, True
    run.save(update_fields=["state", "background"])
    _hand_over(run.pk)
    return run


def _hand_over(run_id: int) -> None:
    """Have the worker go on with a run."""
    from voronka.items.tasks import continue_bulk

    continue_bulk.defer(run_id=run_id)


def work_on_bulk(run_id: int) -> BulkRun:
    """Go on with a run where it stopped, until all of its cards have a verdict.

    Each chunk is one transaction that holds its cards and their verdicts: a process killed in
    the middle leaves whole chunks, and nothing is done twice. The rights are those that the
    person has when the chunk begins.
    """
    with override(language_of(run_id)):
        run = _chunk(run_id)
        while run.is_busy:
            run = _chunk(run_id)
    return run


@transaction.atomic
def _chunk(run_id: int) -> BulkRun:
    run = BulkRun.objects.select_for_update().get(pk=run_id)
    if run.is_busy:
        person = User.objects.select_related("role").get(pk=run.by_user_id)
        step = _undo_chunk if run.state == run.State.UNDOING else _do_chunk
        step(run, Actor.user(person))
    return run


def _do_chunk(run: BulkRun, by: Actor) -> None:
    ids = run.item_ids[len(run.report) : len(run.report) + CHUNK]
    if not ids:
        _end(run, by=by)
        return
    try:
        action = _action(run.params)
    except InvalidInput as refusal:
        _stop(run, str(refusal))
        return
    _do_some(run, action, ids, by=by)
    announce_change("bulk.progressed", run.journal_type, run.pk, owner_id=run.by_user_id)


def language_of(run_id: int) -> str:
    """Return the language of the person whose run this is."""
    person = BulkRun.objects.values_list("by_user_id", flat=True).get(pk=run_id)
    return User.objects.values_list("language", flat=True).get(pk=person)


def give_up_bulk(run_id: int, why: str) -> None:
    """Stop a run that fails again and again; its person sees why and can try again."""
    with transaction.atomic():
        run = BulkRun.objects.select_for_update().get(pk=run_id)
        if run.is_busy:
            _stop(run, why)


@transaction.atomic
def resume_bulk(run_id: int, *, by: Actor) -> BulkRun:
    """Have the worker try again what has stopped, from where it stopped.

    Raises:
        InvalidInput: it is somebody else's run, or has not stopped.
    """
    run = BulkRun.objects.select_for_update().get(pk=run_id)
    if run.state != run.State.FAILED or run.by_user_id != by.user_id:
        raise InvalidInput(_("This action has not stopped. Look at its report."))
    run.state = run.State.UNDOING if run.undo_asked else run.State.RUNNING
    run.error = ""
    run.save(update_fields=["state", "error"])
    _hand_over(run.pk)
    return run


def _begin(
    item_ids: Sequence[int], action: BulkAction, *, by: Actor, asked_by: int | None
) -> BulkRun:
    ids = sorted(set(item_ids))  # one order for everybody: no deadlock
    if not ids:
        raise InvalidInput(_("Choose at least one card."))
    if len(ids) > MOST_CARDS:
        raise InvalidInput(
            ngettext(
                "At most %(count)d card at once. Narrow the filter.",
                "At most %(count)d cards at once. Narrow the filter.",
                MOST_CARDS,
            )
            % {"count": MOST_CARDS}
        )
    if action.kind == "edit" and not action.changes:
        raise InvalidInput(_("Choose what to do with the cards."))
    alone = action.delete and asked_by in (None, by.user_id)
    if alone and consent_to_delete(len(ids), by=by) is Consent.NEEDED:
        raise SecondPersonNeeded(deletion_limit())
    return BulkRun.objects.create(
        kind=action.kind,
        params=plain(_params(action)),
        item_ids=ids,
        by_user_id=by.user_id or 0,
        at=timezone.now(),
    )


def _do_some(run: BulkRun, action: BulkAction, ids: Sequence[int], *, by: Actor) -> None:
    """Do it to these cards and keep their verdicts."""
    titles = dict(Item.objects.filter(pk__in=ids).values_list("pk", "title"))
    for pk in ids:
        row: dict[str, Any] = {"item": pk, "title": titles.get(pk, ""), "ok": True}
        try:
            with transaction.atomic():
                was = _do(pk, action, by)
        except DomainError as refusal:
            row |= {"ok": False, "code": refusal.code, "detail": str(refusal)}
        else:
            if was is not None:
                run.before[str(pk)] = was
        run.report.append(row)
    run.save(update_fields=["report", "before"])


def _end(run: BulkRun, *, by: Actor) -> None:
    run.state = run.State.DONE
    run.save(update_fields=["state"])
    done = sum(row["ok"] for row in run.report)
    record("bulk.done", run, by=by, kind=run.kind, cards=len(run.report), done=done)
    announce_change("bulk.progressed", run.journal_type, run.pk, owner_id=run.by_user_id)


def _stop(run: BulkRun, why: str) -> None:
    run.state, run.error = run.State.FAILED, why[:300]
    run.save(update_fields=["state", "error"])
    record("bulk.failed", run, by=Actor.system(), kind=run.kind, error=run.error)
    announce_change("bulk.progressed", run.journal_type, run.pk, owner_id=run.by_user_id)


def _do(pk: int, action: BulkAction, by: Actor) -> Any:
    """Do it to one card; return what is needed to take it back, None when nothing changed."""
    cards = Item.objects.select_for_update(of=("self",)).filter(deleted_at=None)
    item = cards.filter(pk=pk).first()
    if action.to is not None:
        moved = move_item(
            pk,
            to=action.to,
            by=by,
            reason=action.reason,
            comment=action.comment,
            told_by=action.told_by,
            work=action.work,
        )
        return {"visit": _standing(pk)} if item and item.version != moved.version else None
    if action.owner is not None:
        assign_owner(pk, to=action.owner, by=by)
        return {"owner": item.owner_id} if item and item.owner_id != action.owner.pk else None
    if action.delete:
        delete_item(pk, by=by)
        return {}
    codes = list(action.changes or {})
    was = {code: stored(item, code) for code in codes} if item else {}
    edited = edit_item(pk, action.changes or {}, by=by)
    now = {code: stored(edited, code) for code in codes}
    return {"was": was, "now": now} if was != now else None


def _standing(pk: int) -> int:
    """Return the visit in which a card stands."""
    return StageVisit.objects.values_list("pk", flat=True).get(item_id=pk, left_at=None)


def _params(action: BulkAction) -> dict[str, Any]:
    return {
        "to": action.to.pk if action.to else None,
        "reason": action.reason.pk if action.reason else None,
        "comment": action.comment,
        "told_by": action.told_by,
        "owner": action.owner.pk if action.owner else None,
        "changes": action.changes,
        "delete": action.delete,
        "work": action.work,
    }


def _action(params: dict[str, Any]) -> BulkAction:
    """Read an action as a run keeps it.

    Raises:
        InvalidInput: what it is to be done with has been deleted meanwhile.
    """
    to, owner, reason = (params.get(name) for name in ("to", "owner", "reason"))
    stage = Stage.objects.select_related("pipeline").filter(pk=to).first() if to else None
    action = BulkAction(
        to=stage,
        reason=LossReason.objects.filter(pk=reason).first() if reason else None,
        comment=params.get("comment", ""),
        told_by=params.get("told_by", ""),
        owner=User.objects.get(pk=owner) if owner else None,
        changes=params.get("changes"),
        delete=bool(params.get("delete")),
        work=params.get("work", ""),
    )
    if (to and action.to is None) or (reason and action.reason is None):
        raise InvalidInput(_("The stage or the reason has been deleted meanwhile."))
    return action


@transaction.atomic
def undo_bulk(run_id: int, *, by: Actor) -> BulkRun:
    """Take a bulk action back, card by card; a card that has moved on since stays as it is.

    Returns the run; its report tells per card whether it went back. What the worker has done it
    also takes back, so the run is `undoing` then.

    Raises:
        InvalidInput: it is somebody else's run, was taken back already, or is under way.
    """
    run = BulkRun.objects.select_for_update().get(pk=run_id)
    if run.undone_at or (by.user_id is not None and by.user_id != run.by_user_id):
        raise InvalidInput(_("This can't be taken back any more."))
    if run.is_busy:
        raise InvalidInput(_("This is still under way. Wait until it has ended."))
    run.state, run.undo_asked, run.error = run.State.UNDOING, True, ""
    run.save(update_fields=["state", "undo_asked", "error"])
    if run.background:
        _hand_over(run.pk)
        return run
    _undo_some(run, run.report, by)
    _end_undo(run, by)
    return run


def _undo_chunk(run: BulkRun, by: Actor) -> None:
    left = [row for row in run.report if _can_go_back(run, row) and "undone" not in row]
    if not left:
        _end_undo(run, by)
        return
    _undo_some(run, left[:CHUNK], by)
    announce_change("bulk.progressed", run.journal_type, run.pk, owner_id=run.by_user_id)


def _can_go_back(run: BulkRun, row: dict[str, Any]) -> bool:
    return bool(row["ok"]) and str(row["item"]) in run.before


def _undo_some(run: BulkRun, rows: Sequence[dict[str, Any]], by: Actor) -> None:
    for row in rows:
        if not _can_go_back(run, row):
            continue
        try:
            with transaction.atomic():
                _undo(run, row["item"], run.before[str(row["item"])], by)
            row["undone"] = True
        except DomainError as refusal:
            row |= {"undone": False, "detail": str(refusal)}
    run.save(update_fields=["report"])


def _end_undo(run: BulkRun, by: Actor) -> None:
    run.state, run.undone_at = run.State.DONE, timezone.now()
    run.save(update_fields=["state", "undone_at"])
    record("bulk.undone", run, by=by, kind=run.kind)
    announce_change("bulk.progressed", run.journal_type, run.pk, owner_id=run.by_user_id)


def _undo(run: BulkRun, pk: int, was: dict[str, Any], by: Actor) -> None:
    """Take it back for one card, unless somebody has done the same kind of thing since.

    Raises:
        CardChanged: the card has moved on, so it stays as it is.
    """
    if run.kind == "delete":
        restore_item(pk, by=by)
        return
    item = lock_card(pk, by=by, action="see")
    if run.kind == "move":
        if _standing(pk) != was["visit"]:
            raise CardChanged
        undo_move(pk, by=by, within=UNDO_FOR)
    elif run.kind == "assign":
        if item.owner_id != run.params["owner"]:
            raise CardChanged
        assign_owner(pk, to=User.objects.get(pk=was["owner"]), by=by)
    else:
        edit_item(pk, was["was"], by=by, expected=was["now"])
