"""Bulk actions: the single commands for many cards, a verdict for each, and one way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voronka.items.commands.card import lock_card
from voronka.items.commands.deleting import delete_item, restore_item
from voronka.items.commands.editing import assign_owner, edit_item, stored
from voronka.items.commands.moving import move_item, undo_move
from voronka.items.errors import CardChanged, SecondPersonNeeded
from voronka.items.models import BulkRun, Item, StageVisit
from voronka.journal.actors import Actor
from voronka.journal.commands import plain, record
from voronka.kernel.errors import DomainError, InvalidInput
from voronka.people.models import User
from voronka.people.queries import holders
from voronka.pipelines.models import LossReason, Stage

MOST_CARDS = 1000  # one transaction
ALONE = 20  # cards that one person may delete without a second one


@dataclass(frozen=True, slots=True)
class BulkAction:
    """What to do with every card: exactly one of the four."""

    to: Stage | None = None
    reason: LossReason | None = None
    comment: str = ""
    owner: User | None = None
    changes: dict[str, Any] | None = None
    delete: bool = False

    @property
    def kind(self) -> str:
        """move, assign, edit or delete."""
        if self.to is not None:
            return "move"
        if self.owner is not None:
            return "assign"
        return "delete" if self.delete else "edit"


@transaction.atomic
def run_bulk(
    item_ids: Sequence[int], action: BulkAction, *, by: Actor, asked_by: int | None = None
) -> BulkRun:
    """Do one thing to many cards, in one transaction, each through its own command.

    A card that refuses does not stop the others; the run's report names every card with its
    verdict, and `undo_bulk` takes back what was done.

    Args:
        asked_by: who wanted the deletion that `by` agrees to.
    Raises:
        InvalidInput: no card, too many cards, or nothing to do was given.
        SecondPersonNeeded: so many cards are not deleted by one person (AC-7).
    """
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
    if action.delete and asked_by in (None, by.user_id) and needs_second(len(ids), by=by):
        raise SecondPersonNeeded(ALONE)
    titles = dict(Item.objects.filter(pk__in=ids).values_list("pk", "title"))
    report: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    for pk in ids:
        row: dict[str, Any] = {"item": pk, "title": titles.get(pk, ""), "ok": True}
        try:
            with transaction.atomic():
                before[str(pk)] = _do(pk, action, by)
        except DomainError as refusal:
            row |= {"ok": False, "code": refusal.code, "detail": str(refusal)}
        report.append(row)
    run = BulkRun.objects.create(
        kind=action.kind,
        params=plain(_params(action)),
        report=report,
        before={pk: was for pk, was in before.items() if was is not None},
        by_user_id=by.user_id or 0,
        at=timezone.now(),
    )
    done = sum(row["ok"] for row in report)
    record("bulk.done", run, by=by, kind=action.kind, cards=len(ids), done=done)
    return run


def needs_second(count: int, *, by: Actor) -> bool:
    """Whether a person has to ask somebody to agree to the deletion of so many cards (AC-7).

    Where nobody else could agree, one person is enough.
    """
    if by.user_id is None or count <= ALONE:
        return False
    return any(person.pk != by.user_id for person in holders("recycle"))


def _do(pk: int, action: BulkAction, by: Actor) -> Any:
    """Do it to one card; return what is needed to take it back, None when nothing changed."""
    cards = Item.objects.select_for_update(of=("self",)).filter(deleted_at=None)
    item = cards.filter(pk=pk).first()
    if action.to is not None:
        moved = move_item(pk, to=action.to, by=by, reason=action.reason, comment=action.comment)
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
        "owner": action.owner.pk if action.owner else None,
        "changes": action.changes,
    }


@transaction.atomic
def undo_bulk(run_id: int, *, by: Actor) -> BulkRun:
    """Take a bulk action back, card by card; a card that has moved on since stays as it is.

    Returns the run; its report tells per card whether it went back.

    Raises:
        InvalidInput: it is somebody else's run, or was taken back already.
    """
    run = BulkRun.objects.select_for_update().get(pk=run_id)
    if run.undone_at or (by.user_id is not None and by.user_id != run.by_user_id):
        raise InvalidInput(_("This can't be taken back any more."))
    for row in run.report:
        was = run.before.get(str(row["item"]))
        if not row["ok"] or was is None:
            continue
        try:
            with transaction.atomic():
                _undo(run, row["item"], was, by)
            row["undone"] = True
        except DomainError as refusal:
            row |= {"undone": False, "detail": str(refusal)}
    run.undone_at = timezone.now()
    run.save(update_fields=["report", "undone_at"])
    record("bulk.undone", run, by=by, kind=run.kind)
    return run


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
        undo_move(pk, by=by)
    elif run.kind == "assign":
        if item.owner_id != run.params["owner"]:
            raise CardChanged
        assign_owner(pk, to=User.objects.get(pk=was["owner"]), by=by)
    else:
        edit_item(pk, was["was"], by=by, expected=was["now"])
