"""What follows from the check of a loss: it did not happen, or it had another reason (TN-7)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.items.commands.card import LOSS, lock_card, note_event, save_card
from voronka.items.commands.moving import step_back
from voronka.items.models import Item, ToldBy
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.pipelines.models import LossReason, Stage


@transaction.atomic
def overturn_loss(item_id: int, *, why: str, by: Actor) -> Item:
    """Put a lost card back where it stood, as if it had not been lost.

    Its visit of the lost stage goes, the one before goes on, so no report counts it as lost; the
    journal keeps the loss and records `item.loss_overturned`.

    Raises:
        InvalidInput: the card is not lost, or no reason was given.
        Forbidden: the role may not move this card.
    """
    item = lock_card(item_id, by=by, action="move")
    lost = item.stage
    if lost.kind != Stage.Kind.LOST:
        raise InvalidInput(_("This card is not lost."))
    if len(why.strip()) < 3:
        raise InvalidInput(
            _("Say why the card goes back to work."),
            fields={"why": _("Write a reason in a few words.")},
        )
    reason_id = item.loss_reason_id
    step_back(item)
    note_event(
        "item.loss_overturned",
        item,
        by=by,
        left=lost.pk,
        entered=item.stage_id,
        reason=reason_id,
        why=why.strip()[:500],
    )
    return item


@transaction.atomic
def change_loss_reason(
    item_id: int, *, reason: LossReason, comment: str, by: Actor, told_by: str = ""
) -> Item:
    """Give a lost card the reason that it was really lost for; records `item.loss_reason_changed`.

    Raises:
        InvalidInput: the card is not lost, the reason belongs to another funnel or is no longer
            in use, or it asks for a comment and there is none.
        Forbidden: the role may not move this card.
    """
    item = lock_card(item_id, by=by, action="move")
    if item.stage.kind != Stage.Kind.LOST:
        raise InvalidInput(_("This card is not lost."))
    if reason.pipeline_id != item.pipeline_id or reason.archived:
        raise InvalidInput(
            _("This reason belongs to another funnel. Choose one from the list."),
            fields={"reason": _("Choose from the list.")},
        )
    said = comment.strip()[:500] or item.loss_comment
    if reason.needs_comment and not said:
        raise InvalidInput(
            _("This reason asks for a few words."),
            fields={"comment": _("Write a few words.")},
        )
    before, word = item.loss_reason_id, told_by if told_by in ToldBy.values else item.loss_told_by
    if (before, item.loss_comment, item.loss_told_by) == (reason.pk, said, word):
        return item
    item.loss_reason, item.loss_comment, item.loss_told_by = reason, said, word
    save_card(item, LOSS)
    note_event(
        "item.loss_reason_changed",
        item,
        by=by,
        was=before,
        reason=reason.pk,
        comment=said,
        told_by=word,
    )
    return item
