"""Deleting many cards takes two people: one asks, another agrees (AC-7)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.items.commands.bulk import BulkAction, start_bulk
from voronka.items.models import BulkRun, Item, MassDeletion
from voronka.items.second_person import Consent, consent_to_delete
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from voronka.people import access
from voronka.people.models import User


@transaction.atomic
def ask_to_delete(item_ids: Sequence[int], *, by: Actor) -> MassDeletion:
    """Ask a second person to agree to the deletion of many cards.

    Only cards that the asker may delete are asked for. Records `mass_deletion.asked`, by which
    those who may open the recycle bin hear of it.

    Raises:
        Forbidden: the role may delete none of them.
        InvalidInput: so few cards need nobody's consent.
    """
    if by.user_id is None:
        raise Forbidden(_("Only a person can ask for this."))
    if consent_to_delete(len(set(item_ids)), by=by) is Consent.NONE:
        raise InvalidInput(_("So few cards can be deleted at once, without asking anybody."))
    user = User.objects.select_related("role").get(pk=by.user_id)
    own = Item.objects.visible_to(user, "delete").filter(pk__in=item_ids)
    ids = sorted(own.values_list("pk", flat=True))
    if not ids:
        raise Forbidden(access.REFUSALS["delete"])
    asked = MassDeletion.objects.create(item_ids=ids, by_user_id=by.user_id, at=timezone.now())
    record("mass_deletion.asked", asked, by=by, cards=len(ids))
    return asked


@transaction.atomic
def agree_to_delete(asked_id: int, *, by: Actor) -> BulkRun:
    """Delete what somebody else asked to delete; each card by the right of who agrees.

    Records `mass_deletion.agreed`. The run can be taken back by who agreed; many cards are the
    worker's, so it may still be under way.

    Raises:
        NotFound: there is no such request.
        Conflict: it is decided already, or is one's own.
        Forbidden: no right to the recycle bin.
    """
    asked = _lock(asked_id)
    access.require_right(by, "recycle")
    if by.user_id == asked.by_user_id:
        raise Conflict(_("You asked for this yourself. Somebody else has to agree."))
    run = start_bulk(asked.item_ids, BulkAction(delete=True), by=by, asked_by=asked.by_user_id)
    _decide(asked, by=by, run=run)
    cards = len(run.item_ids) if run.is_busy else sum(row["ok"] for row in run.report)
    record("mass_deletion.agreed", asked, by=by, cards=cards, asker=asked.by_user_id)
    return run


@transaction.atomic
def refuse_to_delete(asked_id: int, *, by: Actor) -> MassDeletion:
    """Leave the cards where they are: by who may open the bin, or by who asked.

    Records `mass_deletion.refused`.

    Raises:
        NotFound, Conflict, Forbidden: as `agree_to_delete`.
    """
    asked = _lock(asked_id)
    if by.user_id != asked.by_user_id:
        access.require_right(by, "recycle")
    _decide(asked, by=by, run=None)
    cards = len(asked.item_ids)
    record("mass_deletion.refused", asked, by=by, cards=cards, asker=asked.by_user_id)
    return asked


def _lock(asked_id: int) -> MassDeletion:
    asked = MassDeletion.objects.select_for_update().filter(pk=asked_id).first()
    if asked is None:
        raise NotFound(_("There is no such request."))
    if asked.decided_at is not None:
        raise Conflict(_("This is decided already."))
    return asked


def _decide(asked: MassDeletion, *, by: Actor, run: BulkRun | None) -> None:
    asked.decided_by_id = by.user_id
    asked.decided_at = timezone.now()
    asked.run = run
    asked.save(update_fields=["decided_by_id", "decided_at", "run"])
