"""People's work on a card that closes: it ends with the card, and comes back with it."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.automation.leftovers import work_left
from voronka.items.commands.card import lock_card
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput
from voronka.pipelines.models import Stage
from voronka.timeline.commands.activities import finish_activity, reopen_activity
from voronka.timeline.models import Activity

_ROBOT = Actor("robot", None, "")
_CLOSING = ("item.won", "item.lost")


@transaction.atomic
def close_work(item_id: int, *, by: Actor) -> int:
    """Cancel what is still planned on a closed card; return how much it was.

    Records `item.activity_done` for each, marked `with_card`: what brings the card back brings
    these back too. Robots' own tasks close by themselves and are left to them.

    Raises:
        InvalidInput: the card is open.
        NotFound, Forbidden: the card.
    """
    if not lock_card(item_id, by=by, action="change").is_closed:
        raise InvalidInput(_("This card is open: finish its tasks one by one."))
    work = list(work_left(item_id))
    for activity in work:
        finish_activity(
            activity.pk,
            outcome=Activity.Outcome.CANCELLED,
            by=by,
            result=_("The card is closed."),
            with_card=True,
        )
    return len(work)


def on_returned(event: Event) -> None:
    """Bring back the work that ended with a card, when the card itself comes back.

    A handler of moves taken back, losses overturned and corrections.
    """
    left = Stage.objects.filter(pk=event.diff.get("left")).first()
    if left is None or left.is_open:
        return
    of_card = Event.objects.filter(subject_type=Item.journal_type, subject_id=event.subject_id)
    closing = of_card.filter(verb__in=_CLOSING).order_by("-pk").first()
    if closing is None:
        return
    ended = of_card.filter(verb="item.activity_done", pk__gt=closing.pk, diff__with_card=True)
    ids = [done.diff["activity"] for done in ended.order_by("pk")]
    known = Activity.objects.filter(pk__in=ids, outcome=Activity.Outcome.CANCELLED)
    for activity in known.order_by("pk"):
        reopen_activity(activity.pk, by=_ROBOT)
